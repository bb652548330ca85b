"""Refunds: the reads are taken back first, then Telegram returns the Stars.

Reads that are taken back are a fact of the book; so what crashed on the way is done to its end.
"""

from __future__ import annotations

from enum import Enum

import structlog

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.errors import SappBotError

from .books.book import GONE, Book, BookedCharge
from .books.repository import Books
from .errors import NotRefundable, RefundPutOff
from .ports import LedgerStars
from .values import STRAYS, HoldReason, PaymentState, RefundAnswer, RefundReason

DUE_S = 600.0
"""How long an operator can look at what cannot be delivered, before its Stars go back."""

log = structlog.get_logger(__name__)


class AskedRefund(Enum):
    """What became of a wish for a refund."""

    BEGUN = "begun"
    USED = "used"
    """The pack's reads are not all unused: an operator decides."""

    CLIENT_GONE = "client gone"
    """The client is deleted, so nobody can tell whether they are: an operator decides."""


class Refunds:
    """Begins refunds, and carries out those that have begun."""

    def __init__(self, books: Books, stars: LedgerStars) -> None:
        self._books = books
        self._stars = stars

    async def ask(
        self, charge: str, user: int, reads: ClientReads | None, book: Book
    ) -> AskedRefund:
        """Begin the refund that a person asks for, if all reads of the pack are unused.

        Args:
            charge: Which payment.
            user: Who asks: only who has paid can.
            reads: What the client has at the API, None if there is no such client.
            book: The client's book.

        Raises:
            NotRefundable: it is somebody else's, or is refunded already.

        """
        booked = _refundable(book, charge)
        payments = await self._books.payments(book.client, [booked])
        if payments[charge].user != user:
            raise NotRefundable(reply="This is not a payment of yours.")
        if reads is None and book.client != STRAYS:
            return AskedRefund.CLIENT_GONE
        # Reads that a rollback shows too many of are not left, and those still due are not used.
        left = 0 if reads is None else book.all_taken(reads.used).want - reads.used
        if left < booked.reads:
            return AskedRefund.USED
        await self.begin(book.client, booked, RefundReason.ASKED)
        return AskedRefund.BEGUN

    async def force(self, charge: str, book: Book) -> None:
        """Begin a refund for an operator, or have one that is due done now.

        Raises:
            NotRefundable: it is refunded already, or unknown.

        """
        booked = book.charge(charge)
        if booked is not None and booked.is_refund_open:
            await self._books.add(
                book.client, f"hurry:{len(booked.refusals)}:{charge}", self._books.stamp
            )
            return
        await self.begin(book.client, _refundable(book, charge), RefundReason.OPERATOR)

    async def begin(self, client: int, charge: BookedCharge, reason: RefundReason) -> None:
        """Take the reads of a payment back: the book wants less from now on."""
        number = len(charge.restores) + 1
        fact = f"revoke:{number}:{charge.charge}"
        await self._books.add(client, fact, f"{self._books.stamp} {reason.value}")
        log.info("ledger.refund_begun", charge=charge.charge, reason=reason.value)

    def wait_s(self, book: Book) -> float | None:
        """Return the seconds until a refund is due, 0 for now; None if none is open."""
        waits = [self._wait_s(charge) for charge in _open(book)]
        return min(waits, default=None)

    async def restore(self, book: Book) -> bool:
        """Give reads back that nobody would return the Stars of: their client is there again.

        Returns:
            Whether there were any.

        """
        refused = [
            charge
            for charge in book.charges
            if charge.is_refund_open
            and charge.is_refused
            and charge.last_revoke[1] is RefundReason.CLIENT_GONE
        ]
        for charge in refused:
            await self._books.add(book.client, f"restore:{max(charge.revokes)}:{charge.charge}")
        return bool(refused)

    async def take(self, book: Book, reads: ClientReads) -> Book:
        """Decide how many reads go with Stars that go back: those that are left, none of the used.

        That is decided once; whoever looks at the same time follows. What cannot be taken is noted
        in the journal as `not_taken`: it is used, or was not there any more.
        """
        while taking := book.next_taking(reads.used, reads.available):
            fact, reads_taken = taking
            name = fact.split(":", 2)[2]
            charge = book.charge(name)
            kept = charge.reads - reads_taken if charge is not None else 0
            if kept > 0:
                # Noted first: nobody decides again what stands, so nobody would note it later.
                token = f"{fact}={reads_taken}"
                await self._books.note(
                    "not_taken", token=token, client=book.client, charge=name, reads=kept
                )
                log.warning("ledger.reads_not_taken", client=book.client, reads=kept)
            stands = await self._books.add(book.client, fact, str(reads_taken))
            book = book.plus({fact: stands})
        return book

    async def carry_out(self, book: Book) -> bool:
        """Return the Stars of all refunds that are due; return whether anything has changed.

        The API must have been seen without their reads.

        Raises:
            RefundPutOff: one of them at least has to wait; the others were carried out.
            StoreAway, LedgerLost: it is not booked what has become of one: carry out again.

        """
        due = [charge for charge in _open(book) if self._wait_s(charge) <= 0]
        payments = await self._books.payments(book.client, due) if due else {}
        put_off: RefundPutOff | None = None
        for charge in due:
            try:
                answer = await self._return(payments[charge.charge].user, charge.charge)
            except SappBotError as error:
                put_off = RefundPutOff(HoldReason.REFUND_WAITS, str(error))
                continue
            if answer is RefundAnswer.STARS_SHORT:
                put_off = RefundPutOff(HoldReason.STARS_SHORT, "the bot has too few Stars")
            else:
                await self._note(book.client, charge, answer)
        if put_off is not None:
            raise put_off
        return bool(due)

    async def _return(self, user: int, charge: str) -> RefundAnswer:
        payer = user or await self._payer(charge)
        return await self._stars.refund(payer, charge) if payer else RefundAnswer.REFUSED

    async def _payer(self, charge: str) -> int:
        """Ask Telegram who has paid: the sealed value cannot be decrypted any more."""
        row = await self._stars.find(charge)
        return (row.user or 0) if row else 0

    async def _note(self, client: int, charge: BookedCharge, answer: RefundAnswer) -> None:
        name = charge.charge
        if answer is not RefundAnswer.REFUSED:
            await self._books.add(client, f"out:{name}", "ours")
        elif charge.last_revoke[1] in GONE:
            await self._books.add(
                client, f"refused:{len(charge.refusals) + 1}:{name}", self._books.stamp
            )
        else:
            await self._books.add(client, f"restore:{max(charge.revokes)}:{name}")
        log.info("ledger.refund_answered", charge=name, answer=answer.value)

    def _wait_s(self, charge: BookedCharge) -> float:
        at, reason = charge.last_revoke
        if reason not in GONE or charge.is_hurried:
            return 0.0
        return max(0.0, at + DUE_S - self._books.now.timestamp())


def _open(book: Book) -> list[BookedCharge]:
    return [charge for charge in book.charges if charge.is_refund_open and not charge.is_refused]


def _refundable(book: Book, charge: str) -> BookedCharge:
    booked = book.charge(charge)
    if booked is None or not booked.is_paid:
        raise NotRefundable(reply="There is no such payment.")
    if booked.state in {PaymentState.REFUNDED, PaymentState.REVERSED}:
        raise NotRefundable(reply="The Stars of this payment are returned already.")
    if booked.is_revoked:
        raise NotRefundable(reply="The refund of this payment has begun already.")
    return booked
