"""Takes payments and refunds into the books: from updates and from Telegram's list alike.

One write decides: the payment's own fact, with who paid and the mark of work, at one moment. What
follows it is made again when the row comes again, and it comes until the cursor has passed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from sapp_bot.domain.ports import Signer
from sapp_bot.errors import LedgerLost

from .books.payload import read_payload
from .books.repository import Books
from .values import STRAYS, Direction, Payment, PaymentPayload, RefundReason, StarsRecord

STRAY = PaymentPayload(STRAYS, 0, 0, "")
"""What is booked of a payment whose payload nobody can read."""

log = structlog.get_logger(__name__)


class Acceptance:
    """Books rows of Telegram's."""

    def __init__(self, books: Books, signer: Signer) -> None:
        self._books = books
        self._signer = signer
        self._bookings: dict[int, list[asyncio.Event]] = {}

    def client_of(self, row: StarsRecord) -> int | None:
        """Return the client that a payment is for by its payload; None if that names none."""
        if row.direction is not Direction.PAID or row.payload is None:
            return None
        payload = read_payload(row.payload, self._signer)
        return payload.client if payload else None

    async def booked(self, client: int) -> None:
        """Wait until the payments for a client are booked that are being booked now."""
        for booking in tuple(self._bookings.get(client, ())):
            await booking.wait()

    async def accept(self, row: StarsRecord, *, adopts: bool = False) -> int | None:
        """Book a row; the same row twice is one.

        Args:
            row: What Telegram tells of.
            adopts: Whether an adoption takes it over. Nobody else books while one is under way:
                it would count as delivered, and its report would not have it.

        Returns:
            The client whose reads may have to change; None if the row is none of ours.

        Raises:
            StoreAway, LedgerLost: it is not booked, or nobody knows: accept it again.

        """
        if self._books.mark == "adopted" and not adopts:
            raise LedgerLost("an adoption is under way")
        if row.is_pending or row.is_failed:
            return None
        if row.direction is Direction.RETURNED:
            return await self._take_refund(row)
        if row.payload is None or row.user is None:
            return None  # a gift, an advertisement, a withdrawal
        return await self._take_payment(row, row.payload, row.user)

    async def _take_payment(self, row: StarsRecord, data: bytes, user: int) -> int:
        payload = read_payload(data, self._signer)
        client = payload.client if payload else STRAYS
        with self._booking(client):
            home = await self._book(row, user, payload or STRAY, home=client)
        if home != client:
            if payload is None:
                return home  # its key was taken out of the ring since it was booked
            client = STRAYS
            await self._book(row, user, STRAY, home=home)
        if client == STRAYS:
            log.warning("ledger.stray_payment", charge=row.charge)
        elif payload is not None and self._books.mark == "recovered":
            await self._recover(client, payload.base)
        return client

    @contextmanager
    def _booking(self, client: int) -> Iterator[None]:
        bookings = self._bookings.setdefault(client, [])
        end = asyncio.Event()
        bookings.append(end)
        try:
            yield
        finally:
            end.set()
            bookings.remove(end)
            if not bookings:
                del self._bookings[client]

    async def _book(self, row: StarsRecord, user: int, payload: PaymentPayload, home: int) -> int:
        """Book a payment for a client, or for nobody; return where it is booked.

        It is not booked here if that is another client than `home`.
        """
        books = self._books
        client, reads, charge = payload.client, payload.reads, row.charge
        payment = Payment(charge, user, client, payload.order, row.stars, reads, row.at)
        fact = f"{reads} {payload.base} {books.mark}"
        facts = {f"in:{charge}": fact}
        if client == STRAYS:
            facts |= self._turned_back(charge)
        taken = books.take(payment, facts, home=home)
        if payload.order:
            (stands_at, stands), _ = await asyncio.gather(
                taken, books.note_paid(payload.order, charge)
            )
        else:
            stands_at, stands = await taken
        if stands and stands.split(" ")[0] != str(reads):
            log.error("ledger.payment_differs", charge=charge, stands=stands, came=fact)
        return stands_at

    def _turned_back(self, charge: str) -> dict[str, str]:
        """Return the facts by which the Stars of a payment go back that is for nobody."""
        facts = {f"revoke:1:{charge}": f"{self._books.stamp} {RefundReason.STRAY.value}"}
        if self._books.mark != "paid":
            # It may have been booked by what is lost: an operator has to look first.
            facts[f"refused:1:{charge}"] = ""
        return facts

    async def _take_refund(self, row: StarsRecord) -> int | None:
        books = self._books
        payload = read_payload(row.payload, self._signer) if row.payload else None
        if payload is not None:
            client = await books.home(row.charge, payload.client)
            await books.enter(client)
        else:
            found = await books.home_of(row.charge)
            if found is None:
                return None
            client = found
        if books.mark != "paid":
            # The person was told by what is lost.
            for kind in ("returned", "reversed"):
                await books.add(client, f"told:{kind}:{row.charge}")
        mark = "theirs" if books.mark == "paid" else books.mark
        await books.add(client, f"out:{row.charge}", mark)
        if books.mark == "recovered" and client != STRAYS:
            await self._recover(client, payload.base if payload else None)
        await books.mark_dirty(client)
        return client

    async def _recover(self, client: int, base: int | None) -> None:
        """Note what a lost ledger must have written after this row: rows come in their order."""
        if client == STRAYS:
            return
        if base is not None:
            await self._books.add(client, "base", str(base))
        book = await self._books.book(client)
        if book.base is not None:
            await self._books.ground(book)
