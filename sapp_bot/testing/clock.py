"""A clock for tests, whose time passes only through `ManualClock.advance`."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def _nothing() -> None:
    pass


@dataclass(order=True)
class ManualTimer:
    """A scheduled call of a `ManualClock`; implements `ports.Timer`."""

    at: datetime
    order: int
    call: Callable[[], object] = field(compare=False)
    is_off: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Cancel the call."""
        self.is_off = True
        # As in asyncio, a cancelled timer keeps nothing alive: leak tests count on that.
        self.call = _nothing


class ManualClock:
    """Implements `ports.Clock` with a time that passes only through `advance`.

    Args:
        start: First time, aware UTC; the real time if None.

    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC)
        self._timers: list[ManualTimer] = []
        self._count = 0

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by so many seconds."""
        done = asyncio.Event()
        self.call_later(seconds, done.set)
        await done.wait()

    def call_later(self, seconds: float, call: Callable[[], object]) -> ManualTimer:
        """Schedule a call for when the clock has been advanced by so many seconds."""
        self._count += 1
        timer = ManualTimer(self._now + timedelta(seconds=seconds), self._count, call)
        heapq.heappush(self._timers, timer)
        return timer

    def skip(self, seconds: float) -> None:
        """Put the time forward; what falls due meanwhile is called at the next `advance`."""
        self._now += timedelta(seconds=seconds)

    async def advance(
        self, seconds: float, settle: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Advance the clock, and make all calls that fall due, in order.

        Args:
            seconds: How far.
            settle: Awaited after each call; the time stands still meanwhile.

        """
        end = self._now + timedelta(seconds=seconds)
        while self._timers and self._timers[0].at <= end:
            timer = heapq.heappop(self._timers)
            self._now = max(self._now, timer.at)
            if not timer.is_off:
                timer.call()
                if settle is not None:
                    await settle()
            await asyncio.sleep(0)
        self._now = end
        await asyncio.sleep(0)
