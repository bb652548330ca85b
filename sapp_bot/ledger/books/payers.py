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

    Other processes may book payments, too: what it has not is read when the store has more.

    Args:
        store: Has the payments, sealed.

    """

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._clients: dict[int, set[int]] = {}
        self._known: set[str] = set()
        self._reading = asyncio.Lock()

    def note(self, payment: Payment) -> None:
        """Take a payment that was just booked."""
        self._clients.setdefault(payment.user, set()).add(payment.client)
        self._known.add(payment.charge)

    def forget(self) -> None:
        """Ask the store anew the next time: another ledger was opened."""
        self._clients, self._known = {}, set()

    async def clients_of(self, user: int) -> frozenset[int]:
        """Return the clients that a person has paid for, `STRAYS` among them.

        The first call reads all payments. One that cannot be decrypted is nobody's.

        Raises:
            StoreAway: the store could not be asked.

        """
        async with self._reading:
            while True:
                known = self._known
                if await self._store.size("charges") > len(known):
                    await self._read(self._clients, known)
                if known is self._known:  # else another one was opened meanwhile
                    return frozenset(self._clients.get(user, ()))

    async def _read(self, clients: dict[int, set[int]], known: set[str]) -> None:
        """Read the payments that are not known yet."""
        new = [charge for charge in await self._store.read("charges") if charge not in known]
        texts = await self._store.read_sealed("payments", new)
        for text in texts.values():
            found = json.loads(text)
            clients.setdefault(found["user"], set()).add(found["client"])
        known.update(new)

    async def starting_with(self, beginning: str) -> list[str]:
        """Return the charges that begin so, in order; none for "", which names nothing.

        Raises:
            StoreAway: the store could not be asked.

        """
        if not beginning:
            return []
        charges = await self._store.read("charges")
        return sorted(charge for charge in charges if charge.startswith(beginning))
