"""What operators can do with the ledger; each act is noted in its journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sapp_bot.errors import LedgerLost

from .audit import Audit, AuditReport
from .books.book import Book
from .books.repository import Books
from .errors import NotForSale, NotRefundable
from .opening import AdoptReport, Opening
from .ports import ReadsApi
from .reconciler import Reconciler
from .refunds import Refunds
from .schedule import Schedule
from .values import MOST_READS, DeliveryHold, LedgerMode, PaymentState


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """What an operator wants to know at a glance.

    Attributes:
        mode: Whether it works.
        is_paused: Whether an operator has stopped sales.
        is_durable: Whether Redis keeps what it is told; None if it does not say.
        clients: Clients that were ever paid for.
        waiting: Clients that are worked on or watched.
        holds: What does not get on.
        rows: Rows of Telegram's list that are booked.
        states: Number of payments in each state.

    """

    mode: LedgerMode
    is_paused: bool
    is_durable: bool | None
    clients: int
    waiting: int
    holds: Sequence[DeliveryHold]
    rows: int
    states: Mapping[PaymentState, int]


class LedgerOperator:
    """The acts of operators."""

    def __init__(
        self,
        *,
        books: Books,
        api: ReadsApi,
        refunds: Refunds,
        opening: Opening,
        reconciler: Reconciler,
        audit: Audit,
        schedule: Schedule,
        reopen: Callable[[], None],
    ) -> None:
        self._books = books
        self._api = api
        self._refunds = refunds
        self._opening = opening
        self._reconciler = reconciler
        self._audit = audit
        self._schedule = schedule
        self._reopen = reopen

    async def refund(self, charge: str) -> None:
        """Begin a refund whatever was used, or do one now that is due.

        Raises:
            NotRefundable: it is unknown or refunded already.
            StoreAway: the store could not be asked.

        """
        book = await self._book_of(charge)
        await self._books.mark_dirty(book.client)
        try:
            await self._refunds.force(charge, book)
        finally:
            self._schedule.wake(book.client)
        await self._books.note("refund", charge=charge)

    async def gift(self, client: int, reads: int, *, key: str) -> int:
        """Give a client reads, or take some (negative), once per key; return what it then has.

        Raises:
            NotForSale: there is no such client, or it would have too many or fewer than 0.
            SappBotError: the API or the store could not be asked.

        """
        found = await self._api.reads(client)
        if found is None:
            raise NotForSale("There is no such client.")
        await self._books.enter(client)
        await self._books.add(client, "base", str(found.available))
        book = await self._books.book(client)
        if f"gift:{key}" not in book.shifts and not 0 <= book.want + reads <= MOST_READS:
            raise NotForSale("A client can have from 0 to 9,007,199,254,740,992 reads.")
        await self._books.add(client, f"shift:gift:{key}", str(reads))
        await self._books.note("gift", client=client, reads=reads)
        await self._work_on(client)
        return (await self._books.book(client)).want

    async def fix(self, client: int, *, keep: bool) -> None:
        """End the hold of a client whose reads nobody can explain.

        Args:
            client: Whose.
            keep: Whether what the API has is right, and payments that were not yet seen there
                come on top; else it is set to what the book wants.

        Raises:
            NotForSale: there is no such client.
            SappBotError: the API or the store could not be asked.

        """
        found = await self._api.reads(client)
        if found is None:
            raise NotForSale("There is no such client.")
        book = await self._books.book(client)
        if keep:
            waiting = sum(c.counts for c in book.charges if c.state is PaymentState.SEEN)
            change = found.available - (book.want - waiting)
            await self._books.add(client, f"shift:fix:{found.available}", str(change))
        else:
            await self._books.add(client, f"wrote:{found.available}")
        await self._books.note("fix", client=client, found=found.available, want=book.want)
        await self._work_on(client)

    async def adopt(self) -> AdoptReport:
        """Take all of Telegram's list for settled, after Redis has lost the ledger for good.

        Raises:
            NothingToAdopt: it is not lost.
            SappBotError: the store, Telegram or the API could not be asked: adopt again.

        """
        report = await self._opening.adopt()
        self._reopen()
        return report

    async def pause(self, *, on: bool) -> None:
        """Stop sales, or go on. What is paid already is delivered all the same."""
        await self._books.pause(on=on)
        await self._books.note("pause" if on else "resume")

    async def reconcile(self) -> int:
        """Read Telegram's list now; return the rows that were new.

        Raises:
            LedgerLost: the store has lost the ledger; all is stopped at once.
            SappBotError: Telegram or the store could not be asked.

        """
        try:
            return await self._reconciler.read()
        except LedgerLost:
            self._reconciler.now()  # it finds the same, and ends what is at work
            raise

    async def audit(self) -> AuditReport:
        """Compare all clients with their books now.

        Raises:
            SappBotError: the API or the store could not be asked.

        """
        return await self._audit.look()

    async def status(self, mode: LedgerMode) -> LedgerStatus:
        """Return what an operator wants to know; reads every book.

        `mode` is `Ledger.mode`.
        """
        clients = await self._books.clients()
        books = [await self._books.book(client) for client in clients]
        states = Counter(c.state for book in books for c in book.charges if c.is_paid)
        return LedgerStatus(
            mode=mode,
            is_paused=await self._books.is_paused(),
            is_durable=await self._books.store.is_durable(),
            clients=len(clients),
            waiting=self._schedule.waiting,
            holds=list(self._schedule.holds.values()),
            rows=(await self._books.cursor()).rows,
            states=states,
        )

    async def is_durable(self) -> bool | None:
        """Return whether the store keeps all over a crash; None if it does not say.

        Raises:
            StoreAway: it could not be asked.

        """
        return await self._books.store.is_durable()

    async def journal(self, count: int = 20) -> Sequence[str]:
        """Return what operators did, the newest first: JSON with `at` and `what`."""
        return await self._books.store.journal(count)

    async def _book_of(self, charge: str) -> Book:
        client = await self._books.home_of(charge)
        if client is None:
            raise NotRefundable("There is no such payment.")
        return await self._books.book(client)

    async def _work_on(self, client: int) -> None:
        await self._books.mark_dirty(client)
        self._schedule.wake(client)
