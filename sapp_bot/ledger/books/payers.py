"""Who has paid, for which clients, and payments by the beginning of their receipt.

Nothing is kept for it: what the ledger has sealed of its payments tells it, so that it is whole
after a backup was restored, and whatever else is forgotten of a person.
"""

from __future__ import annotations

import asyncio
import json

from sapp_bot.ledger.ports import LedgerStore
from sapp_bot.ledger.values import Payment


class Payers:
    """The clients that each person has paid for: an index in memory, made when it is first asked.

    Args:
        store: Has the payments, sealed.

    """

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._clients: dict[int, set[int]] = {}
        self._reading = asyncio.Lock()
        self._is_whole = False

    def note(self, payment: Payment) -> None:
        """Take a payment that was just booked."""
        self._clients.setdefault(payment.user, set()).add(payment.client)

    def forget(self) -> None:
        """Ask the store anew the next time: another ledger was opened."""
        self._clients, self._is_whole = {}, False

    async def clients_of(self, user: int) -> frozenset[int]:
        """Return the clients that a person has paid for, `STRAYS` among them.

        The first call reads all payments. One that cannot be decrypted is nobody's.

        Raises:
            StoreAway: the store could not be asked.

        """
        async with self._reading:
            while not self._is_whole:
                clients = self._clients
                charges = await self._store.read("charges")
                texts = await self._store.read_sealed("payments", list(charges))
                for text in texts.values():
                    known = json.loads(text)
                    clients.setdefault(known["user"], set()).add(known["client"])
                self._is_whole = clients is self._clients  # else another one was opened meanwhile
        return frozenset(self._clients.get(user, ()))

    async def starting_with(self, beginning: str) -> list[str]:
        """Return the charges that begin so, in order; none for "", which names nothing.

        Raises:
            StoreAway: the store could not be asked.

        """
        if not beginning:
            return []
        charges = await self._store.read("charges")
        return sorted(charge for charge in charges if charge.startswith(beginning))
