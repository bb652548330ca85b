"""Who hears of what is held: the person at once, the operators when it lasts, others who ask."""

from __future__ import annotations

from contextlib import suppress

from sapp_bot.errors import StoreAway
from sapp_bot.ledger.books.repository import Books
from sapp_bot.ledger.telling import SLOW_S, Telling
from sapp_bot.ledger.values import DeliveryHold

from .alarms import Alarms
from .schedule import HoldListener


class Holds(HoldListener):
    """Tells persons and operators of holds; notes them where other processes want to know."""

    def __init__(
        self, books: Books, telling: Telling, alarms: Alarms, *, is_shared: bool = False
    ) -> None:
        self._books = books
        self._telling = telling
        self._alarms = alarms
        self._is_shared = is_shared
        self._over: set[int] = set()

    async def held(self, hold: DeliveryHold) -> None:
        """Tell those who wait that their payment is safe, when it takes more than a moment."""
        if (self._books.now - hold.since).total_seconds() >= SLOW_S:
            await self._telling.hold(await self._books.book(hold.client), hold.reason)
        await self._alarms.held(hold)
        if self._is_shared:
            self._over.discard(hold.client)
            await self._books.note_hold(hold)

    async def released(self, hold: DeliveryHold) -> None:
        """Tell the operators, if they know of it."""
        await self._alarms.released(hold)
        if self._is_shared:
            self._over.add(hold.client)
        with suppress(StoreAway):  # what is left is noted with the next one
            for client in tuple(self._over):
                await self._books.drop_hold(client)
                self._over.discard(client)
