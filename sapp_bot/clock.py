"""The system's clock, as implementation of `ports.Clock`; tests inject their own."""

from __future__ import annotations

import asyncio
import zoneinfo
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Wall clock of the machine, and timers of the running event loop.

    Args:
        ahead: By how much it is ahead of the machine's: the sandbox tries out what is to come.

    """

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self._ahead = ahead
        self._queues: dict[tuple[asyncio.AbstractEventLoop, float], _TimerQueue] = {}

    def now(self) -> datetime:
        """Return the current time, aware UTC."""
        return datetime.now(UTC) + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds."""
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, call: Callable[[], object]) -> SharedTimer:
        """Schedule a call in the running event loop after some seconds.

        Several timers guard each message, and nearly all are cancelled: those of one length share
        one timer of the loop, which costs more to set and to cancel than all else of them.
        """
        loop = asyncio.get_running_loop()
        place = loop, seconds
        queue = self._queues.get(place)
        if queue is None:
            # Removed when it has run empty, so that odd lengths leave nothing behind.
            queue = self._queues[place] = _TimerQueue(
                loop, seconds, lambda: self._queues.pop(place, None)
            )
        return queue.add(call)


class SharedTimer:
    """Handle of a scheduled call; implements `ports.Timer`."""

    __slots__ = ("_queue", "call", "context", "due_at")

    def __init__(self, due_at: float, call: Callable[[], object], queue: _TimerQueue) -> None:
        self.due_at = due_at
        self.call: Callable[[], object] | None = call
        self.context: Context | None = copy_context()  # as `loop.call_later` runs its calls
        self._queue = queue

    def cancel(self) -> None:
        """Cancel the call; one that was made already is no error."""
        self.call = self.context = None
        self._queue.trim()


class _TimerQueue:
    """Timers of one length, in the order in which they end, behind one timer of the loop."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, ran_empty: Callable[[], object]
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._ran_empty = ran_empty
        self._timers: deque[SharedTimer] = deque()
        loop.call_later(seconds, self._ring)

    def add(self, call: Callable[[], object]) -> SharedTimer:
        """Append a timer."""
        timer = SharedTimer(self._loop.time() + self._seconds, call, self)
        self._timers.append(timer)
        return timer

    def trim(self) -> None:
        """Forget cancelled timers, as far as they come first."""
        timers = self._timers
        while timers and timers[0].call is None:
            timers.popleft()

    def _ring(self) -> None:
        """Have the loop make the calls that are due, and come back for the next one."""
        timers = self._timers
        while timers and (timers[0].call is None or timers[0].due_at <= self._loop.time()):
            timer = timers.popleft()
            if timer.call is not None:
                self._loop.call_soon(timer.call, context=timer.context)
        if timers:
            self._loop.call_at(timers[0].due_at, self._ring)
        else:
            self._ran_empty()


def pin_time_zones() -> None:
    """Have `zoneinfo` read the pinned `tzdata` package, and never the system's older data.

    By itself it asks the system first, and a system of last year is an hour wrong in several
    countries. Source: https://docs.python.org/3/library/zoneinfo.html#data-sources
    """
    zoneinfo.reset_tzpath(())
