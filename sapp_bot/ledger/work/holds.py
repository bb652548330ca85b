"""Who hears of what is held: the person at once, the operators when it lasts."""

from __future__ import annotations

from sapp_bot.ledger.books.repository import Books
from sapp_bot.ledger.telling import SLOW_S, Telling
from sapp_bot.ledger.values import DeliveryHold

from .alarms import Alarms
from .schedule import HoldListener


class Holds(HoldListener):
    """Tells persons and operators of holds."""

    def __init__(self, books: Books, telling: Telling, alarms: Alarms) -> None:
        self._books = books
        self._telling = telling
        self._alarms = alarms

    async def held(self, hold: DeliveryHold) -> None:
        """Tell those who wait that their payment is safe, when it takes more than a moment."""
        if (self._books.now - hold.since).total_seconds() >= SLOW_S:
            await self._telling.hold(await self._books.book(hold.client), hold.reason)
        await self._alarms.held(hold)

    async def released(self, hold: DeliveryHold) -> None:
        """Tell the operators, if they know of it."""
        await self._alarms.released(hold)
