"""Retries wait as their policy says, by the clock that was given."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from sapp_bot.errors import ConfigError, StoreAway
from sapp_bot.retry import Backoff, until_store_answers


@dataclass
class Sleeps:
    """Notes how long was waited, and waits not at all."""

    waits: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Note the wait."""
        self.waits.append(seconds)


@dataclass
class FlakyStore:
    """Raises its errors, one a call, and then answers."""

    errors: list[Exception]

    async def ask(self) -> str:
        """Answer."""
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def waits(backoff: Backoff, count: int = 5) -> list[float]:
    """Return the first waits of a policy."""
    return [backoff.wait_s(retry) for retry in range(count)]


def test_waits_grow_by_the_factor_up_to_the_longest() -> None:
    """Each wait is `factor` times the one before, and never longer than `longest_s`."""
    assert waits(Backoff(first_s=0.5, factor=2, longest_s=5)) == [0.5, 1, 2, 4, 5]


def test_a_factor_of_one_keeps_the_waits_equal() -> None:
    """The waits for the store do not grow."""
    assert waits(Backoff(first_s=0.5, factor=1), 3) == [0.5, 0.5, 0.5]


def test_the_first_retry_may_come_at_once() -> None:
    """An idle connection that was cut is replaced without a wait."""
    policy = Backoff(first_s=0.05, longest_s=0.5, first_at_once=True)

    assert waits(policy, 6) == [0, 0.05, 0.1, 0.2, 0.4, 0.5]


def test_jitter_spreads_the_waits_around_the_plain_one() -> None:
    """Many callers do not come back at once: each wait is off by its share at most."""
    policy = Backoff(first_s=10, factor=1, jitter=0.5)

    found = waits(policy, 200)

    assert all(5 <= wait_s <= 15 for wait_s in found)
    assert len(set(found)) > 1


def test_a_retry_after_days_has_a_wait() -> None:
    """However often was tried, the wait stays a number."""
    assert Backoff(first_s=0.5, longest_s=5).wait_s(1_000_000) == 5


async def test_the_store_is_asked_until_it_answers() -> None:
    """`StoreAway` is waited out; the answer comes back."""
    store, clock = FlakyStore([StoreAway("cut"), StoreAway("cut")]), Sleeps()

    assert await until_store_answers(clock, store.ask) == "answer"
    assert clock.waits == [0.5, 0.5]


async def test_each_retry_is_logged() -> None:
    """`retry.scheduled` says what is tried again, why, and when."""
    with capture_logs() as logs:
        await until_store_answers(Sleeps(), FlakyStore([StoreAway("cut")]).ask)

    assert logs == [
        {
            "event": "retry.scheduled",
            "log_level": "warning",
            "what": "store",
            "reason": "cut",
            "retry": 0,
            "wait_s": 0.5,
        }
    ]


async def test_other_errors_are_not_retried() -> None:
    """A wrong setting does not pass with time."""
    clock = Sleeps()

    with pytest.raises(ConfigError):
        await until_store_answers(clock, FlakyStore([ConfigError("no")]).ask)

    assert clock.waits == []
