"""Gives turns at a rate that all share: by turns to who has waited longest and to who came last.

In the order of arrival alone, a crowd's answers would stand before everybody who comes after it: a
thousand at 25 a second are 40 s, for a single /help, too. So every second turn is for whoever came
last and is calm, that is has had few turns of late. A crowd waits twice as long at most, and hardly
longer where few come after it. Servers with more to do than they can do so, too: "adaptive LIFO".
Source: B. Maurer, Fail at Scale, ACM Queue 13 (8), 2015.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from sapp_bot.domain.ports import Clock, Timer

from .token_bucket import TokenBucket

_Waiting = OrderedDict[asyncio.Future[None], None]
"""Who waits, in the order in which they came."""


class Turns:
    """Turns of one token each.

    Args:
        bucket: Where the tokens come from.
        clock: Source of the time, and of the waits.

    """

    def __init__(self, bucket: TokenBucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock
        self._waiting: _Waiting = OrderedDict()
        self._calm: _Waiting = OrderedDict()
        self._is_newest_next = True
        self._timer: Timer | None = None

    async def take(self, *, is_calm: bool) -> None:
        """Wait for a turn, and take its token.

        Args:
            is_calm: Whether who asks has had few turns of late, and so may come before others.

        """
        now = self._clock.now()
        if not self._waiting and not self._bucket.wait_s(now):
            self._bucket.take(now)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = None
        if is_calm:
            self._calm[turn] = None
        try:
            self._set_timer()
            await turn
        finally:  # also when given up
            self._forget(turn)

    def _forget(self, turn: asyncio.Future[None]) -> None:
        self._waiting.pop(turn, None)
        self._calm.pop(turn, None)

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
            self._forget(turn)
            if not turn.done():  # given up a moment ago
                self._bucket.take(now)
                turn.set_result(None)
        if self._waiting:
            self._set_timer()

    def _next(self) -> asyncio.Future[None]:
        newest, self._is_newest_next = self._is_newest_next, not self._is_newest_next
        if newest and self._calm:
            return next(reversed(self._calm))
        return next(iter(self._waiting))
