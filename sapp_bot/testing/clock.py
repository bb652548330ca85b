"""A clock that stands still until it is told to move."""

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
    """A call set for a moment of a `ManualClock`."""

    at: datetime
    order: int
    call: Callable[[], object] = field(compare=False)
    is_off: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Do not make the call."""
        self.is_off = True
        self.call = _nothing  # a cancelled timer holds nobody, as in asyncio


class ManualClock:
    """Implements `ports.Clock`."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC)
        self._timers: list[ManualTimer] = []
        self._count = 0

    def now(self) -> datetime:
        """Give the time, aware UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved that far."""
        done = asyncio.Event()
        self.call_later(seconds, done.set)
        await done.wait()

    def call_later(self, seconds: float, call: Callable[[], object]) -> ManualTimer:
        """Set a call."""
        self._count += 1
        timer = ManualTimer(self._now + timedelta(seconds=seconds), self._count, call)
        heapq.heappush(self._timers, timer)
        return timer

    async def advance(
        self, seconds: float, settle: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Move on, and make every call that falls due, in order.

        Time stands still between two calls until `settle` has ended.
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
