"""Token buckets and the intake's counts, on times that the test gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sapp_bot.domain.updates import Message, Person
from sapp_bot.host.pacing.intake import Intake, IntakeLimits
from sapp_bot.host.pacing.token_bucket import TokenBucket
from sapp_bot.testing import ManualClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Return a time by its seconds."""
    return NOW + timedelta(seconds=seconds)


def test_a_bucket_allows_a_burst_and_then_its_rate() -> None:
    """Three at once, then one each half second."""
    bucket = TokenBucket.full(2, 3, NOW)
    for _ in range(3):
        assert bucket.wait_s(NOW) == 0
        bucket.take(NOW)

    assert bucket.wait_s(NOW) == 0.5
    assert bucket.wait_s(at(0.5)) == 0
    assert bucket.level(at(60)) == 3


def test_a_clock_that_was_set_back_gains_nothing() -> None:
    """The bucket goes on from the new time, not from a time that comes again in an hour."""
    bucket = TokenBucket.full(1, 1, NOW)
    bucket.take(NOW)

    assert bucket.wait_s(at(-3600)) == 1
    assert bucket.wait_s(at(-3599)) == 0


async def test_persons_without_a_burst_are_forgotten() -> None:
    """What is known of the intake does not grow with every person who ever wrote."""
    clock = ManualClock(NOW)
    intake = Intake(IntakeLimits(per_minute=10), clock)
    for number in range(5_000):
        update = Message(Person(number), number, 1, "hello", NOW)
        intake.admit(update)
        intake.stored(update)
        await clock.advance(0.1)

    assert len(intake) <= 1_001
