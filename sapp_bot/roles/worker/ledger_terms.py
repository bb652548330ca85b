"""Keeps the ledger in one worker at a time, by terms: each has a ledger of its own, and its end.

A worker whose term is over has no say any more: each write of its ledger asks in Redis whether the
term stands (`store.roles.kept_ledger`), and so it does before each thing that it asks of the API
and of Telegram. What a process that stood still sends after that question, in the blink of an eye,
does no harm, because both are made so: reads are set to an absolute number, which the next keeper
looks at again, and Telegram returns the Stars of a charge once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NoReturn, Protocol

import structlog

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.domain.ports import Clock
from sapp_bot.errors import KeeperReplaced, SappBotError, StoreAway
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.notices import Notice
from sapp_bot.ledger.ports import LedgerStars, NoticeListener, ReadsApi
from sapp_bot.ledger.values import LedgerMode, RefundAnswer, StarsRecord
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.store.roles.kept_ledger import Keeping

log = structlog.get_logger(__name__)

RENEW_S = 1.0
"""How often it is shown that the keeper lives, in seconds; `kept_ledger.LASTS_S` outlives four."""

CHANGED_S = 0.1
"""How soon it is shown that the ledger does something else, in seconds."""

Check = Callable[[], Awaitable[None]]
"""Raises `KeeperReplaced` when the term is over."""


class TermStore(Protocol):
    """Who keeps the ledger: `store.roles.kept_ledger.Terms`."""

    worker: str

    async def begin(self, keeping: Keeping) -> bool:
        """Begin a term; False while another one stands."""

    async def renew(self, keeping: Keeping) -> bool:
        """Show that the keeper lives; False when its term is over."""

    async def end(self, term: str) -> None:
        """End a term, if it stands still."""


class LedgerTerms:
    """Keeps the ledger whenever nobody else does.

    Attributes:
        ledger: The one that is kept here, None while another worker keeps it.

    Args:
        terms: Who keeps it.
        make: Returns a new ledger for a term.
        look_again: Called with each client that an ended ledger was looking at.
        clock: Times the tries.
        metrics: Tells that nothing is held here any more.

    """

    def __init__(
        self,
        terms: TermStore,
        make: Callable[[str], Ledger],
        look_again: Callable[[int], Awaitable[None]],
        clock: Clock,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._terms = terms
        self._make = make
        self._look_again = look_again
        self._clock = clock
        self._metrics = metrics
        self.ledger: Ledger | None = None

    async def run(self) -> NoReturn:
        """Keep the ledger for ever, one term after another, with those of other workers between.

        Raises:
            AlreadyRunning: a bot in one process has taken over the account.

        """
        while True:
            term = f"{self._terms.worker}/{secrets.token_hex(4)}"
            if await self._asked(self._terms.begin, Keeping(term, LedgerMode.STARTING.value)):
                await self._keep(term)
            await self._clock.sleep(RENEW_S)

    async def _keep(self, term: str) -> None:
        """Keep the ledger until the term is over."""
        log.info("ledger.kept")
        ledger = self.ledger = self._make(term)
        working = asyncio.ensure_future(ledger.run())
        try:
            await self._while_it_stands(term, ledger, working)
        finally:
            self.ledger = None
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await self._leave(term, ledger)

    async def _while_it_stands(
        self, term: str, ledger: Ledger, working: asyncio.Future[NoReturn]
    ) -> None:
        loop = asyncio.get_running_loop()
        shown, due = LedgerMode.STARTING, loop.time() + RENEW_S
        while not working.done():
            await asyncio.wait({working}, timeout=CHANGED_S)
            if loop.time() < due and ledger.mode is shown:
                continue
            mode, due = ledger.mode, loop.time() + RENEW_S
            try:
                if not await self._terms.renew(Keeping(term, mode.value)):
                    break
            except StoreAway:
                continue  # nobody writes now, and who is replaced finds out
            if mode is not shown and mode is LedgerMode.OPEN:
                log.info("ledger.sells")  # whoever is asked says so from now on
            shown = mode
        error = working.exception() if working.done() and not working.cancelled() else None
        if error is not None and not isinstance(error, KeeperReplaced):
            log.error("ledger.failed", exc_info=error)
        log.warning("ledger.kept_no_more", hint="this worker stood still, or Redis did")

    async def _leave(self, term: str, ledger: Ledger) -> None:
        """Have another worker begin at once, with what was cut off here."""
        self._metrics.gauge("payments_held", 0)  # else a number that nobody changes would stand
        try:
            await self._terms.end(term)
            for client in ledger.cut_off:
                await self._look_again(client)
        except SappBotError as error:  # the term ends by itself, and all is looked at now and then
            log.info("ledger.not_handed_on", reason=str(error))

    async def _asked(self, call: Callable[[Keeping], Awaitable[bool]], keeping: Keeping) -> bool:
        try:
            return await call(keeping)
        except StoreAway:
            return False


class CheckedApi:
    """Implements `ledger.ports.ReadsApi`: sets reads only while the term stands.

    Args:
        api: The reads.
        check: Sees that it does.

    """

    def __init__(self, api: ReadsApi, check: Check) -> None:
        self._api = api
        self._check = check

    async def reads(self, client: int) -> ClientReads | None:
        """Return the reads of a client."""
        return await self._api.reads(client)

    async def all_reads(self) -> Mapping[int, ClientReads]:
        """Return the reads of all clients."""
        return await self._api.all_reads()

    async def set_reads(self, client: int, reads: int) -> None:
        """Set the reads ever made available."""
        await self._check()
        await self._api.set_reads(client, reads)

    async def add_reads(self, client: int, reads: int) -> None:
        """Add reads, or take them away."""
        await self._check()
        await self._api.add_reads(client, reads)


class CheckedStars:
    """Implements `ledger.ports.LedgerStars`: returns Stars only while the term stands.

    Args:
        stars: The bot's Stars.
        check: Sees that it does.

    """

    def __init__(self, stars: LedgerStars, check: Check) -> None:
        self._stars = stars
        self._check = check

    async def transactions(self, offset: int, limit: int) -> Sequence[StarsRecord]:
        """Return rows of Telegram's list."""
        return await self._stars.transactions(offset, limit)

    async def find(self, charge: str) -> StarsRecord | None:
        """Return the payment of a charge."""
        return await self._stars.find(charge)

    async def refund(self, user: int, charge: str) -> RefundAnswer:
        """Return all Stars of a payment."""
        await self._check()
        return await self._stars.refund(user, charge)


class CheckedListener:
    """Implements `ledger.ports.NoticeListener`: tells nothing once the term is over.

    Args:
        listener: Tells.
        check: Sees that it stands.

    """

    def __init__(self, listener: NoticeListener, check: Check) -> None:
        self._listener = listener
        self._check = check

    async def tell(self, notice: Notice) -> None:
        """Take a notice."""
        await self._check()
        await self._listener.tell(notice)
