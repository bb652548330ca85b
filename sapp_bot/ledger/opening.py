"""Opens the ledger that the store holds, begins a first one, or finds out that one was lost.

The epoch is the store's word for "this ledger, and whole": "NAME STATE". It is written first of
all, once, and every later write checks its name. No epoch, though Telegram knows of payments, means
that the store was emptied: then the API already has reads that no book explains, and crediting
Telegram's list would count them twice. STATE is `whole`; `recovering` after the restore of a
backup, until Telegram's list is read to its end; `adopting` while an operator's adoption runs.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.errors import LedgerLost

from .acceptance import Acceptance
from .books.book import Book
from .books.repository import Books
from .errors import NothingToAdopt
from .ports import LedgerStars, ReadsApi
from .reconciler import PAGE
from .values import STRAYS, Direction

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AdoptReport:
    """What an adoption has taken over.

    Attributes:
        rows: Rows of Telegram's list, payments and refunds; all count as settled.
        short: By client, the reads that its invoices promise and the API does not have: a payment
            of the hours in which the ledger was lost. Give them with `Ledger.gift`.

    """

    rows: int
    short: Mapping[int, int]


class Opening:
    """Finds out what the store holds."""

    def __init__(
        self, books: Books, acceptance: Acceptance, stars: LedgerStars, api: ReadsApi
    ) -> None:
        self._books = books
        self._acceptance = acceptance
        self._stars = stars
        self._api = api

    async def open(self) -> bool:
        """Open the ledger, or begin the first one; return False when it is lost.

        Raises:
            SappBotError: the store or Telegram could not be asked: nothing was opened.

        """
        epoch = await self._books.store.epoch()
        if not epoch:
            if await self._has_payments():
                return False
            epoch = await self._books.store.change_epoch("", f"{secrets.token_hex(8)} whole")
            log.info("ledger.begun")
        if epoch.endswith(" adopting"):
            return False
        self._books.believe(epoch)
        if self._books.mark == "recovered":
            await self._ground()
        return True

    @property
    def is_recovering(self) -> bool:
        """Whether Telegram's list must be read before anything is credited."""
        return self._books.mark == "recovered"

    async def complete(self) -> None:
        """Note that Telegram's list was read to its end: a recovery is over.

        Raises:
            LedgerLost: another epoch stands.
            SappBotError: the store could not be asked.

        """
        name = self._books.epoch
        if not self.is_recovering:
            return
        stands = await self._books.store.change_epoch(f"{name} recovering", f"{name} whole")
        if stands.split(" ")[0] != name:
            raise LedgerLost("another ledger was put in the place of this one")
        self._books.believe(stands)
        log.info("ledger.recovered")

    async def adopt(self) -> AdoptReport:
        """Take all that Telegram knows of for settled, and begin a new ledger with it.

        Ends where it was, when it is interrupted: adopt again.

        Raises:
            NothingToAdopt: the ledger is there.
            SappBotError: the store, Telegram or the API could not be asked.

        """
        store = self._books.store
        epoch = await store.epoch() or f"{secrets.token_hex(8)} adopting"
        epoch = await store.change_epoch("", epoch)
        if not epoch.endswith(" adopting"):
            raise NothingToAdopt
        self._books.believe(epoch)
        rows = await self._take_over()
        short = await self._short()
        name = self._books.epoch
        await self._books.note("adopted", rows=rows)
        self._books.believe(await store.change_epoch(f"{name} adopting", f"{name} whole"))
        return AdoptReport(rows, short)

    async def _ground(self) -> None:
        """Note what was written after a backup for the payments that are in it."""
        for client in await self._books.clients():
            book = await self._books.book(client)
            bases = [c.base for c in book.charges if c.base is not None and c.mark != "adopted"]
            if client == STRAYS or (book.base is None and not bases):
                continue
            if book.base is None:
                # The client's row may have the payments already: only their invoices tell.
                await self._books.add(client, "base", str(min(bases)))
                book = await self._books.book(client)
            await self._books.add(client, f"wrote:{book.all_taken(0).want}")

    async def _has_payments(self) -> bool:
        offset = 0
        while page := await self._stars.transactions(offset, PAGE):
            if any(row.payload and row.direction is Direction.PAID for row in page):
                return True
            offset += len(page)
        return False

    async def _take_over(self) -> int:
        offset = rows = 0
        while page := await self._stars.transactions(offset, PAGE):
            for row in page:
                rows += await self._acceptance.accept(row) is not None
            offset += len(page)
        return rows

    async def _short(self) -> dict[int, int]:
        found = await self._api.all_reads()
        books = [await self._books.book(client) for client in await self._books.clients()]
        missing = {book.client: _missing(book, found) for book in books if book.client != STRAYS}
        return {client: reads for client, reads in missing.items() if reads > 0}


def _missing(book: Book, found: Mapping[int, ClientReads]) -> int:
    """Return how many reads the invoices promise beyond what the API has."""
    paid = [charge for charge in book.charges if charge.is_paid]
    if book.client not in found or not paid:
        return 0
    base = min(charge.base or 0 for charge in paid)
    kept = sum(charge.reads for charge in paid if not charge.out)
    return base + kept - found[book.client].available
