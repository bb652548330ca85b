"""Gives turns at a rate that all share: by turns to who has waited longest and to who asked last.

In the order of arrival alone, a crowd's answers would stand before everybody who comes after it: a
thousand at 25 a second are 40 s, for a single /help, too. So every second turn is for whoever asked
last and is calm, that is has had few turns of late. A crowd waits twice as long at most, and hardly
longer where few come after it. Servers with more to do than they can do so, too: "adaptive LIFO".
Source: B. Maurer, Fail at Scale, ACM Queue 13 (8), 2015.
"""

from __future__ import annotations

import asyncio
import heapq

from sapp_bot.domain.ports import Clock, Timer

from .token_bucket import TokenBucket

_Turn = asyncio.Future[None]

_SWEEP = 1_000
"""How many may be noted who have had their turn, before they are forgotten."""


class Turns:
    """Turns of one token each.

    Args:
        bucket: Where the tokens come from.
        clock: Source of the time, and of the waits.

    """

    def __init__(self, bucket: TokenBucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock
        self._waiting: dict[_Turn, None] = {}
        self._calm: list[tuple[int, int, _Turn]] = []
        self._count = 0
        self._is_newest_next = True
        self._timer: Timer | None = None

    async def take(self, *, asked: int | None) -> None:
        """Wait for a turn, and take its token.

        Args:
            asked: When who waits has asked: a number that grows. None if it is not calm, or nobody
                has asked: then it comes before no other.

        """
        now = self._clock.now()
        if not self._waiting and not self._bucket.wait_s(now):
            self._bucket.take(now)
            return
        turn: _Turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = None
        if asked is not None:
            self._note(asked, turn)
        try:
            self._set_timer()
            await turn
        finally:  # also when given up
            self._waiting.pop(turn, None)

    def _note(self, asked: int, turn: _Turn) -> None:
        self._count += 1
        heapq.heappush(self._calm, (-asked, -self._count, turn))
        if len(self._calm) > 2 * len(self._waiting) + _SWEEP:  # most have had their turn
            self._calm = [entry for entry in self._calm if entry[2] in self._waiting]
            heapq.heapify(self._calm)

    def _set_timer(self) -> None:
        if self._timer is None:
            wait_s = self._bucket.wait_s(self._clock.now())
            self._timer = self._clock.call_later(wait_s, self._give)

    def _give(self) -> None:
        """Give as many turns as there are tokens; come again while somebody waits."""
        self._timer = None
        now = self._clock.now()
        while self._waiting and not self._bucket.wait_s(now):
            turn = self._next()
            del self._waiting[turn]
            if not turn.done():  # given up a moment ago
                self._bucket.take(now)
                turn.set_result(None)
        if self._waiting:
            self._set_timer()
        else:
            self._calm.clear()

    def _next(self) -> _Turn:
        newest, self._is_newest_next = self._is_newest_next, not self._is_newest_next
        while newest and self._calm:
            turn = heapq.heappop(self._calm)[2]
            if turn in self._waiting:  # else it has had its turn, as the oldest
                return turn
        return next(iter(self._waiting))
