"""What was paid, and what became of it: by client, by person, or by the beginning of a receipt."""

from __future__ import annotations

from sapp_bot.ledger.values import PaymentView

from .repository import Books


class Receipts:
    """Lists payments. Raises `StoreAway` from each call, if the store could not be asked."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def of_client(self, client: int, *, user: int | None = None) -> list[PaymentView]:
        """List the payments for a client, the newest first; only those of one person, if given."""
        book = await self._books.book(client)
        payments = await self._books.payments(client, book.charges)
        views = [
            PaymentView(payments[charge.charge], charge.state, charge.lacking)
            for charge in book.charges
            if charge.is_paid
        ]
        chosen = [view for view in views if user is None or view.payment.user == user]
        # Telegram tells whole seconds: within one they stand as they were booked.
        return sorted(chosen, key=lambda view: view.payment.at)[::-1]

    async def of_person(self, user: int) -> list[PaymentView]:
        """List all that a person has paid, the oldest first, whichever clients it was for."""
        clients = await self._books.payers.clients_of(user)
        found = [view for one in clients for view in (await self.of_client(one, user=user))[::-1]]
        return sorted(found, key=lambda view: view.payment.at)

    async def starting_with(self, beginning: str, *, most: int = 10) -> list[PaymentView]:
        """List payments whose receipt begins so; if one is exactly that, it alone.

        Args:
            beginning: Of a charge id, as people quote it from a message; "" is that of none.
            most: How many to list.

        """
        charges = await self._books.payers.starting_with(beginning)
        chosen = [beginning] if beginning in charges else charges[:most]
        views = [await self.of_charge(charge) for charge in chosen]
        return [view for view in views if view is not None]

    async def of_charge(self, charge: str) -> PaymentView | None:
        """Return one payment, None if it is not known."""
        client = await self._books.home_of(charge)
        booked = None if client is None else (await self._books.book(client)).charge(charge)
        if client is None or booked is None or not booked.is_paid:
            return None
        payments = await self._books.payments(client, [booked])
        return PaymentView(payments[charge], booked.state, booked.lacking)
