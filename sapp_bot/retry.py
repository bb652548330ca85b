"""Retry with exponential backoff and jitter: one policy class, and the loop around the store.

Not stamina or tenacity: both sleep by the real clock or by a global test mode, where each caller
here brings the clock that its tests turn by hand. Stamina's event `retry.scheduled` is borrowed.
What is tried again is not decided here: a caller catches the errors that can pass.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog

from sapp_bot.errors import StoreAway

log = structlog.get_logger(__name__)

T = TypeVar("T")

_MOST_STEPS = 64
"""A power beyond this is past every longest wait, and would in the end overflow a float."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before each retry. Retries are counted from 0.

    Attributes:
        first_s: Seconds before the first retry.
        factor: Each further wait is so many times as long; 1 keeps them equal.
        longest_s: No wait is longer, in seconds (without its jitter); None sets no limit.
        jitter: Share of a wait that is added or taken at random, 0 to 1, so that many callers do
            not come back at once. 0.5 makes 0.5 to 1.5 times the wait.
        first_at_once: Whether one retry without any wait comes before the others.

    """

    first_s: float
    factor: float = 2.0
    longest_s: float | None = None
    jitter: float = 0.0
    first_at_once: bool = False

    def wait_s(self, retry: int) -> float:
        """Return the seconds to wait before retry number `retry`, 0 for the first."""
        step = retry - 1 if self.first_at_once else retry
        if step < 0:
            return 0.0
        wait_s = self.first_s * self.factor ** min(step, _MOST_STEPS)
        if self.longest_s is not None:
            wait_s = min(wait_s, self.longest_s)
        # Spreads load, guards nothing.
        return wait_s * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311  # see above


class Sleeper(Protocol):
    """What is waited by: a `Clock`, or a part of one."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


STORE_BACKOFF = Backoff(first_s=0.5, factor=1.0)
"""Between calls of a store that is away. Short, as the store's own wait comes on top of it."""


async def until_store_answers(
    clock: Sleeper, call: Callable[[], Awaitable[T]], *, backoff: Backoff = STORE_BACKOFF
) -> T:
    """Call the store until it answers, and return its answer.

    Args:
        clock: Whose `sleep` is waited by.
        call: Makes one call; it must be safe to repeat.
        backoff: The waits in between.

    Raises:
        SappBotError: any error of the call but `StoreAway`.

    """
    retry = 0
    while True:
        try:
            return await call()
        except StoreAway as error:
            wait_s = backoff.wait_s(retry)
            note_retry("store", error, retry=retry, wait_s=wait_s)
        retry += 1
        await clock.sleep(wait_s)


def note_retry(what: str, error: BaseException, *, retry: int, wait_s: float) -> None:
    """Log `retry.scheduled`: what is tried again, why, and when.

    Args:
        what: What did not answer: "store" or "telegram".
        error: What it answered instead; its text must hold no secret.
        retry: Number of the retry, 0 for the first.
        wait_s: Seconds until it.

    """
    log.warning(
        "retry.scheduled", what=what, reason=str(error), retry=retry, wait_s=round(wait_s, 3)
    )
