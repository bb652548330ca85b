"""Gives turns at a rate that all share, so that a crowd holds up nobody who comes after it."""

from __future__ import annotations

import asyncio

from sapp_bot.domain.ports import Clock, Timer

from .adaptive_lifo import AdaptiveLifo, Waiter
from .token_bucket import TokenBucket


class Turns:
    """Turns of one token each.

    Args:
        bucket: Where the tokens come from.
        clock: Source of the time, and of the waits.

    """

    def __init__(self, bucket: TokenBucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock
        self._waiting = AdaptiveLifo()
        self._timer: Timer | None = None

    async def take(self, *, asked: int | None) -> None:
        """Wait for a turn, and take its token.

        Args:
            asked: As of `AdaptiveLifo.add`.

        """
        now = self._clock.now()
        if not self._waiting and not self._bucket.wait_s(now):
            self._bucket.take(now)
            return
        turn: Waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(turn, asked=asked)
        try:
            self._set_timer()
            await turn
        finally:  # also when given up
            self._waiting.discard(turn)

    def _set_timer(self) -> None:
        if self._timer is None:
            wait_s = self._bucket.wait_s(self._clock.now())
            self._timer = self._clock.call_later(wait_s, self._give)

    def _give(self) -> None:
        """Give as many turns as there are tokens; come again while somebody waits."""
        self._timer = None
        now = self._clock.now()
        while self._waiting and not self._bucket.wait_s(now):
            turn = self._waiting.pop()
            if not turn.done():  # given up a moment ago
                self._bucket.take(now)
                turn.set_result(None)
        if self._waiting:
            self._set_timer()
