"""A gateway: what Telegram sends is stored for the workers, what they store goes to Telegram."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import partial
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock, TelegramPort
from sapp_bot.domain.replies import QueuedReply
from sapp_bot.domain.stars import Stars
from sapp_bot.domain.updates import Arrival, Due, PaymentUpdate, Update
from sapp_bot.host.pacing.intake import IntakeLimits
from sapp_bot.host.pacing.sending import SendingRates
from sapp_bot.host.pipeline.delayed import DelayedPresses
from sapp_bot.host.pipeline.immediate import ImmediateAnswers
from sapp_bot.host.pipeline.notices import Apologies, OutOfBandNotices
from sapp_bot.host.pipeline.outbox_worker import OutboxWorker
from sapp_bot.host.pipeline.payments.payment_handling import PaymentNotices
from sapp_bot.i18n import Languages
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.retry import until_store_answers
from sapp_bot.roles.peer import Peer
from sapp_bot.store.roles.connect import GatewayStore
from sapp_bot.store.roles.mail import GATEWAY
from sapp_bot.values import dataclass

from .calls import TelegramCallsOfWorkers
from .intake import storing_only
from .remote_plugins import RemotePlugins
from .staffing import Staffing

log = structlog.get_logger(__name__)

MOST_KNOWN = 50_000
"""Replies that are remembered as taken: one that is read from the outbox is told of, too."""


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """What goes in and out: messages per person and minute, replies per second; 0 for no limit."""

    messages_per_minute: int
    sent_per_s: float


class Gateway:
    """The part of a bot that talks to Telegram.

    Args:
        store: What it has of Redis.
        telegram: Sends.
        stars: The account's Stars.
        limits: How much may come in and go out.
        languages: Translates what it says itself.
        clock: Times everything.
        metrics: Counts it.

    """

    def __init__(
        self,
        store: GatewayStore,
        telegram: TelegramPort,
        stars: Stars,
        limits: GatewayLimits,
        *,
        languages: Languages,
        clock: Clock,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._peer = Peer(GATEWAY, store.mail)
        plugins = RemotePlugins(self._peer, store.mail.ask_any, languages, clock)
        self._answers = ImmediateAnswers(telegram, clock, plugins.kinds)
        notices = OutOfBandNotices(telegram, languages)
        self._staffing = Staffing(store.outgoing.has_workers, notices, clock)
        self._messages = storing_only(
            store.messages,
            clock,
            notices,
            IntakeLimits(per_minute=limits.messages_per_minute),
        )
        self._payments = storing_only(
            store.payments, clock, PaymentNotices(telegram, languages), IntakeLimits()
        )
        self._outbox = OutboxWorker(
            store.store.outbox,
            telegram,
            clock,
            plugins,
            metrics,
            rates=SendingRates(limits.sent_per_s),
            apology=Apologies(languages, store.messages.person_state).text,
        )
        self._calls = TelegramCallsOfWorkers(
            telegram, stars, self._answers, clock, lambda: self._outbox.is_busy
        )
        self._delayed = DelayedPresses(clock, self._messages.receive)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._is_closing = False
        self.ready = asyncio.Event()

    def receive(self, update: Arrival) -> None:
        """Take an update from Telegram; never waits. A query is answered at once, not stored."""
        self._answers.arrived(update)  # first: its time runs from the arrival
        if isinstance(update, PaymentUpdate):
            self._payments.receive(update)
        elif isinstance(update, Update):
            self._outbox.note_asked(update.chat_id)
            self._messages.receive(update)
            self._staffing.arrived(update)

    @property
    def is_pending(self) -> bool:
        """Whether any received update is not stored yet."""
        return self._messages.is_pending or self._payments.is_pending

    @property
    def has_workers(self) -> bool:
        """Whether any worker has shown lately that it lives."""
        return self._staffing.has_workers

    async def run(self) -> None:
        """Send what earlier processes left, then work until cancelled.

        Raises:
            AlreadyRunning: another process has taken over the account.

        """
        store = self._store
        answered = partial(until_store_answers, self._clock)
        await answered(store.messages.claim)
        async with asyncio.TaskGroup() as tasks:
            # Emptied first: what comes into it from now on may be read twice, and is known then.
            await answered(store.outgoing.empty)
            unsent = await answered(store.store.outbox.unsent)
            for queued in unsent:
                self._note(queued)
            tasks.create_task(self._outbox.run(unsent))
            self._delayed.restore(await answered(store.messages.timers))
            for intake, inbox in (
                (self._messages, store.messages),
                (self._payments, store.payments),
            ):
                tasks.create_task(intake.run())
                await answered(inbox.announce)
            tasks.create_task(self._listen())
            tasks.create_task(self._staffing.run())
            self.ready.set()

    async def drain(self) -> None:
        """Finish the answers that are under way and what is in the outbox; keep storing.

        What workers commit from now on is left to the next gateway.
        """
        self._is_closing = True
        self._delayed.stop()
        await self._answers.idle()
        await self._peer.idle()
        await self._outbox.drain()

    async def _listen(self) -> NoReturn:
        """Read what the workers have stored, and what they ask."""
        outgoing, mail = self._store.outgoing, self._store.mail
        last: dict[str, bytes] = {}
        while True:
            for stream, entry in await self._store.tail.read():
                last[stream] = entry[0]
                if stream == outgoing.stream:
                    read = partial(outgoing.read, entry)
                    self._take_out(await until_store_answers(self._clock, read))
                elif (letter := mail.open(stream, entry)) is not None:
                    self._peer.take(letter, self._calls.make)
            await until_store_answers(self._clock, partial(mail.seen, last))

    def _take_out(self, found: QueuedReply | Due | None) -> None:
        if self._is_closing:
            return
        match found:
            case QueuedReply():
                if self._note(found):
                    self._outbox.send(found)
            case Due():
                self._delayed.set(found)

    def _note(self, queued: QueuedReply) -> bool:
        """Return whether a reply is new here: at the start it may be read from two places."""
        if queued.id in self._known:
            return False
        self._known[queued.id] = None
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return True
