"""Retry with exponential backoff and jitter: one policy class, and the loop around the store.

Not stamina or tenacity: both sleep by the real clock or by a global test mode; each caller here
injects the clock that its tests turn by hand. The event `retry.scheduled` is named as stamina's.
Must not decide what is worth a retry: callers catch the errors that can pass. The policy for calls
of the SAPP API is in `sapp/client.py`, that for replies in `host/pipeline/outbox_worker.py`.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog

from .errors import StoreAway
from .values import dataclass

log = structlog.get_logger(__name__)

T = TypeVar("T")

_MOST_STEPS = 64
"""Highest exponent: beyond it every wait is at its limit, and a float would overflow at last."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Policy for the waits before retries, which are counted from 0.

    Attributes:
        first_s: Seconds before the first retry.
        factor: Ratio of each wait to the one before; 1 keeps them equal.
        longest_s: Upper limit of a wait in seconds, without its jitter; None for no limit.
        jitter: Share of a wait that is added or subtracted at random, 0 to 1, so that many
            callers do not retry at the same moment. 0.5 makes 0.5 to 1.5 times the wait.
        first_at_once: Whether the first retry follows without a wait.

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
        # Jitter spreads load and protects no secret, so that a predictable generator will do.
        return wait_s * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311  # see above


class Sleeper(Protocol):
    """The part of a `ports.Clock` that retries need."""

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds."""


STORE_BACKOFF = Backoff(first_s=0.5, factor=1.0)
"""Waits between calls to the store while it is away. Short: the store's own timeout is added."""


async def until_store_answers(
    clock: Sleeper, call: Callable[[], Awaitable[T]], *, backoff: Backoff = STORE_BACKOFF
) -> T:
    """Return the answer of a call to the store, repeated until the store answers.

    Args:
        clock: Its `sleep` waits between the calls.
        call: Makes one call; must be safe to repeat.
        backoff: The waits between the calls.

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
    """Log `retry.scheduled` with reason and wait.

    Args:
        what: What did not answer: "store" or "telegram".
        error: Why it is retried; the text is logged and must contain no secret.
        retry: Number of the retry, 0 for the first.
        wait_s: Seconds until the retry.

    """
    log.warning(
        "retry.scheduled", what=what, reason=str(error), retry=retry, wait_s=round(wait_s, 3)
    )
