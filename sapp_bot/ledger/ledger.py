"""The ledger as a whole: what the billing plugin and the operators talk to, and its main loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NoReturn

import structlog

from sapp_bot.domain.checkout_refusal import CheckoutRefusal
from sapp_bot.domain.ports import Clock, Signer
from sapp_bot.errors import KeeperReplaced, LedgerLost, SappBotError
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.retry import Backoff

from .acceptance import Acceptance
from .audit import Audit
from .books.receipts import Receipts
from .books.repository import Books
from .checkout import Checkout, CheckoutQuery
from .delivery import Delivery
from .errors import NotForSale, NotRefundable, losses_in
from .notices import LedgerFoundLost
from .opening import Opening
from .operators import LedgerOperator
from .ports import LedgerStars, LedgerStore, NoticeListener, ReadsApi
from .reconciler import Reconciler
from .refunds import AskedRefund, Refunds
from .telling import Telling
from .values import DeliveryHold, LedgerMode, PackOrder, StarsRecord
from .work.alarms import Alarms
from .work.holds import Holds
from .work.marks import NotedWork
from .work.schedule import Schedule

START = Backoff(first_s=1.0, factor=2.0, longest_s=60.0, jitter=0.1)
"""Waits between tries to open the ledger, while Redis, Telegram or the API are away."""

LOST_S = 30.0
"""How often a lost ledger is looked for: a restore may have brought it back."""

log = structlog.get_logger(__name__)


class Ledger:
    """Keeps what was paid for, and makes the API and Telegram agree with it.

    Attributes:
        mode: What it does at present.
        operator: What operators can do.
        receipts: What was paid, and what became of it.

    Args:
        store: Durable facts.
        api: The clients' reads, as the API's administrator.
        stars: The bot's Stars.
        signer: Signs payloads.
        clock: Time.
        listener: Turns notices into words.
        smallest_pack: Reads of the smallest pack on sale.
        metrics: Counts rollbacks that were healed, and what is held.
        is_shared: Whether other processes book payments and note work, too.

    """

    def __init__(
        self,
        *,
        store: LedgerStore,
        api: ReadsApi,
        stars: LedgerStars,
        signer: Signer,
        clock: Clock,
        listener: NoticeListener,
        smallest_pack: int,
        metrics: Metrics = NO_METRICS,
        is_shared: bool = False,
    ) -> None:
        self.mode = LedgerMode.STARTING
        self._is_shared = is_shared
        self._clock, self._api = clock, api
        self._books = Books(store, clock)
        self._telling = Telling(self._books, listener, clock)
        self.receipts = Receipts(self._books)
        self._alarms = Alarms(self._telling.tell, clock)
        self._acceptance = Acceptance(self._books, signer)
        self._refunds = Refunds(self._books, stars)
        self._checkout = Checkout(self._books, api, signer, self._is_in_doubt)
        self._opening = Opening(self._books, self._acceptance, stars, api)
        self._reconciler = Reconciler(
            self._books, self._acceptance, stars, clock, wake=self.wake, alarms=self._alarms
        )
        self._delivery = Delivery(
            self._books,
            api,
            self._refunds,
            self._telling,
            acceptance=self._acceptance,
            read_list=self._reconciler.read,
            smallest_pack=smallest_pack,
            metrics=metrics,
        )
        holds = Holds(self._books, self._telling, self._alarms, is_shared=is_shared)
        self._schedule = Schedule(self._look, holds, clock, metrics)
        self._audit = Audit(self._books, api, clock, self._schedule.wake, self._alarms)
        self._looked_for, self._tried = asyncio.Event(), asyncio.Event()
        self._sells, self._is_serving = True, False
        self.operator = self._make_operator(LedgerOperator)

    def _make_operator(self, kind: Callable[..., LedgerOperator]) -> LedgerOperator:
        return kind(
            books=self._books,
            api=self._api,
            refunds=self._refunds,
            opening=self._opening,
            reconciler=self._reconciler,
            audit=self._audit,
            schedule=self._schedule,
            reopen=self._reopen,
        )

    # The main loop

    async def run(self) -> NoReturn:
        """Work until cancelled: open, read Telegram's list, audit; then deliver and watch.

        Raises:
            KeeperReplaced: another process keeps the ledger by now.

        """
        tries = 0
        while True:
            try:
                if not await self._open():
                    self._tried.set()
                    tries = 0
                    await self._stay_lost()
                    continue
                tries = 0
                self._tried.set()
                await self._serve()
            except KeeperReplaced:
                raise
            except LedgerLost as error:
                log.error("ledger.lost", reason=str(error))  # noqa: TRY400  # the text says it
            except SappBotError as error:
                log.warning("ledger.not_open", reason=str(error))
                await self._alarms.stalls("start", error)
                tries = await self._rest(tries)
            except Exception as error:  # a border: what is paid must not hang on a fault of ours
                log.error("ledger.failed", exc_info=error)  # noqa: TRY400  # given
                tries = await self._rest(tries)

    async def _rest(self, tries: int) -> int:
        """Wait before the next try to open; return how many there were."""
        self._tried.set()
        await self._clock.sleep(START.wait_s(tries))
        return tries + 1

    async def idle(self) -> None:
        """Wait until it has tried to open, and nothing is read, looked at or due."""
        await self._tried.wait()
        if self.mode is LedgerMode.OPEN:
            await self._reconciler.idle()
        if self._is_serving:
            await self._schedule.idle()

    def _reopen(self) -> None:
        """Try to open now: an operator has adopted what there is."""
        self._tried.clear()
        self._looked_for.set()

    def stop_sales(self) -> None:
        """Refuse checkouts from now on: the process ends. Payments are still accepted."""
        self._sells = False

    async def _open(self) -> bool:
        if self.mode is LedgerMode.OPEN:
            self.mode = LedgerMode.STARTING
        if not await self._opening.open():
            return False
        if self._opening.is_recovering:
            await self._reconciler.read()
            await self._opening.complete()
        for client in await self._books.dirty():
            self._schedule.wake(client)
        if self._is_shared:
            self._schedule.know(await self._books.holds())
        # Who died may have left calls behind that end late: look often after each start.
        self._audit.payment_seen()
        # A whole ledger delivers also while Telegram's list or the audit has to wait.
        await self._prepare()
        return True

    async def _prepare(self) -> None:
        """Read Telegram's list and audit, then sell; the mode stays if that cannot be done.

        Raises:
            LedgerLost: the store has lost the ledger.

        """
        try:
            await self._reconciler.read()
            await self._audit.look()
            clients = await self._books.clients()
        except LedgerLost:
            raise
        except SappBotError as error:
            log.warning("ledger.not_ready", reason=str(error))
            await self._alarms.stalls("start", error)
            return
        await self._alarms.goes_on("start")
        self.mode = LedgerMode.OPEN
        log.info("ledger.open", clients=len(clients))

    async def _get_ready(self) -> NoReturn:
        """Try again until sales are open; what is paid is delivered meanwhile. Then rest."""
        tries = 0
        while self.mode is not LedgerMode.OPEN:  # it has just been tried: wait first
            await self._clock.sleep(START.wait_s(tries))
            await self._prepare()
            tries += 1
        while True:
            await asyncio.get_running_loop().create_future()

    async def _stay_lost(self) -> None:
        """Tell it, and wait for an operator: a restored backup, or an adoption."""
        if self.mode is not LedgerMode.LOST:
            self.mode = LedgerMode.LOST
            log.error("ledger.lost", hint="restore a backup, or adopt what Telegram knows")
            await self._telling.tell(LedgerFoundLost())
        self._looked_for.clear()
        timer = self._clock.call_later(LOST_S, self._looked_for.set)
        await self._looked_for.wait()
        timer.cancel()

    async def _serve(self) -> None:
        """Work until the store has lost the ledger.

        Raises:
            LedgerLost: it has.
            KeeperReplaced: another process keeps it.

        """
        parts: list[Coroutine[Any, Any, NoReturn]] = [
            self._schedule.run(),
            self._get_ready(),
            self._reconciler.run(),
            self._audit.run(),
        ]
        if self._is_shared:
            soon = self._reconciler.soon
            parts.append(NotedWork(self._books, self._clock, self.wake, soon).run())
        tasks = [asyncio.create_task(part) for part in parts]
        self._is_serving = True
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._is_serving = False
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        errors = [end for end in ends if isinstance(end, Exception)]
        losses = [loss for error in errors for loss in losses_in(error)]
        for loss in losses:
            if isinstance(loss, KeeperReplaced):
                raise loss
        if losses:
            raise LedgerLost("the store has lost the ledger, or holds another one")
        for error in errors:
            raise error

    @property
    def cut_off(self) -> Sequence[int]:
        """The clients that were being looked at when `run` ended: what it sent may act late."""
        return self._schedule.cut_off

    async def _hold_of(self, client: int) -> DeliveryHold | None:
        return self._schedule.holds.get(client)

    async def _is_in_doubt(self, client: int) -> bool:
        """Return whether what is paid for a client would wait for an operator."""
        hold = await self._hold_of(client)
        return hold is not None and hold.reason.needs_operator and not hold.reason.is_of_refund

    def wake(self, client: int) -> None:
        """Work on a client that something was booked for."""
        self._audit.payment_seen()
        self._schedule.wake(client)

    async def _look(self, client: int) -> float | None:
        """Look at a client; when all is done it is clean, unless marked again since."""
        with self._telling.soothing(client):
            again_s = await self._delivery.look(client)
        if again_s is not None:
            return again_s
        # Work that was noted since that look began has a newer mark: look again, then clean.
        mark = await self._books.mark_of(client)
        if mark is not None:
            with self._telling.soothing(client):
                again_s = await self._delivery.look(client)
            if again_s is None:
                await self._books.clean(client, mark)
        return again_s

    # Payments

    async def order(self, *, user: int, client: int, reads: int, stars: int) -> PackOrder:
        """Make an order: its `payload`, written by `write_payload`, goes into the invoice.

        Raises:
            NotForSale: sales are stopped, or the client cannot have so many reads.
            SappBotError: the API or the store could not be asked.

        """
        if not await self.is_selling():
            raise NotForSale
        return await self._checkout.order(user=user, client=client, reads=reads, stars=stars)

    async def is_lost(self) -> bool:
        """Return whether the store has lost the ledger; it is asked, so this may be known first.

        Raises:
            StoreAway: the store could not be asked.

        """
        if self.mode is not LedgerMode.OPEN:
            return self.mode is LedgerMode.LOST
        stands = await self._books.store.epoch()
        if stands.partition(" ")[0] == self._books.epoch:
            return False
        self._reconciler.now()  # it finds the same, and ends what is at work
        return True

    async def is_selling(self) -> bool:
        """Return whether orders can be made and paid now."""
        if not self._sells or self.mode is not LedgerMode.OPEN:
            return False
        if await self._books.is_paused():
            return False
        return await self._books.store.is_durable() is True  # in doubt it is not

    async def decide(self, query: CheckoutQuery) -> CheckoutRefusal | None:
        """Return within 6 s why a pre-checkout query is refused, None to let it through."""
        if not self._sells or self.mode is not LedgerMode.OPEN:
            return CheckoutRefusal.PAUSED
        refusal = await self._checkout.decide(query)
        if refusal is None:
            await self._checkout_begun()
        return refusal

    async def _checkout_begun(self) -> None:
        """See that Telegram's list is read when the payment may be in it."""
        self._reconciler.soon()

    async def receive(self, row: StarsRecord) -> bool:
        """Take a payment or refund that an update tells of; never fails.

        Returns:
            Whether it is durable. If not it comes with Telegram's list, which is read at once.

        """
        early = self._acceptance.client_of(row) if self.mode is LedgerMode.OPEN else None
        if early is not None:
            # The look begins with a GET, and reads the book when this is in it.
            self.wake(early)
        try:
            client = await self._acceptance.accept(row)
        except SappBotError as error:
            log.warning("ledger.not_accepted", reason=str(error))
            self._reconciler.now()
            return False
        if client is not None and client != early:
            self.wake(client)
        return True

    async def ask_refund(self, charge: str, *, user: int) -> AskedRefund:
        """Begin the refund that a person asks for, if all reads of the pack are still unused.

        Raises:
            NotRefundable: not theirs, or refunded already.
            SappBotError: the API or the store could not be asked.

        """
        client = await self._books.home_of(charge)
        if client is None:
            raise NotRefundable(reply="There is no such payment.")
        async with self._books.alone(client):
            book = await self._books.book(client)
            reads = await self._api.reads(client) if client else None
            await self._books.mark_dirty(client)
            try:
                return await self._refunds.ask(charge, user, reads, book)
            finally:
                self._schedule.wake(client)
