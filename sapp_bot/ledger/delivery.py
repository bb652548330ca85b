"""One look at one client: what the API has is made equal to what its book wants.

Nothing here is remembered that could not be found out anew: a look can end anywhere, also twice
at once, and the next one goes on from the facts. An answer to a write proves nothing, as a metered
call that is under way undoes it; only a later GET does.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import assert_never

import structlog

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.retry import Backoff

from .acceptance import Acceptance
from .books.book import Book, BookedCharge
from .books.repository import Books
from .books.verdict import Agrees, CutOne, Shift, Stop, Verdict, Write, judge
from .errors import RefundPutOff
from .lacks import note_lacks
from .ports import ReadsApi
from .refunds import Refunds
from .telling import Telling
from .values import STRAYS, HoldReason, Payment, PaymentState, RefundReason

WATCH_S = (5.0, 25.0, 95.0)
"""Waits between the looks at a client that agrees: the fourth, two minutes on, settles it."""

MISSING_S = 60.0
"""A client must be missing twice, this far apart in seconds, before that is believed."""

UNTOLD_S = 10.0
"""When to look again at a book that owes a notice nobody took, in seconds."""

REWRITE = Backoff(first_s=0.05, factor=2.0, longest_s=10.0, jitter=0.2, first_at_once=True)
"""Waits between a write and the GET that may prove it, while writes are undone."""

log = structlog.get_logger(__name__)


class Held(Exception):  # named after what it says, and it never leaves the ledger
    """A look that cannot go on until somebody acts."""

    def __init__(self, reason: HoldReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(slots=True)
class _Watched:
    """What this process has seen of a client: writes in a row, good looks in a row, the reads
    that were agreed on last, and a number that Telegram's list does not explain.
    """

    writes: int = 0
    looks: int = 0
    first_good: float = 0.0
    missing_since: float | None = None
    agreed: int | None = None
    unexplained: int | None = None


class Delivery:
    """Looks at clients and acts."""

    def __init__(
        self,
        books: Books,
        api: ReadsApi,
        refunds: Refunds,
        telling: Telling,
        *,
        acceptance: Acceptance,
        read_list: Callable[[], Awaitable[object]],
        smallest_pack: int,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._books = books
        self._api = api
        self._refunds = refunds
        self._telling = telling
        self._acceptance = acceptance
        self._read_list = read_list
        self._smallest_pack = smallest_pack
        self._metrics = metrics
        self._seen: dict[int, _Watched] = {}

    async def look(self, client: int) -> float | None:
        """Look once at a client, and do one thing about it.

        Returns:
            Seconds until it should be looked at again; None when all is done.

        Raises:
            Held: it cannot go on until an operator acts.
            SappBotError: the API, Telegram or the store could not be asked: look again.

        """
        if client == STRAYS:
            return await self._finish(await self._books.book(client), None)
        # In which order the two are read does not matter: what counts is whether they agree.
        book, reads = await asyncio.gather(self._booked(client), self._api.reads(client))
        if book.is_blank:
            return None  # what was to be booked is not: it comes again
        seen = self._seen.setdefault(client, _Watched())
        if reads is None:
            return await self._miss(book, seen)
        seen.missing_since = None
        if book.base is None:
            book = await self._found(book, reads)
        if await self._refunds.restore(book):
            book = await self._books.book(client)
        book = await self._refunds.take(book, reads)
        book = await note_lacks(self._books, book)
        verdict = judge(book, reads.available, self._smallest_pack, reads.used)
        if not isinstance(verdict, Agrees):
            seen.looks = 0
        return await self._act(book, reads, verdict, seen)

    async def _booked(self, client: int) -> Book:
        """Read the book, with what is being booked now."""
        await self._acceptance.booked(client)
        return await self._books.book(client)

    async def _found(self, book: Book, reads: ClientReads) -> Book:
        """Note what a client has beside all payments, before anything is written."""
        available = book.first_base(reads.available)
        facts = {"base": str(available)}
        wanted = book.plus(facts).all_taken(reads.used).want
        stands = await self._books.found(book.client, available, wanted)
        if stands != available:
            return book.plus({"base": str(stands)})
        return book.plus({**facts, f"wrote:{wanted}": ""})

    async def _act(
        self, book: Book, reads: ClientReads, verdict: Verdict, seen: _Watched
    ) -> float | None:
        client = book.client
        match verdict:
            case Agrees():
                return await self._agree(book, reads, seen)
            case Write(wanted):
                self._count_rollback(book, reads, seen)
                return await self._write(book, wanted, seen)
            case CutOne():
                # Relative, so it counts twice when done twice: whoever's fact stands does it.
                mine = secrets.token_hex(4)
                if await self._books.add(client, f"cut:{book.cuts + 1}", mine) == mine:
                    await self._api.add_reads(client, -1)
                return await self._again(book, seen)
            case Shift(key, gift):
                if seen.unexplained != reads.available:
                    # A Redis that is behind may have lost a payment that Telegram knows of.
                    await self._read_list()
                    seen.unexplained = reads.available
                    return 0.0
                await self._books.add(client, f"shift:{key}", str(gift))
                await self._books.note("foreign_reads", client=client, reads=gift)
                log.warning("ledger.foreign_reads", client=client, reads=gift)
                return 0.0
            case Stop(reason):
                log.warning("ledger.stopped", client=client, found=reads.available, want=book.want)
                raise Held(reason)
            case _:
                assert_never(verdict)

    async def _write(self, book: Book, wanted: int, seen: _Watched) -> float | None:
        """Set the reads; the first of several times, look at once whether they are there."""
        client = book.client
        if not book.has_noted(wanted):
            await self._books.add(client, f"wrote:{wanted}")
        await self._api.set_reads(client, wanted)
        wait_s = await self._again(book, seen)
        if wait_s > 0:
            return wait_s
        reads = await self._api.reads(client)
        if reads is None or reads.available != wanted:
            return 0.0
        return await self._agree(book, reads, seen)

    def _count_rollback(self, book: Book, reads: ClientReads, seen: _Watched) -> None:
        """Count a number that was seen and is gone: a metered call has undone it."""
        if book.want == seen.agreed:
            self._metrics.count("billing_rollback_healed")
            log.info("ledger.rollback_healed", client=book.client, found=reads.available)

    async def _again(self, book: Book, seen: _Watched) -> float:
        wait_s = REWRITE.wait_s(seen.writes)
        seen.writes += 1
        if seen.writes > 1:
            await self._telling.soothe(book.client)
        return wait_s

    async def _agree(self, book: Book, reads: ClientReads, seen: _Watched) -> float | None:
        """Note that the API has what it should, return Stars, tell it, and watch for a while."""
        now = self._books.now.timestamp()
        seen.writes, seen.agreed = 0, book.want
        new = [
            charge
            for charge in book.charges
            if charge.is_paid and charge.state is PaymentState.SEEN
        ]
        applied, payments = await self._apply(book, new)
        if new:
            seen.looks = 0
        seen.looks += 1
        if seen.looks == 1:
            seen.first_good = now
        if seen.looks > len(WATCH_S) and now - seen.first_good >= sum(WATCH_S) - 1:
            applied |= await self._settle(book)
        watch_s = WATCH_S[min(seen.looks, len(WATCH_S)) - 1]
        return await self._finish(book.plus(applied), reads, watch_s, payments)

    async def _apply(
        self, book: Book, new: Sequence[BookedCharge]
    ) -> tuple[dict[str, str], Mapping[str, Payment]]:
        """Note that reads were seen; return the facts, and the payments that they are of."""
        if not new:
            return {}, {}
        facts = [f"applied:{charge.charge}" for charge in new]
        adding = [self._books.add(book.client, fact, self._books.stamp) for fact in facts]
        stand, payments = await asyncio.gather(
            asyncio.gather(*adding), self._books.payments(book.client, new)
        )
        return dict(zip(facts, stand, strict=True)), payments

    async def _settle(self, book: Book) -> dict[str, str]:
        settled = {}
        for charge in book.charges:
            if charge.state is PaymentState.APPLIED:
                fact = f"settled:{charge.charge}"
                settled[fact] = await self._books.add(book.client, fact, self._books.stamp)
        return settled

    async def _finish(
        self,
        book: Book,
        reads: ClientReads | None,
        watch_s: float = 0.0,
        payments: Mapping[str, Payment] = MappingProxyType({}),
    ) -> float | None:
        """Carry out refunds that are due, and tell what is owed.

        A refund that waits holds up no word about anything else.

        Args:
            book: It agrees with the GET: whose reads it has taken back, the API no longer has.
            reads: What the GET has shown; None without a client.
            watch_s: When to look again, while something of the book is open.
            payments: Some of the book's, read already.

        Raises:
            RefundPutOff: Stars could not be returned now; all that is owed was told.

        """
        put_off: RefundPutOff | None = None
        try:
            is_changed = await self._refunds.carry_out(book)
        except RefundPutOff as error:
            put_off, is_changed = error, True
        if is_changed:
            book = await self._books.book(book.client)
        left = reads.left if reads else None
        is_told = await self._telling.pay_up(book, left, payments, put_off=put_off is not None)
        if put_off is not None:
            raise put_off
        if not is_told:
            return UNTOLD_S
        if is_changed:
            return 0.0
        wait_s = self._refunds.wait_s(book)
        if wait_s is not None:
            return wait_s
        return watch_s if book.is_open() and reads is not None else None

    async def _miss(self, book: Book, seen: _Watched) -> float | None:
        """Believe that there is no such client only when the API says so again, a minute later."""
        now = self._books.now.timestamp()
        seen.looks = 0
        if not book.is_open():
            return await self._finish(book, None)
        if seen.missing_since is None:
            seen.missing_since = now
        if now - seen.missing_since < MISSING_S:
            return seen.missing_since + MISSING_S - now
        for charge in book.charges:
            if charge.is_paid and charge.state is PaymentState.SEEN:
                await self._refunds.begin(book.client, charge, RefundReason.CLIENT_GONE)
                log.error("ledger.undeliverable", client=book.client, charge=charge.charge)
        return await self._finish(await self._books.book(book.client), None)
