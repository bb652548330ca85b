"""Paces what is sent: over all chats, in one chat, and when Telegram asks to wait.

Source of the rates: https://core.telegram.org/bots/faq, "My bot is hitting limits": 1 message a
second in a chat with short bursts, 30 a second over all. A single answer never waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sapp_bot.domain.ports import Clock
from sapp_bot.values import dataclass

from .token_bucket import TokenBucket
from .turns import Turns

_SWEEP = 1_000
"""Chats that are remembered before those without a burst are forgotten."""

_MOST_ASKED = 10_000
"""Chats of which it is remembered when somebody asked there last."""


@dataclass(frozen=True, slots=True)
class SendingRates:
    """Rates of sending; 0 messages a second for no limit.

    Attributes:
        per_s: Messages in a second over all chats, and how many may go at once.
        chat_per_s: Messages in a second in one chat.
        chat_burst: Messages that may go into one chat at once.

    """

    per_s: float = 0
    chat_per_s: float = 1
    chat_burst: int = 5


class SendingPace:
    """Lets senders through, so that a crowd of chats holds up nobody who comes after it.

    Args:
        rates: The rates.
        clock: Source of the time, and of the waits.

    """

    def __init__(self, rates: SendingRates, clock: Clock) -> None:
        self._rates = rates
        self._clock = clock
        now = clock.now()
        bucket = TokenBucket.full(rates.per_s, max(1, rates.per_s), now)
        self._turns = Turns(bucket, clock)
        self._chats: dict[int, TokenBucket] = {}
        self._asked: dict[int, int] = {}
        self._count = 0
        self._paused: dict[int, datetime] = {}
        self._all_paused_until = now
        self._sweep_at = _SWEEP

    async def pass_one(self, chat_id: int) -> None:
        """Wait until one more message may go into a chat, and count it.

        A chat has one message here at a time, so that those who wait for the rate over all take
        turns, however many messages a chat has.
        """
        await self._wait_for_pause()
        if not self._rates.per_s:
            return
        bucket = self._bucket(chat_id)
        # The chat's own rate first: its wait must not hold up the others.
        while wait_s := bucket.wait_s(self._clock.now()):
            await self._clock.sleep(wait_s)
        now = self._clock.now()
        is_calm = bucket.level(now) >= bucket.burst / 2
        bucket.take(now)
        await self._turns.take(asked=self._asked.get(chat_id) if is_calm else None)
        await self._wait_for_pause()

    def note_asked(self, chat_id: int) -> None:
        """Note that somebody has just asked for something in a chat."""
        self._count += 1
        self._asked.pop(chat_id, None)  # so that the oldest stand first
        self._asked[chat_id] = self._count
        if len(self._asked) > _MOST_ASKED:
            del self._asked[next(iter(self._asked))]

    def note_pause(self, chat_id: int, wait_s: float) -> None:
        """Note that Telegram asks one chat to wait; when a second one is told so, all wait."""
        now = self._clock.now()
        self._paused = {chat: until for chat, until in self._paused.items() if until > now}
        self._paused[chat_id] = now + timedelta(seconds=wait_s)
        if len(self._paused) > 1:
            self._all_paused_until = max(self._paused.values())

    async def _wait_for_pause(self) -> None:
        while True:
            wait_s = (self._all_paused_until - self._clock.now()).total_seconds()
            if wait_s <= 0:
                return
            await self._clock.sleep(wait_s)

    def _bucket(self, chat_id: int) -> TokenBucket:
        bucket = self._chats.get(chat_id)
        if bucket is None:
            now, rates = self._clock.now(), self._rates
            if len(self._chats) >= self._sweep_at:
                calm = [c for c, b in self._chats.items() if b.level(now) >= b.burst]
                for chat in calm:
                    del self._chats[chat]
                self._sweep_at = max(_SWEEP, 2 * len(self._chats))
            bucket = self._chats[chat_id] = TokenBucket.full(
                rates.chat_per_s, rates.chat_burst, now
            )
        return bucket
