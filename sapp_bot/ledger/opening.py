"""Opens the ledger that the store holds, begins a first one, or finds out that one was lost.

The epoch is the store's word for "this ledger, and whole": "NAME STATE". It is written first of
all, once, and every later write checks its name (a restore gives it another one, so that whoever
works meanwhile finds out). No epoch, though Telegram knows of payments, means
that the store was emptied: then the API already has reads that no book explains, and crediting
Telegram's list would count them twice. STATE is `whole`; `recovering` after the restore of a
backup, until Telegram's list is read to its end; `adopting` while an operator's adoption runs.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress

import structlog

from sapp_bot.errors import LedgerLost, SappBotError
from sapp_bot.values import dataclass

from .acceptance import Acceptance
from .books.repository import Books, Cursor
from .errors import NothingToAdopt
from .lacks import note_lacks
from .ports import LedgerStars, ReadsApi
from .reconciler import PAGE, is_open
from .values import STRAYS, Direction

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AdoptReport:
    """What an adoption has taken over.

    Attributes:
        rows: Rows of Telegram's list, payments and refunds; all count as settled.
        short: By client, the reads that its invoices promise and the API does not have: a payment
            of the hours in which the ledger was lost. `LedgerOperator.lacking` lists them.

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

        It notes how far it has come, page by page: when it is interrupted, adopt again, and it
        goes on from there. Only from there: how far the lost ledger had read says nothing, as
        books may be gone that it had.

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
        with suppress(SappBotError):  # what is left is noted when its client is looked at
            for client in short:
                await note_lacks(self._books, await self._books.book(client))
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
            await self._books.ground(book)

    async def _has_payments(self) -> bool:
        offset = 0
        while page := await self._stars.transactions(offset, PAGE):
            if any(row.payload and row.direction is Direction.PAID for row in page):
                return True
            offset += len(page)
        return False

    async def _take_over(self) -> int:
        """Book all rows from where an earlier try came to; return how many there are."""
        cursor, may_move = await self._books.adopted(), True
        offset = cursor.rows
        while page := await self._stars.transactions(offset, PAGE):
            for row in page:
                await self._acceptance.accept(row, adopts=True)
                may_move = may_move and not is_open(row, self._books.now)
                if may_move:
                    cursor = Cursor(cursor.rows + 1, row.charge)
            await self._books.note_adopted(cursor)
            offset += len(page)
        await self._books.move_cursor(cursor)
        books = [await self._books.book(client) for client in await self._books.clients()]
        charges = [charge for book in books for charge in book.charges if charge.is_paid]
        return len(charges) + sum(bool(charge.out) for charge in charges)

    async def _short(self) -> dict[int, int]:
        found = await self._api.all_reads()
        for client in await self._books.clients():
            if client in found:
                # What is short is told by this number, so it is this one that counts from now on.
                await self._books.add(client, "base", str(found[client].available))
        return await short_of(self._books)


async def short_of(books: Books) -> dict[int, int]:
    """Return by client the reads that adopted payments promise and the client does not have."""
    found = [await books.book(client) for client in await books.clients()]
    return {book.client: book.lacks for book in found if book.lacks > 0}
