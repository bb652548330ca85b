"""Compares all clients with their books, now and then for ever: a call that hung may end late."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import LedgerLost, SappBotError
from sapp_bot.values import dataclass

from .books.repository import DAY_S, Books
from .ports import ReadsApi
from .values import STRAYS
from .work.alarms import Alarms

OFTEN_S = 600.0
"""How often, in seconds, for a day after the last payment or difference."""

SELDOM_S = 3600.0

AGAIN_S = 60.0
"""When one that failed is tried again, in seconds."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How many clients agree with their books, differ, have no book's base yet, or are missing."""

    agree: int = 0
    differ: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is to be done."""
        return not self.differ


class Audit:
    """Looks at all clients at once, and has those looked at that differ."""

    def __init__(
        self,
        books: Books,
        api: ReadsApi,
        clock: Clock,
        wake: Callable[[int], None],
        alarms: Alarms,
    ) -> None:
        self._books = books
        self._alarms = alarms
        self._api = api
        self._clock = clock
        self._wake = wake
        self._busy_until = 0.0

    def payment_seen(self) -> None:
        """Look more often for a day."""
        self._busy_until = self._clock.now().timestamp() + DAY_S

    async def look(self) -> AuditReport:
        """Compare all clients that were ever paid for.

        Raises:
            SappBotError: the API or the store could not be asked.

        """
        found = await self._api.all_reads()
        agree, differ, missing = 0, [], []
        for client in await self._books.clients():
            if client == STRAYS:
                continue
            book = await self._books.book(client)
            if client not in found:
                missing.append(client)
                if book.is_open():
                    self._wake(client)
            elif book.base is not None and book.want == found[client].available:
                agree += 1
                if book.is_open():
                    self._wake(client)
            else:
                differ.append(client)
                self._wake(client)
        await self._alarms.goes_on("audit")
        if differ:
            self.payment_seen()
        log.info("ledger.audited", agree=agree, differ=len(differ), missing=len(missing))
        return AuditReport(agree, tuple(differ), tuple(missing))

    async def run(self) -> NoReturn:
        """Look now and then, until cancelled.

        Raises:
            LedgerLost: the store has lost the ledger.

        """
        has_failed = False
        while True:
            is_busy = self._clock.now().timestamp() < self._busy_until
            pause_s = OFTEN_S if is_busy else SELDOM_S
            await self._clock.sleep(AGAIN_S if has_failed else pause_s)
            has_failed = True
            try:
                await self.look()
                has_failed = False
            except LedgerLost:
                raise
            except SappBotError as error:
                log.warning("ledger.unaudited", reason=str(error))
                await self._alarms.stalls("audit", error)
            except Exception as error:  # a border: the next audit may be better
                log.error("ledger.audit_failed", exc_info=error)  # noqa: TRY400  # given
