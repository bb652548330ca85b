"""The ledger as each worker has it: one of them keeps it, any of them may be asked.

    payment    booked by whoever handles it (one fact, named by the charge, the same whoever writes
               it), with the mark of work that the keeper finds half a second later
    order,     decided by whoever is asked, from what Redis says of the keeper, of holds and pauses
    checkout
    receipts   read from Redis by whoever is asked
    acts       a refund, a grant and the like decide by what they read, so they are the keeper's,
               one at a time for each client: another worker sends them there (`ledger_acts`)

The keeper's own ledger is another object, made anew for each term (`ledger_terms`): nothing that it
remembers, and nothing that it began, outlives the term.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NoReturn, Protocol

import structlog

from sapp_bot.domain.checkout_refusal import CheckoutRefusal
from sapp_bot.errors import KeeperReplaced, SappBotError, StoreAway, TelegramAway
from sapp_bot.ledger.audit import AuditReport
from sapp_bot.ledger.books.difference import ReadsDifference
from sapp_bot.ledger.checkout import CheckoutQuery
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.opening import AdoptReport
from sapp_bot.ledger.operators import LedgerOperator, LedgerStatus
from sapp_bot.ledger.refunds import AskedRefund
from sapp_bot.ledger.values import DeliveryHold, LedgerMode, StarsRecord
from sapp_bot.observability.metrics import NO_METRICS
from sapp_bot.store.roles.kept_ledger import Keeping, KeptLedger
from sapp_bot.values import replace

from .ledger_acts import (
    AdoptLedger,
    AskRefund,
    AuditClients,
    FixReads,
    GiveLacking,
    GiveReads,
    LedgerAct,
    ReadList,
    ReturnStars,
    answer_of,
    perform,
    write_act,
)
from .ledger_terms import CheckedApi, CheckedListener, CheckedStars, LedgerTerms, TermStore

log = structlog.get_logger(__name__)

ACT_S = 12.0
"""Seconds for an act, with the time in which one keeper follows another: less than a handler may
take by default (`SAPP_HANDLER_LIMIT_S`), so that people hear that the ledger changes hands."""

LOOK_S = 1.0
"""How often is looked whether the keeper that was asked is still the keeper, in seconds."""

WHOLE = "whole"
"""State of an epoch whose ledger is neither lost nor being restored."""


class SharedTerms(TermStore, Protocol):
    """Who keeps the ledger, and with what: `store.roles.kept_ledger.Terms`."""

    def kept(self, term: str) -> KeptLedger:
        """Return the ledger's store for a term."""

    async def stands(self) -> Keeping | None:
        """Return who keeps the ledger now; None if nobody does."""


AskWorker = Callable[[str, str, float], Awaitable[str]]
"""Sends an act to a worker, by its name, and returns its answer within some seconds."""


class SharedLedger(Ledger):
    """`Ledger` of one worker of several; `run` keeps it whenever no other worker does.

    Args:
        terms: Who keeps it.
        ask: Asks another worker.
        parts: As of `Ledger`; `store` is one that asks for no term.

    """

    def __init__(self, *, terms: SharedTerms, ask: AskWorker, **parts: Any) -> None:
        super().__init__(**parts)
        self._parts = parts
        self._terms = terms
        self._ask = ask
        metrics = parts.get("metrics", NO_METRICS)
        self._keeping = LedgerTerms(terms, self._kept, self._look_again, self._clock, metrics)
        self._state = ""
        self.operator = self._make_operator(partial(SharedOperator, self.do))

    @property
    def kept(self) -> Ledger | None:
        """The keeper's ledger, if that is this worker."""
        return self._keeping.ledger

    def _kept(self, term: str) -> Ledger:
        """Make the keeper's ledger for a term."""
        store, parts = self._terms.kept(term), self._parts
        checked = {
            "store": store,
            "api": CheckedApi(parts["api"], store.check),
            "stars": CheckedStars(parts["stars"], store.check),
            "listener": CheckedListener(parts["listener"], store.check),
        }
        return Ledger(**{**parts, **checked}, is_shared=True)

    async def _look_again(self, client: int) -> None:
        """Have the next keeper look at a client."""
        await self._look_around()  # nobody may have asked this worker anything yet
        await self._books.mark_dirty(client)

    async def run(self) -> NoReturn:
        """Keep the ledger whenever no other worker does, until cancelled.

        Raises:
            AlreadyRunning: a bot in one process has taken over the account.

        """
        await self._keeping.run()

    # What Redis says

    async def _look_around(self) -> None:
        """Learn what the keeper does, and which ledger there is.

        Raises:
            StoreAway: the store could not be asked.

        """
        keeping, epoch = await asyncio.gather(self._terms.stands(), self._books.store.epoch())
        name, _, self._state = epoch.partition(" ")
        if self._state == WHOLE and name != self._books.epoch:
            self._books.believe(epoch)
        mode = LedgerMode.STARTING if keeping is None else LedgerMode(keeping.mode)
        # Another one was put there since the keeper has looked: it will, in a moment.
        is_sure = mode is not LedgerMode.OPEN or self._state == WHOLE
        self.mode = mode if is_sure else LedgerMode.STARTING

    async def is_lost(self) -> bool:
        """Return whether the store has lost the ledger, as the keeper has found.

        Raises:
            StoreAway: the store could not be asked, or nobody has looked yet whether it is lost.

        """
        await self._look_around()
        if not self._state and self.mode is LedgerMode.STARTING:
            raise StoreAway("there is no ledger, and no keeper has found out why")
        return self.mode is LedgerMode.LOST

    async def is_selling(self) -> bool:
        """Return whether orders can be made and paid now."""
        await self._look_around()
        return await super().is_selling()

    async def decide(self, query: CheckoutQuery) -> CheckoutRefusal | None:
        """Return within 6 s why a pre-checkout query is refused, None to let it through."""
        try:
            await self._look_around()
        except SappBotError as error:
            log.warning("ledger.checkout_refused", reason=str(error))
            return CheckoutRefusal.PAUSED
        return await super().decide(query)

    async def _hold_of(self, client: int) -> DeliveryHold | None:
        return await self._books.hold_of(client)

    # What is written here

    async def receive(self, row: StarsRecord) -> bool:
        """Book a payment or refund that an update tells of; never fails.

        Returns:
            Whether it is durable: the keeper goes on with it. If not, give it again.

        """
        try:
            await self._look_around()
            if self._state != WHOLE:
                return False  # the keeper reads Telegram's list first
            client = await self._acceptance.accept(row)
        except SappBotError as error:
            log.warning("ledger.not_accepted", reason=str(error))
            return False
        if client is not None:
            self.wake(client)
        return True

    def wake(self, client: int) -> None:
        """Have the keeper work on a client, at once if that is this worker."""
        if self.kept is not None:
            self.kept.wake(client)  # else its mark tells the keeper

    async def _checkout_begun(self) -> None:
        try:
            await self._books.note_checkout()
        except SappBotError as error:  # the list is read every minute, too
            log.info("ledger.checkout_unnoted", reason=str(error))

    # What the keeper does

    async def ask_refund(self, charge: str, *, user: int) -> AskedRefund:
        """Begin the refund that a person asks for; raises as `Ledger.ask_refund`."""
        found: AskedRefund = await self.do(AskRefund(charge, user))
        return found

    async def do(self, act: LedgerAct) -> Any:
        """Have the keeper do something, whoever that is; return and raise as it does.

        Raises:
            KeeperReplaced: nobody has kept the ledger for long enough: it may be done all the same.

        """
        loop = asyncio.get_running_loop()
        until = loop.time() + ACT_S
        while True:
            try:
                return await self._try(act, until - loop.time())
            except KeeperReplaced:
                if loop.time() + LOOK_S >= until:
                    raise
            await self._clock.sleep(LOOK_S)

    async def _try(self, act: LedgerAct, within_s: float) -> Any:
        kept = self.kept
        if kept is not None:
            return await perform(kept, act)
        keeping = await self._terms.stands()
        if keeping is None:
            raise KeeperReplaced("nobody keeps the ledger yet")
        asking = asyncio.ensure_future(self._ask(keeping.worker, write_act(act), within_s))
        try:
            while not (await asyncio.wait({asking}, timeout=LOOK_S))[0]:
                stands = await self._terms.stands()
                if stands is None or stands.term != keeping.term:
                    raise KeeperReplaced("the keeper that was asked is gone")
            return answer_of(act, asking.result())
        except TelegramAway as error:
            raise KeeperReplaced("the keeper has not answered") from error
        finally:
            asking.cancel()


class SharedOperator(LedgerOperator):
    """`LedgerOperator` of one worker of several: what decides by what it reads, the keeper does.

    Args:
        do: Has the keeper do something.
        parts: As of `LedgerOperator`.

    """

    def __init__(self, do: Callable[[LedgerAct], Awaitable[Any]], **parts: Any) -> None:
        super().__init__(**parts)
        self._do = do

    @property
    def holds(self) -> Mapping[int, DeliveryHold]:
        """Nothing: what is held, the keeper knows; `status` tells."""
        return {}

    async def refund(self, charge: str) -> None:
        """Begin a refund; raises as `LedgerOperator.refund`, as the others do as theirs."""
        await self._do(ReturnStars(charge))

    async def gift(self, client: int, reads: int, *, key: str) -> int:
        """Give a client reads, or take some; return what it then has."""
        given: int = await self._do(GiveReads(client, reads, key))
        return given

    async def give_lacking(self, charge: str) -> int:
        """Give the reads that an adopted payment lacks; return what its client then has."""
        given: int = await self._do(GiveLacking(charge))
        return given

    async def fix(
        self,
        client: int,
        *,
        keep: bool,
        adds_returned: bool = False,
        seen: int | None = None,
        key: str = "",
    ) -> ReadsDifference:
        """End the hold of a client whose reads nobody can explain."""
        about: ReadsDifference = await self._do(FixReads(client, keep, adds_returned, seen, key))
        return about

    async def adopt(self) -> AdoptReport:
        """Take all of Telegram's list for settled."""
        report: AdoptReport = await self._do(AdoptLedger())
        return report

    async def reconcile(self) -> int:
        """Read Telegram's list now; return the rows that were new."""
        rows: int = await self._do(ReadList())
        return rows

    async def audit(self) -> AuditReport:
        """Compare all clients with their books now."""
        report: AuditReport = await self._do(AuditClients())
        return report

    async def status(self, mode: LedgerMode) -> LedgerStatus:
        """Return what an operator wants to know; reads every book."""
        status = await super().status(mode)
        holds, marks = await self._books.holds(), await self._books.marks()
        return replace(status, holds=list(holds.values()), waiting=len(marks))
