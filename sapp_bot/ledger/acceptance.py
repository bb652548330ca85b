"""Takes payments and refunds into the books: from updates and from Telegram's list alike.

One write decides, the payment's own fact; all before it may lie about unused, all after it is
made again when the row comes again. It comes again until the cursor has passed it.
"""

from __future__ import annotations

import asyncio

import structlog

from sapp_bot.domain.ports import Signer

from .books.payload import read_payload
from .books.repository import Books
from .values import STRAYS, Direction, Payment, PaymentPayload, RefundReason, StarsRecord

log = structlog.get_logger(__name__)


class Acceptance:
    """Books rows of Telegram's."""

    def __init__(self, books: Books, signer: Signer) -> None:
        self._books = books
        self._signer = signer

    async def accept(self, row: StarsRecord) -> int | None:
        """Book a row; the same row twice is one.

        Returns:
            The client whose reads may have to change; None if the row is none of ours.

        Raises:
            StoreAway, LedgerLost: it is not booked, or nobody knows: accept it again.

        """
        if row.is_pending or row.is_failed:
            return None
        if row.direction is Direction.RETURNED:
            return await self._take_refund(row)
        if row.payload is None or row.user is None:
            return None  # a gift, an advertisement, a withdrawal
        return await self._take_payment(row, row.payload, row.user)

    async def _take_payment(self, row: StarsRecord, data: bytes, user: int) -> int:
        books = self._books
        payload = read_payload(data, self._signer)
        client = await books.home(row.charge, payload.client if payload else STRAYS)
        if payload is None and client != STRAYS:
            return client  # its key was taken out of the ring since it was booked
        if payload is None or payload.client != client:
            payload, client = PaymentPayload(STRAYS, 0, 0, ""), STRAYS
        payment = Payment(row.charge, user, client, payload.order, row.stars, payload.reads, row.at)
        await asyncio.gather(books.enter(client), books.note_payment(payment))
        fact = f"{payload.reads} {payload.base} {books.mark}"
        stands = await books.add(client, f"in:{row.charge}", fact)
        if stands.split(" ")[0] != str(payload.reads):
            log.error("ledger.payment_differs", charge=row.charge, stands=stands, came=fact)
        if client == STRAYS:
            await self._turn_back(row.charge)
        if books.mark == "recovered":
            await self._recover(client, payload.base)
        if payload.order:
            await books.note_paid(payload.order, row.charge)
        await books.mark_dirty(client)
        return client

    async def _turn_back(self, charge: str) -> None:
        """Have the Stars of a payment returned that is for nobody."""
        if self._books.mark != "paid":
            # It may have been booked by what is lost: an operator has to look first.
            await self._books.add(STRAYS, f"refused:1:{charge}")
        reason = f"{self._books.stamp} {RefundReason.STRAY.value}"
        await self._books.add(STRAYS, f"revoke:1:{charge}", reason)
        log.warning("ledger.stray_payment", charge=charge)

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
        mark = "adopted" if books.mark == "adopted" else "theirs"
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
            await self._books.add(client, f"wrote:{book.want}")
