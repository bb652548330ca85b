"""What operators can do with the ledger; each act is noted in its journal."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.errors import LedgerLost
from sapp_bot.values import dataclass

from .audit import Audit, AuditReport
from .books.book import LACK_GIVEN, Book
from .books.difference import ReadsDifference
from .books.repository import Books
from .errors import LedgerRecovers, NotForSale, NotRefundable
from .opening import AdoptReport, Opening
from .ports import ReadsApi
from .reconciler import Reconciler
from .refunds import Refunds
from .values import MOST_READS, DeliveryHold, LedgerMode, PaymentState, PaymentView
from .work.schedule import Schedule

LACKS_NONE = "This payment lacks no reads."

HEALS = "The ledger is putting this number right by itself; look again in a minute."
"""Why a number is not kept that a metered call has brought back."""


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """What an operator wants to know at a glance.

    Attributes:
        mode: Whether it works.
        is_paused: Whether an operator has stopped sales.
        is_durable: Whether Redis keeps what it is told; None if it does not say: nothing is sold
            then, either.
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

    @property
    def holds(self) -> Mapping[int, DeliveryHold]:
        """What is held at present, by client."""
        return self._schedule.holds

    async def refund(self, charge: str) -> None:
        """Begin a refund whatever was used, or do one now that is due.

        Raises:
            NotRefundable: it is unknown or refunded already.
            StoreAway: the store could not be asked.

        """
        client = await self._books.home_of(charge)
        if client is None:
            raise NotRefundable(reply="There is no such payment.")
        async with self._books.alone(client):
            await self._books.mark_dirty(client)
            try:
                await self._refunds.force(charge, await self._books.book(client))
            finally:
                self._schedule.wake(client)
        await self._books.note("refund", charge=charge)

    async def gift(self, client: int, reads: int, *, key: str) -> int:
        """Give a client reads, or take some (negative), once per key; return what it then has.

        What is taken is left unused: used reads cannot be taken, so nobody gets into debt.

        Raises:
            NotForSale: there is no such client, or it would have too many, or fewer than it used.
            LedgerRecovers: what was paid is not all known yet: give again in a minute.
            SappBotError: the API or the store could not be asked.

        """
        return await self._give(client, lambda _: reads, key=key)

    async def _give(self, client: int, reads_of: Callable[[Book], int], *, key: str) -> int:
        """Give what `reads_of` the book says, decided while nobody else gives or takes."""
        async with self._books.alone(client):
            found = await self._reads_of(client)
            await self._books.enter(client)
            await self._begin_book(client, found.available)
            book = (await self._books.book(client)).all_taken(found.used)
            reads = reads_of(book)
            if f"gift:{key}" not in book.shifts:
                self._check_whole()
                _check_gift(book.want, found.used, reads)
                await self._books.add(client, f"shift:gift:{key}", str(reads))
            await self._books.note("gift", token=f"gift:{client}:{key}", client=client, reads=reads)
        await self._work_on(client)
        return (await self._books.book(client)).all_taken(found.used).want

    async def gift_forecast(self, client: int, reads: int) -> int:
        """Return what a client would have in all after a gift; nothing is changed.

        Raises:
            NotForSale: as from `gift`.
            SappBotError: the API or the store could not be asked.

        """
        found = await self._reads_of(client)
        book = (await self._books.book(client)).all_taken(found.used)
        want = found.available if book.base is None else book.want
        _check_gift(want, found.used, reads)
        return want + reads

    async def lacking(self) -> Sequence[PaymentView]:
        """List the payments that an adoption found undelivered, and nobody has made up for yet.

        Raises:
            StoreAway: the store could not be asked.

        """
        found = []
        for client in await self._books.clients():
            book = await self._books.book(client)
            charges = [charge for charge in book.charges if charge.lacking]
            payments = await self._books.payments(client, charges)
            found += [PaymentView(payments[c.charge], c.state, c.lacking) for c in charges]
        return sorted(found, key=lambda view: view.payment.at)

    async def give_lacking(self, charge: str) -> int:
        """Give the reads that an adopted payment lacks, once; return what its client then has.

        Raises:
            NotForSale: it lacks none, its Stars go back, or its client is gone.
            SappBotError: the API or the store could not be asked.

        """
        client = await self._books.home_of(charge)
        if client is None:
            raise NotForSale(reply=LACKS_NONE)
        key = f"lacks:{charge}"
        return await self._give(client, lambda book: _lacking_of(book, charge), key=key)

    async def difference(self, client: int) -> ReadsDifference:
        """Return by what a client's reads at the API differ from the book: what `fix` is about.

        Raises:
            NotForSale: there is no such client, or nothing was ever booked for it.
            SappBotError: the API or the store could not be asked.

        """
        found = await self._reads_of(client)
        return ReadsDifference.of(await self._books.book(client), found)

    async def fix(
        self,
        client: int,
        *,
        keep: bool,
        adds_returned: bool = False,
        seen: int | None = None,
        key: str = "",
    ) -> ReadsDifference:
        """End the hold of a client whose reads nobody can explain; return what it was about.

        Args:
            client: Whose.
            keep: Whether what the API has is right, and payments that were not yet seen there
                come on top; else it is set to what the book wants. A number that the ledger puts
                right by itself (`ReadsDifference.heals`) is not kept.
            adds_returned: With `keep`, whether payments that came back from Telegram's list after
                a loss of Redis come on top, too: `ReadsDifference.returned`.
            seen: The number at the API that whoever decides was shown; None for whatever it is.
            key: Names the act: done twice it counts once, and what it began is gone on with.

        Raises:
            NotForSale: there is no such client, nothing differs, the number is another by now, or
                is to be kept though the ledger is putting it right.
            LedgerRecovers: what was paid is not all known yet: look again in a minute.
            SappBotError: the API or the store could not be asked.

        """
        async with self._books.alone(client):
            found = await self._reads_of(client)
            book = await self._refunds.take(await self._books.book(client), found)
            about = ReadsDifference.of(book, found)
            if not (key and book.has_fixed(key)):
                self._check_whole()
                _check_fix(about, seen, keep=keep)
                kept = about.all_kept if adds_returned else about.kept
                fact = f"fix:{about.found}:{key or secrets.token_hex(6)}"
                # Noted first: what is done is in the journal, whatever fails in between.
                await self._books.note(
                    "fix", token=fact, client=client, found=about.found, want=about.wanted
                )
                change = kept - about.wanted if keep else 0
                await self._books.add(client, f"shift:{fact}", str(change))
        await self._work_on(client)
        return about

    def _check_whole(self) -> None:
        """Refuse what is reckoned from a book that has not all its payments yet.

        A number that the lost ledger wrote is known by the payments in it alone: given on top of
        some of them, reads would make it look like somebody else's.
        """
        if self._opening.is_recovering:
            raise LedgerRecovers("a restored ledger is not whole yet")

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

    async def _begin_book(self, client: int, available: int) -> None:
        """Note what a client has beside payments, if that is not known, and payments are."""
        if (await self._books.book(client)).base is None:
            await self._reconciler.read()  # a Redis that is behind may have lost its payments
            base = (await self._books.book(client)).first_base(available)
            await self._books.add(client, "base", str(base))

    async def _reads_of(self, client: int) -> ClientReads:
        found = await self._api.reads(client)
        if found is None:
            raise NotForSale(reply="There is no such client.")
        return found

    async def _work_on(self, client: int) -> None:
        await self._books.mark_dirty(client)
        self._schedule.wake(client)


def _lacking_of(book: Book, charge: str) -> int:
    """Return the reads that an adopted payment lacks, or was given by `give_lacking`.

    What was granted by hand meanwhile makes up for some of it.

    Raises:
        NotForSale: none, or its Stars go back.

    """
    booked = book.charge(charge)
    if booked is None or not booked.lacks:
        raise NotForSale(reply=LACKS_NONE)
    if booked.state not in {PaymentState.LACKING, PaymentState.ADOPTED}:
        raise NotForSale(reply="The Stars of this payment go back, or are back, already.")
    given = book.shifts.get(f"{LACK_GIVEN}{charge}")
    if given is None and not book.lacks:
        raise NotForSale(reply=LACKS_NONE)
    return min(booked.lacks, book.lacks) if given is None else given


def _check_fix(about: ReadsDifference, seen: int | None, *, keep: bool) -> None:
    if about.found == about.wanted:
        raise NotForSale(reply="The API has what the ledger wants: there is nothing to fix.")
    if seen not in {None, about.found}:
        raise NotForSale(reply="The number at the API has changed since; look at it again.")
    if keep and about.heals:
        raise NotForSale(reply=HEALS)


def _check_gift(want: int, used: int, reads: int) -> None:
    if want + reads > MOST_READS:
        raise NotForSale(reply="A client can have from 0 to 9,007,199,254,740,992 reads.")
    if reads < 0 and want + reads < used:
        raise NotForSale(
            reply="Only reads that are left can be taken: {left}.", left=max(0, want - used)
        )
