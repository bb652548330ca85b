"""Limits how much work is under way at once while the processor has no time for more of it.

A thousand handlers that all want the processor end together, after as long as they take one after
the other, and so does who comes after them. A few dozen at once are enough to share calls to Redis.
What waits for others (the API, Redis, Telegram) needs no processor and holds up nobody: beyond the
few dozen work begins whenever the loop's thread was idle, or none has ended, for a moment.
As with `Turns`, a crowd of works holds up nobody who comes after it.

While sending is behind nobody gains by being handled earlier: the answer would only wait, in this
process's memory. What has to wait then is begun one by one, twice as fast as the 25 answers in a
second that a bot sends by default, and the processor is left to who comes next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from .adaptive_lifo import AdaptiveLifo, Waiter

MOST_AT_ONCE = 32
"""Works under way that begin in any case: enough for full batches of calls to Redis."""

FEW_AT_ONCE = 4
"""The same while sending is behind."""

LOOK_EVERY_S = 0.02
"""How often the thread's idleness is looked at while works wait; while sending is behind one begins
with each look."""

BUSY = 0.7
"""Share of that time on the processor from which on the thread is not idle."""

STUCK_S = 0.25
"""Time in which none has ended, so that those under way wait for others, not for the processor."""


class Admission:
    """Places for works: `if not admission.enter(): await admission.wait(...)`, then `leave()`.

    Args:
        most: Works under way that begin in any case.
        few: The same while sending is behind.
        is_sending_behind: Returns whether answers wait for their turn to be sent.
        wall_s: Source of the time that has passed, in seconds.
        busy_s: Source of the time that the loop's thread was on the processor, in seconds.

    """

    def __init__(
        self,
        most: int = MOST_AT_ONCE,
        few: int = FEW_AT_ONCE,
        *,
        is_sending_behind: Callable[[], bool] = bool,
        wall_s: Callable[[], float] = time.monotonic,
        busy_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self._most = most
        self._few = few
        self._is_sending_behind = is_sending_behind
        self._wall_s = wall_s
        self._busy_s = busy_s
        self._under_way = 0
        self._more = 0
        self._looked_at = self._left_at = wall_s()
        self._looked_busy = busy_s()
        self._waiting = AdaptiveLifo()
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    def enter(self) -> bool:
        """Begin a work and return True, if it needs not wait."""
        if not self._has_place():
            return False
        self._under_way += 1
        return True

    def _has_place(self) -> bool:
        if self._is_sending_behind():
            return self._under_way < self._few
        return self._under_way < self._most or (not self._waiting and self._take_more())

    async def wait(self, *, is_calm: bool) -> None:
        """Wait for a place, and begin the work.

        Args:
            is_calm: Whether who asks has nothing else under way, and so may come before others.

        """
        place: Waiter = asyncio.get_running_loop().create_future()
        self._count += 1
        self._waiting.add(place, asked=self._count if is_calm else None)
        if self._timer is None:
            self._look_later()
        try:
            await place
        except asyncio.CancelledError:
            self._waiting.discard(place)
            if not place.cancelled():  # it was let in a moment ago
                self.leave()
            raise

    def leave(self) -> None:
        """End a work; one that waits begins."""
        self._under_way -= 1
        self._left_at = self._wall_s()
        if not self._is_sending_behind():
            self._fill(self._most)

    def _take_more(self) -> bool:
        """Take a place beyond the first ones, if the thread has been idle."""
        if not self._more:
            self._look()
        if not self._more:
            return False
        self._more -= 1
        return True

    def _look(self) -> None:
        """Grant as many further places as there are first ones, if the processor has time."""
        now, busy_s = self._wall_s(), self._busy_s()
        passed_s = now - self._looked_at
        if passed_s >= LOOK_EVERY_S:
            is_idle = busy_s - self._looked_busy < BUSY * passed_s
            is_stuck = now - self._left_at >= STUCK_S
            self._more = self._most if is_idle or is_stuck else 0
            self._looked_at, self._looked_busy = now, busy_s

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self.look)

    def look(self) -> None:
        """Let more works begin, if the processor has time; come again while any wait."""
        self._timer = None
        self._look()
        more, self._more = self._more, 0
        if self._is_sending_behind():
            self._fill(self._under_way + 1)
        else:
            self._fill(max(self._most, self._under_way + more))
        if self._waiting:
            self._look_later()

    def _fill(self, most: int) -> None:
        while self._waiting and self._under_way < most:
            place = self._waiting.pop()
            if not place.done():  # given up a moment ago
                self._under_way += 1
                place.set_result(None)
