"""Which notices a book owes, and their delivery: each once, after what it says has come true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import SappBotError, StoreAway
from sapp_bot.values import replace

from .books.book import Book, BookedCharge
from .books.repository import Books
from .notices import (
    Notice,
    PaymentHeld,
    PaymentLacks,
    PaymentReversed,
    PaymentSeen,
    PaymentsUnplaced,
    PaymentUndeliverable,
    ReadsAdded,
    RefundBegun,
    RefundFailed,
    StarsReturned,
)
from .ports import NoticeListener
from .values import HoldReason, Payment, PaymentState

SLOW_S = 3.0
"""A delivery that takes longer is spoken of, in seconds."""

log = structlog.get_logger(__name__)

Maker = Callable[[Payment], Notice]


class Telling:
    """Tells what is owed; what cannot be told now is told at the next look."""

    def __init__(self, books: Books, listener: NoticeListener, clock: Clock) -> None:
        self._books = books
        self._listener = listener
        self._clock = clock
        self._soothing: dict[int, asyncio.Task[None]] = {}
        self._awake: set[int] = set()

    async def pay_up(
        self,
        book: Book,
        left: int | None,
        known: Mapping[str, Payment] = MappingProxyType({}),
        *,
        put_off: bool = False,
    ) -> bool:
        """Tell all that a book owes; return whether nothing is left to tell.

        Args:
            book: The book, as read after the last GET.
            left: Reads that the client has left by that GET; None if it was not asked.
            known: Payments of the book that were read already, by charge.
            put_off: Whether a refund has just been put off.

        """
        self._hush(book.client)
        owed = [
            (charge, *owes)
            for charge in book.charges
            for owes in _owed(charge, left, put_off=put_off)
        ]
        return await self._tell(book.client, owed, known) and await self._tell_unplaced(book)

    async def _tell_unplaced(self, book: Book) -> bool:
        """Tell the operators once of all that no order explains."""
        new = [
            charge
            for charge in book.charges
            if charge.state is PaymentState.UNPLACED and "unplaced" not in charge.told
        ]
        if not new or not await self.tell(PaymentsUnplaced(len(new))):
            return not new
        try:
            for charge in new:
                await self._books.add(book.client, f"told:unplaced:{charge.charge}")
        except StoreAway:
            return False
        return True

    async def hold(self, book: Book, reason: HoldReason) -> None:
        """Tell once those whose reads wait that their payment is safe.

        Once more, when it has come to need an operator.
        """
        if reason.is_of_refund:
            return  # no reads wait for that
        kind = "doubted" if reason.needs_operator else "held"
        owed: list[tuple[BookedCharge, str, Maker]] = [
            (charge, kind, lambda payment: PaymentHeld(payment, reason))
            for charge in book.charges
            if _waits(charge)
        ]
        await self._tell(book.client, owed)

    @contextmanager
    def soothing(self, client: int) -> Iterator[None]:
        """Tell who waits that their payment is received, when what is done here takes long.

        Until what is owed is told: nobody hears that reads are being added when they are.
        """
        self._soothing[client] = asyncio.create_task(self._soothe_late(client))
        try:
            yield
        finally:
            self._hush(client)

    def _hush(self, client: int) -> None:
        soothing = self._soothing.pop(client, None)
        if soothing is not None:
            soothing.cancel()

    async def _soothe_late(self, client: int) -> None:
        await self._clock.sleep(SLOW_S)
        self._awake.add(client)
        try:
            with suppress(SappBotError):  # it is told at the next look, if it still waits then
                await self._soothe(await self._books.book(client))
        finally:
            self._awake.discard(client)

    async def soothe(self, client: int) -> None:
        """Tell now those who wait for more than a moment that their payment was received.

        Raises:
            StoreAway: the store could not be asked.

        """
        late = self._soothing.get(client)
        if late is not None and client in self._awake:
            await asyncio.wait({late})  # it is telling just that
        await self._soothe(await self._books.book(client))

    async def _soothe(self, book: Book) -> None:
        waiting = [
            charge
            for charge in book.charges
            if _waits(charge) and not charge.told & {"held", "doubted"}
        ]
        if not waiting:
            return
        payments = await self._books.payments(book.client, waiting)
        now = self._books.now
        late = [
            charge
            for charge in waiting
            if (now - payments[charge.charge].at).total_seconds() >= SLOW_S
        ]
        await self._tell(book.client, [(charge, "seen", PaymentSeen) for charge in late])

    async def tell(self, notice: Notice) -> bool:
        """Tell a notice that is of no payment; return whether it was taken."""
        try:
            await self._listener.tell(notice)
        except SappBotError as error:
            log.warning("ledger.untold", notice=type(notice).__name__, reason=str(error))
            return False
        return True

    async def _tell(
        self,
        client: int,
        owed: list[tuple[BookedCharge, str, Maker]],
        known: Mapping[str, Payment] = MappingProxyType({}),
    ) -> bool:
        new = [(charge, kind, make) for charge, kind, make in owed if kind not in charge.told]
        if not new:
            return True
        rest = [charge for charge, _, _ in new if charge.charge not in known]
        payments = {**known, **(await self._books.payments(client, rest) if rest else {})}
        for charge, kind, make in new:
            payment = payments.get(charge.charge)
            if payment is not None and not await self.tell(make(payment)):
                return False
            try:
                await self._books.add(client, f"told:{kind}:{charge.charge}")
            except StoreAway:
                return False  # it is told again: better twice than not
        return True


def _waits(charge: BookedCharge) -> bool:
    return charge.is_paid and charge.state is PaymentState.SEEN


def _owed(charge: BookedCharge, left: int | None, *, put_off: bool) -> Iterator[tuple[str, Maker]]:
    """List the notices that the facts of a payment call for, told or not, the oldest first."""
    state = charge.state
    if not charge.is_paid:
        return
    yield from _delivered(charge, left)
    if charge.restores:
        yield f"restored{len(charge.restores)}", lambda payment: RefundFailed(payment, True)
    match state:
        case PaymentState.LACKING:
            yield "lacks", lambda payment: PaymentLacks(payment, charge.lacks)
        case PaymentState.REFUND_DUE:
            yield "undeliverable", PaymentUndeliverable
        case PaymentState.REFUNDING:
            yield f"begun{len(charge.revokes)}", lambda payment: RefundBegun(payment, put_off)
        case PaymentState.REFUND_REFUSED:
            yield f"refused{len(charge.refusals)}", lambda payment: RefundFailed(payment, False)
        case PaymentState.REFUNDED:
            yield "returned", StarsReturned
        case PaymentState.REVERSED:
            yield "reversed", lambda payment: PaymentReversed(payment, charge.taken)
        case _:
            pass


def _delivered(charge: BookedCharge, left: int | None) -> Iterator[tuple[str, Maker]]:
    """List what is owed of reads that a GET has shown."""
    if left is None:
        return
    if charge.state in {PaymentState.APPLIED, PaymentState.SETTLED}:
        yield "added", lambda payment: ReadsAdded(payment, left)
    if charge.is_given and charge.state is PaymentState.ADOPTED:
        yield "added", lambda payment: ReadsAdded(replace(payment, reads=charge.lacks), left)
