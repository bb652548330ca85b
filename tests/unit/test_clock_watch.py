"""A clock that is set while the bot runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from structlog.testing import capture_logs

from sapp_bot.observability.clock_watch import LOOK_S, steady_time, watch_clock


class TwoClocks:
    """A time of day that can be set, and one that cannot."""

    def __init__(self, *sets: float) -> None:
        self.time = 0.0
        self.offset = 1_700_000_000.0
        self._sets = list(sets)

    def wall(self) -> float:
        """Give the time of day."""
        return self.time + self.offset

    def steady(self) -> float:
        """Give seconds since some start."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let time pass, and set the time of day as planned; at the end of the plan stop."""
        assert seconds == LOOK_S
        if not self._sets:
            raise asyncio.CancelledError
        self.time += seconds
        self.offset += self._sets.pop(0)


async def moves(*sets: float) -> tuple[list[float], list[str]]:
    """Set the clock by so much at each look; gives what was told, and the events logged."""
    told: list[float] = []

    async def moved(by_s: float) -> None:
        told.append(round(by_s, 1))

    clocks = TwoClocks(*sets)
    with capture_logs() as logs, suppress(asyncio.CancelledError):
        await watch_clock(moved, wall=clocks.wall, steady=clocks.steady, sleep=clocks.sleep)
    return told, [line["event"] for line in logs]


async def test_a_clock_that_is_set_is_told_once() -> None:
    """Forwards and backwards, one line and one call each."""
    told, events = await moves(0, 600, 0, 0, -3600, 0)

    assert told == [600, -3600]
    assert events == ["clock.moved", "clock.moved"]


async def test_small_steps_are_nothing() -> None:
    """NTP moves a clock by little, now and then."""
    assert await moves(0.3, -0.3, 0.5, 0) == ([], [])


async def test_slow_drift_adds_up_to_one_move() -> None:
    """What was not told is not forgotten either."""
    assert (await moves(0.9, 0.9, 0.9, 0))[0] == [2.7]


def test_steady_time_goes_on() -> None:
    """It never goes back."""
    first = steady_time()

    assert steady_time() >= first
