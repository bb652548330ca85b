"""A worker: the bot without Telegram. It serves the persons whom the shared queue gives it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

import structlog

from sapp_bot.adapters import Adapters
from sapp_bot.billing.service import Billing
from sapp_bot.bot import Bot
from sapp_bot.domain.replies import FileSource, PictureSource, QueuedReply, Send
from sapp_bot.domain.role_calls import (
    AnswerQuery,
    AskKeeper,
    GatewayCall,
    MakeContent,
    Value,
    WorkerCall,
)
from sapp_bot.errors import SappBotError, TelegramError
from sapp_bot.host.authoring.providers import ServiceRegistry
from sapp_bot.host.lifecycle.importer import ANEW, PluginImports
from sapp_bot.host.lifecycle.manager import ManagerDeps
from sapp_bot.host.lifecycle.operator_alerts import OperatorAlerts
from sapp_bot.host.pipeline.immediate import ImmediateAnswers
from sapp_bot.host.pipeline.invoke import Invoker, InvokerDeps
from sapp_bot.host.pipeline.payments.payment_handling import PaymentHandling
from sapp_bot.host.pipeline.renderers import PluginRenderers
from sapp_bot.host.settings import HostSettings
from sapp_bot.roles.peer import Peer
from sapp_bot.store.roles.connect import WorkerStore
from sapp_bot.store.roles.worker_inbox import Ticket, read_ticket
from sapp_bot.values import replace

from .followed import FollowedSwitches, Following
from .person_work import LaneWork, PersonWork
from .relayed_answers import RelayedAnswers
from .remote_telegram import RemoteTelegram
from .shared_broadcasts import SharedBroadcasts
from .shared_locks import Leadership, TimerTurns
from .shared_plugins import SharedPlugins

log = structlog.get_logger(__name__)

ALERT_ONCE_S = 60
"""Seconds in which all workers together tell the operators of one failure once."""

LEAVE_IDLE_MS = 3_600_000
"""A worker that is gone for so long leaves the group that shares the work."""


class Worker(Bot):
    """The bot of a worker: the same host and plugins, other ends.

    Updates come from the shared queue and are committed while they are this worker's; replies are
    stored for the gateway, which makes all calls to Telegram.

    Args:
        adapters: As of `Bot`; store and Telegram are those of a worker.
        settings: As of `Bot`.
        plugins: As of `Bot`.
        shared: What it has of Redis beyond the adapters.
        peer: Makes and takes calls between processes.
        telegram: The gateway's Telegram.
        in_work: Takes the ticket under which each update is in work, by the update's key.
        safe: As of `Bot`.
        imports: As of `Bot`.

    """

    def __init__(
        self,
        adapters: Adapters,
        settings: HostSettings,
        plugins: Path,
        *,
        shared: WorkerStore,
        peer: Peer,
        telegram: RemoteTelegram,
        in_work: dict[str, Ticket],
        safe: bool = False,
        imports: PluginImports = ANEW,
    ) -> None:
        self._shared = shared
        self._peer = peer
        self._remote = telegram
        self._switches = FollowedSwitches(adapters.store.switches)
        self._locks = adapters.store.locks
        storage, clock = adapters.store.plugin_storage, adapters.clock
        self._shared_plugins = SharedPlugins(shared.tickets.worker, storage, clock)
        adapters = replace(adapters, plugin_peers=self._shared_plugins)
        self._leadership = Leadership(self._locks, adapters.clock)
        super().__init__(adapters, settings, plugins, safe=safe, imports=imports)
        self._renderers = PluginRenderers(
            self._registry, self._invoker, self._settings, clock, self._failed
        )
        self._person_work = PersonWork(
            self._lane_work(), shared.tickets, in_work, clock, metrics=adapters.metrics
        )
        self._last_read = asyncio.Event()
        self._following = Following(self._switches, self.plugins, self._maintenance, clock)

    async def drain(self) -> None:
        """Take nobody new, commit what is in work, and leave the rest to other workers."""
        self._person_work.close()
        if self.ready.is_set():
            await self._last_read.wait()  # whom it brought is handed on, too
        await self._person_work.drain()
        await self._broadcasts.stop()
        await self.plugins.stop_timers()
        await self._peer.idle()
        try:
            await self._shared.tickets.leave(worker=self._shared.tickets.worker)
        except SappBotError as error:  # another worker does that later
            log.info("worker.not_signed_off", reason=str(error))

    async def _begin(self, tasks: asyncio.TaskGroup) -> None:
        """Start what works as long as the worker does; nothing of it waits for Telegram."""
        tasks.create_task(self._person_work.run())
        tasks.create_task(self._take_work())
        tasks.create_task(self._read_mail())
        tasks.create_task(self._following.run())
        tasks.create_task(self._news.follow())
        tasks.create_task(self._shared_plugins.follow(self.plugins))
        self._keep_ledger(tasks)
        tasks.create_task(self._leadership.run(self._lead))

    async def _lead(self) -> None:
        """Do what one worker does for all."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._broadcasts.run())
            tasks.create_task(self._keep_menus())
            tasks.create_task(self._tidy())

    async def _keep_menus(self) -> None:
        menus = await self._until_answered(self._menus.look)
        await self._menus.keep(menus)

    async def _tidy(self) -> NoReturn:
        """Take workers out of the group that are gone for good."""
        while True:
            await self._adapters.clock.sleep(LEAVE_IDLE_MS / 1000)
            leave = partial(self._shared.tickets.leave, idle_ms=LEAVE_IDLE_MS)
            await self._until_answered(leave)

    async def _take_work(self) -> NoReturn:
        """Read whom to serve, and what the gateway asks of any worker."""
        shared, mail = self._shared, self._shared.mail
        while True:
            was_closing = self._person_work.is_closing
            for stream, entry in await shared.group.read(self._person_work.room):
                if stream == shared.ready:
                    self._person_work.serve(read_ticket(*entry))
                else:
                    await self._until_answered(partial(mail.taken, entry[0]))
                    letter = mail.open(stream, entry)
                    if letter is not None:
                        self._peer.take(letter, self._make)
            if was_closing:
                self._last_read.set()

    async def _read_mail(self) -> NoReturn:
        """Read the answers of the gateway."""
        shared = self._shared
        last: dict[str, bytes] = {}
        while True:
            for stream, entry in await shared.tail.read():
                last[stream] = entry[0]
                letter = shared.mail.open(stream, entry)
                if letter is not None:
                    self._peer.take(letter, self._make)
            await self._until_answered(partial(shared.mail.seen, last))

    async def _make(self, call: GatewayCall | WorkerCall) -> Value:
        """Do what the gateway asks of plugins."""
        match call:
            case AnswerQuery(query):
                return await self._relayed.answer_to(query)
            case MakeContent(FileSource() as source):
                return await self._renderers.write(source)
            case MakeContent(PictureSource() as source):
                return await self._renderers.draw(source)
            case AskKeeper(act):
                return await self._done_with_ledger(act)
            case _:
                raise TelegramError(f"{type(call).__name__} is for a gateway")

    def _make_billing(self, kind: Any = None) -> Billing:
        if not self._adapters.billing.has_admin_login:
            return super()._make_billing(kind)
        from .shared_ledger import SharedLedger  # noqa: PLC0415  # who has no ledger imports none

        shared = partial(SharedLedger, terms=self._shared.terms, ask=self._ask_worker)
        return super()._make_billing(shared)

    async def _ask_worker(self, worker: str, act: str, within_s: float) -> str:
        """Have another worker do something with the ledger that it keeps."""
        post = partial(self._shared.mail.post, worker)
        return str(await self._peer.ask(post, AskKeeper(act), within_s=within_s))

    async def _done_with_ledger(self, act: str) -> str:
        """Do what another worker asks of the ledger, if it is kept here; return the answer."""
        from .ledger_acts import answer_to  # noqa: PLC0415  # as above
        from .shared_ledger import SharedLedger  # noqa: PLC0415  # as above

        ledger = self.billing.ledger if self.billing.has_ledger else None
        kept = ledger.kept if isinstance(ledger, SharedLedger) else None
        return await answer_to(act, kept)

    def _lane_work(self) -> dict[str, LaneWork]:
        """Return how updates are handled, by the name of the lane: as in a single process."""
        inboxes, unstorable = self._shared.inboxes, self._dispatcher.unstorable
        payments = PaymentHandling(self._payment_deps())
        payments.parked = partial(self._parked, "payments")
        messages = self._dispatcher
        return {
            "messages": LaneWork(
                inboxes["messages"], messages.handle, messages.give_up, unstorable
            ),
            "payments": LaneWork(
                inboxes["payments"], payments.handle, payments.give_up, unstorable
            ),
        }

    def _parked(self, lane: str, person: int) -> AbstractContextManager[None]:
        return self._person_work.parked(lane, person)

    def _make_broadcasts(self) -> SharedBroadcasts:
        adapters = self._adapters
        self._news = SharedBroadcasts(
            lambda: self._leadership.is_leading,
            adapters.store.plugin_storage,
            adapters.telegram,
            adapters.clock,
            self._languages,
            lambda: False,  # the gateway, which knows, lets answers go first
            metrics=adapters.metrics,
        )
        return self._news

    def _make_immediate_answers(self) -> ImmediateAnswers:
        self._relayed = RelayedAnswers(self._remote, self._adapters.clock, self._immediate_kinds())
        return self._relayed

    def _manager_deps(
        self,
        folder: Path,
        services: ServiceRegistry[Invoker],
        invoker_deps: InvokerDeps,
        only: frozenset[str] | None,
    ) -> ManagerDeps:
        deps = super()._manager_deps(folder, services, invoker_deps, only)
        adapters = self._adapters
        turns = TimerTurns(self._locks, adapters.clock)
        alerts = OperatorAlerts(
            self._settings.admins,
            self._languages,
            adapters.store.inbox.person_state,
            self._alert_once,
        )
        return replace(
            deps,
            switches=self._switches,
            operator_alerts=alerts,
            generation_deps=replace(deps.generation_deps, turns_of_timers=turns),
        )

    async def _alert_once(self, queued: QueuedReply) -> None:
        """Tell an operator of a failure, unless another worker has just told them the same."""
        reply = queued.reply
        text = reply.text.plain if isinstance(reply, Send) else queued.id
        name = sha256(f"{reply.chat_id} {text}".encode()).hexdigest()[:16]
        if await self._locks.acquire(f"worker:alert:{name}", queued.id, ttl_s=ALERT_ONCE_S):
            await self._outbox_worker.push(queued)
