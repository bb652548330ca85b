"""Reads Telegram's own list of transactions: what no update has brought is found there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import LedgerLost, SappBotError
from sapp_bot.values import dataclass

from .acceptance import Acceptance
from .books.repository import Books, Cursor
from .ports import LedgerStars
from .values import StarsRecord
from .work.alarms import Alarms

PAGE = 100
"""Rows asked for at once. Source: https://core.telegram.org/bots/api#getstartransactions."""

EVERY_S = 60.0
"""How often the list is read, in seconds."""

AFTER_CHECKOUT_S = (5.0, 15.0, 60.0)
"""When it is read after a checkout that was let through, in seconds."""

PENDING = timedelta(days=7)
"""A row that is pending holds the cursor so long; then it is passed by."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The end of one reading: rows that were new, or why it could not be done."""

    number: int = 0
    rows: int = 0
    error: SappBotError | None = None


class Reconciler:
    """Brings the list's rows to the books, from the cursor on."""

    def __init__(
        self,
        books: Books,
        acceptance: Acceptance,
        stars: LedgerStars,
        clock: Clock,
        *,
        wake: Callable[[int], None],
        alarms: Alarms,
    ) -> None:
        self._books = books
        self._acceptance = acceptance
        self._stars = stars
        self._clock = clock
        self._wake = wake
        self._alarms = alarms
        self._asked = asyncio.Event()
        self._rests = asyncio.Event()
        self._turn = asyncio.Lock()
        self._begun = 0
        self._last = _Reading()

    async def read(self) -> int:
        """Read the list from the cursor to its end; return the rows that were new there.

        All who ask while it is being read share the next reading: that one may have passed what
        they look for, and a thousand clients are no reason to read it a thousand times.

        Raises:
            SappBotError: Telegram or the store could not be asked: read again.

        """
        wanted = self._begun + 1
        async with self._turn:
            is_new = self._last.number < wanted
            if is_new:
                self._begun += 1
                self._last = await self._tried(self._begun)
            reading = self._last
        if reading.error is not None:
            raise reading.error
        if is_new:
            await self._alarms.goes_on("list")
        return reading.rows

    async def _tried(self, number: int) -> _Reading:
        try:
            return _Reading(number, await self._read())
        except SappBotError as error:
            return _Reading(number, error=error)

    async def _read(self) -> int:
        """Read once. The cursor moves over a page only when each of its rows is booked."""
        cursor = await self._start()
        offset, may_move, rows = cursor.rows, True, 0
        while True:
            page = await self._stars.transactions(offset, PAGE)
            for row in page:
                client = await self._acceptance.accept(row)
                if client is not None:
                    self._wake(client)
                may_move = may_move and not is_open(row, self._clock.now())
                if may_move:
                    cursor = Cursor(cursor.rows + 1, row.charge)
            if page:
                await self._books.move_cursor(cursor)
            rows += len(page)
            offset += len(page)
            if len(page) < PAGE:
                return rows

    def soon(self) -> None:
        """Read the list 5, 15 and 60 s from now: somebody is paying."""
        for wait_s in AFTER_CHECKOUT_S:
            self._clock.call_later(wait_s, self.now)

    def now(self) -> None:
        """Read the list now: an update could not be booked."""
        self._rests.clear()
        self._asked.set()

    async def idle(self) -> None:
        """Wait until the list is not being read."""
        await self._rests.wait()

    async def run(self) -> NoReturn:
        """Read every minute, and when asked to, until cancelled.

        Raises:
            LedgerLost: the store has lost the ledger.

        """
        while True:
            if not self._asked.is_set():
                self._rests.set()
            timer = self._clock.call_later(EVERY_S, self.now)
            await self._asked.wait()
            timer.cancel()
            self._asked.clear()
            try:
                await self.read()
            except LedgerLost:
                self._rests.set()  # nobody reads it any more
                raise
            except SappBotError as error:
                log.warning("ledger.list_unread", reason=str(error))
                await self._alarms.stalls("list", error)
            except Exception as error:  # a border: the next reading may be better
                log.error("ledger.reading_failed", exc_info=error)  # noqa: TRY400  # given

    async def _start(self) -> Cursor:
        """Return where to go on; the begin, if the list is not the one that was read."""
        cursor = await self._books.cursor()
        if not cursor.rows:
            return cursor
        before: Sequence[StarsRecord] = await self._stars.transactions(cursor.rows - 1, 1)
        if before and before[0].charge == cursor.last:
            return cursor
        # Rows have gone from its begin, or it is another account's: numbers mean nothing then.
        log.warning("ledger.list_moved", rows=cursor.rows)
        return Cursor()


def is_open(row: StarsRecord, now: datetime) -> bool:
    """Return whether a row may still become a payment, so that it has to be read again."""
    return row.is_pending and now - row.at < PENDING
