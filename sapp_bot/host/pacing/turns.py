"""Gives turns at a rate that all share, so that a crowd holds up nobody who comes after it.

A newcomer, who has asked after everybody who has come here so far, need not wait: while a crowd
takes all turns there are, the newcomer has one in advance, and the crowd waits for so much longer.
Half of all turns may be had that way, a few of them at once; the others are for the crowd then.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from sapp_bot.domain.ports import Clock, Timer

from .adaptive_lifo import AdaptiveLifo, Waiter
from .token_bucket import TokenBucket

AT_ONCE_S = 0.2
"""Time whose turns newcomers may have in advance, all at once."""


class Turns:
    """Turns of one token each.

    Args:
        bucket: Where the tokens come from.
        clock: Source of the time, and of the waits.

    """

    def __init__(self, bucket: TokenBucket, clock: Clock) -> None:
        self._bucket = bucket
        at_once = bucket.per_s * AT_ONCE_S
        self._in_advance = TokenBucket.full(bucket.per_s / 2, max(1, at_once), clock.now())
        self._clock = clock
        self._waiting = AdaptiveLifo()
        self._asked_last = 0
        self._newcomer: Waiter | None = None
        self._timer: Timer | None = None

    async def take(self, *, asked: int | None) -> None:
        """Wait for a turn, and take its token.

        Args:
            asked: As of `AdaptiveLifo.add`.

        """
        is_newcomer = self._is_newcomer(asked)
        now = self._clock.now()
        if not self._waiting and not self._bucket.wait_s(now):
            self._bucket.take(now)
            return
        if is_newcomer and not self._in_advance.wait_s(now):
            self._take_in_advance(now)
            return
        turn: Waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(turn, asked=asked)
        if is_newcomer:
            self._newcomer = turn
        self._set_timer(now)
        try:
            await turn
        finally:  # also when given up
            self._waiting.discard(turn)

    def _is_newcomer(self, asked: int | None) -> bool:
        if asked is None or asked < self._asked_last:
            return False
        self._asked_last = asked
        return True

    def _take_in_advance(self, now: datetime) -> None:
        self._in_advance.take(now)
        self._bucket.take(now)
        self._waiting.note_newest()

    def _set_timer(self, now: datetime) -> None:
        """Come again for whoever is the next, at the time known now."""
        if self._timer is not None:
            self._timer.cancel()
        wait_s = self._bucket.wait_s(now)
        if self._newcomer is not None:
            wait_s = min(wait_s, self._in_advance.wait_s(now))
        self._timer = self._clock.call_later(wait_s, self._give)

    def _give(self) -> None:
        """Give as many turns as there are tokens; come again while somebody waits."""
        self._timer = None
        now = self._clock.now()
        self._give_newcomer(now)
        while self._waiting and not self._bucket.wait_s(now):
            turn = self._waiting.pop()
            if not turn.done():  # given up a moment ago
                self._bucket.take(now)
                turn.set_result(None)
        if self._waiting:
            self._set_timer(now)

    def _give_newcomer(self, now: datetime) -> None:
        turn = self._newcomer
        if turn is None or turn.done():  # it had its turn as others do, or is given up
            self._newcomer = None
        elif not self._in_advance.wait_s(now):
            self._newcomer = None
            self._waiting.discard(turn)
            self._take_in_advance(now)
            turn.set_result(None)
