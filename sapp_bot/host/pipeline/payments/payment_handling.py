"""Hands payments and refunds to the plugin that sells, again and again until it has taken them.

A payment that is stored is not taken out of the store before its handler has ended well: while the
plugin is off, or fails, the payment waits there, and the person is told once that it is safe.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

import structlog

from sapp_bot.domain.ports import Clock, Commit, TelegramPort
from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import PaymentReceived, PaymentRefunded, PaymentUpdate, Update
from sapp_bot.errors import TelegramError
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.pipeline.invoke import Invoker, ReadPersonState
from sapp_bot.host.pipeline.runner import ReplyQueue
from sapp_bot.host.routing.registry import PaymentRoutes, PluginRegistry, RoutingTable
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import Languages, choose
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.retry import Backoff, until_store_answers
from sapp_bot.values import dataclass, replace

log = structlog.get_logger(__name__)

LONGEST_HOLD_S = 60.0
"""Longest wait between two tries of one payment."""

PAYMENT_BACKOFF = Backoff(first_s=1.0, factor=4.0, longest_s=LONGEST_HOLD_S)
"""Waits between the tries of one payment; they go on for ever. Fewer than five in a minute, after
which the plugin would rest: one payment that fails must not take the whole shop away."""

_SAFE = "Your payment has arrived and is safe. What you paid for follows by itself."


class Parking(Protocol):
    """Counts a person's queue as idle while its payment waits: `InboxWorker.parked`."""

    def __call__(self, person: int) -> AbstractContextManager[None]:
        """Return a context in which the person's queue counts as idle."""


@dataclass(frozen=True, slots=True)
class PaymentHandlingDeps:
    """Dependencies of the handling of payments.

    Attributes:
        registry: Holds the current routing table.
        invoker: Returns the invoker of a turn.
        read_person_state: Reads a person's stored state, by Telegram user id.
        replies: Sends the notice that a payment is safe.
        settings: Settings of the host.
        clock: Times the tries.
        failed: Called with a plugin's name and the error that its handler raised.
        ended_process: Called with the plugin whose code has ended the process.
        metrics: Counts payments.

    """

    registry: PluginRegistry
    invoker: Callable[[Turn, RoutingTable], Invoker]
    read_person_state: ReadPersonState
    replies: ReplyQueue
    settings: HostSettings
    clock: Clock
    failed: Callable[[str, BaseException], None]
    ended_process: Callable[[str], None]
    metrics: Metrics = NO_METRICS


class PaymentHandling:
    """Handler of all payments and refunds, one of each person at a time.

    Attributes:
        parked: Set by the owner of the queues, before the first payment.

    """

    def __init__(self, deps: PaymentHandlingDeps) -> None:
        self._deps = deps
        self.parked: Parking

    async def handle(
        self,
        update: Update,
        person_state: PersonState,  # noqa: ARG002  # the protocol's signature
        *,
        again: bool = False,
    ) -> Commit:
        """Handle a payment or a refund; returns when the plugin has taken it.

        Args:
            update: The payment or refund.
            person_state: Ignored: it is read anew at each try, as a try may be hours later, and
                the person's other updates are handled meanwhile.
            again: Whether an earlier process may have handled it already.

        Returns:
            What the handler said and kept. The person's state stays as it is: the queue of their
            messages changes it.

        """
        assert isinstance(update, PaymentUpdate)  # noqa: S101  # the queues of payments hold no other
        retry = 0
        while (commit := await self._attempt(update, again=again)) is None:
            if not retry:
                await self._tell_it_is_safe(update)
            await self._hold(update, PAYMENT_BACKOFF.wait_s(retry), retry=retry)
            retry, again = retry + 1, True
        kind = type(update).__name__
        self._deps.metrics.count("payments", kind=kind)
        self._deps.metrics.count("payment_stars", update.stars, kind=kind)
        return commit

    async def give_up(self, update: Update, person_state: PersonState) -> Commit:
        """Handle a payment that has ended several processes, once its plugin has rested.

        It is never ended unhandled, as a message would be: it was paid for.
        """
        assert isinstance(update, PaymentUpdate)  # noqa: S101  # as above
        routes = self._deps.registry.table.payments
        plugin = routes.plugin if routes is not None else ""
        log.error("payment.ended_process", plugin=plugin, kind=type(update).__name__)
        self._deps.ended_process(plugin)
        await self._tell_it_is_safe(update)
        await self._hold(update, LONGEST_HOLD_S)  # by then the plugin rests
        return await self.handle(update, person_state, again=True)

    async def _hold(self, update: PaymentUpdate, wait_s: float, *, retry: int = 0) -> None:
        log.warning("payment.held", kind=type(update).__name__, retry=retry, s=wait_s)
        with self.parked(update.sender.id):
            await self._deps.clock.sleep(wait_s)

    async def _attempt(self, update: PaymentUpdate, *, again: bool) -> Commit | None:
        """Call the handler; return None when it has to be called again."""
        deps = self._deps
        table = deps.registry.table
        if table.payments is None:
            log.error("payment.unhandled")  # no plugin that sells is loaded
            return None
        read = partial(deps.read_person_state, update.sender.id)
        person_state = await until_store_answers(deps.clock, read)
        turn = Turn.of(update, person_state, deps.settings, deps.clock.now())
        turn.again = again
        with table.readers:
            try:
                await self._call(update, table.payments, deps.invoker(turn, table))
            except Exception as error:
                log.exception("payment.failed", plugin=table.payments.plugin)
                deps.failed(table.payments.plugin, error)
                return None
        log.info("payment.handled", kind=type(update).__name__, again=again)
        # Messages of the same person are handled beside this: their session and forms are not ours.
        return replace(turn.to_commit(), before=person_state, after=person_state)

    async def _call(self, update: PaymentUpdate, routes: PaymentRoutes, invoker: Invoker) -> None:
        bound = routes.payment if isinstance(update, PaymentReceived) else routes.refund
        await invoker.call(routes.plugin, bound.handler, bound.signature, given=update)

    async def _tell_it_is_safe(self, update: PaymentUpdate) -> None:
        """Tell a person once that a payment is stored; of a refund there is nothing to tell."""
        if isinstance(update, PaymentRefunded):
            return
        deps = self._deps
        read = partial(deps.read_person_state, update.sender.id)
        person_state = await until_store_answers(deps.clock, read)
        turn = Turn.of(update, person_state, deps.settings, deps.clock.now())
        text = deps.invoker(turn, deps.registry.table).translator().text(_SAFE)
        notice = QueuedReply(f"{update.key}/safe", Send(update.chat_id, text))
        await until_store_answers(deps.clock, partial(deps.replies.push, notice))


class PaymentNotices:
    """Implements `inbox_worker.Notices`: a payment that cannot be stored now is told of at once.

    Args:
        telegram: Delivers the notices, past the outbox.
        languages: Translates them, into the language of the person's Telegram.

    """

    def __init__(self, telegram: TelegramPort, languages: Languages) -> None:
        self._telegram = telegram
        self._languages = languages

    def are_for(self, update: Update) -> bool:
        """Return whether the person has paid; a refund needs no notice."""
        return isinstance(update, PaymentReceived)

    async def store_away(self, update: Update) -> None:
        """Send that the payment has arrived, and that the rest follows."""
        translator = self._languages.translator(choose(update.sender.language))
        # Its random id comes from the update's key, so Telegram drops a notice that is sent twice.
        notice = QueuedReply(f"{update.key}/away", Send(update.chat_id, translator.text(_SAFE)))
        try:
            await self._telegram.deliver(notice.reply, notice.random_id)
        except TelegramError as error:
            log.info("notice.dropped", about="payment", reason=str(error))

    async def slow_down(self, update: Update) -> None:
        """Do nothing: payments are never turned away."""
