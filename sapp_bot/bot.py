"""Composition root: wires host, plugins and adapters. Must not handle updates itself."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from .adapters import Adapters
from .billing.service import Billing
from .domain.ports import Commit
from .domain.updates import Arrival, InlineQuery, PaymentUpdate, PreCheckoutQuery, Press, Update
from .errors import ConfigError, PluginError
from .host.authoring.button_codec import ButtonCodec
from .host.authoring.providers import ServiceRegistry
from .host.authoring.turn import Turn
from .host.built_in import built_in_plugins
from .host.lifecycle.importer import ANEW, PluginImports
from .host.lifecycle.loader import LOCALES
from .host.lifecycle.manager import ManagerDeps, PluginManager
from .host.lifecycle.menus import CommandMenus, MenuDeps
from .host.lifecycle.operator_alerts import OperatorAlerts
from .host.lifecycle.periodic import GenerationDeps
from .host.lifecycle.record import PluginState
from .host.lifecycle.watcher import FileWatcher
from .host.operators.broadcasts import Broadcasts
from .host.operators.maintenance import Maintenance
from .host.pacing.intake import IntakeLimits
from .host.pacing.sending import SendingRates
from .host.pipeline.delayed import DelayedPresses
from .host.pipeline.dispatcher import Dispatcher, DispatcherDeps
from .host.pipeline.immediate import IMMEDIATE_PRESS, ImmediateAnswers, ImmediateHost, ImmediateKind
from .host.pipeline.inbox_worker import InboxWorker
from .host.pipeline.inline import InlineQueries
from .host.pipeline.invoke import Invoker, InvokerDeps
from .host.pipeline.notices import Apologies, OutOfBandNotices
from .host.pipeline.outbox_worker import OutboxWorker
from .host.pipeline.payments.ledger_notices import LedgerNotices
from .host.pipeline.payments.payment_handling import PaymentHandlingDeps
from .host.pipeline.payments.payment_worker import make_payment_worker
from .host.pipeline.payments.pre_checkout import PreCheckoutQueries
from .host.pipeline.queue_times import QueueTimes
from .host.pipeline.renderers import PluginRenderers
from .host.pipeline.runner import Runner
from .host.routing.registry import PluginRegistry, RoutingTable
from .host.runtime.task_owner import tracked_tasks
from .host.runtime.watchdog import CodeLocation, watchdog
from .host.runtime.work_journal import WorkJournal
from .host.settings import HostSettings
from .i18n import core_languages
from .retry import until_store_answers
from .service_wiring import RunningParts, billing_for, offer_services, with_sales

log = structlog.get_logger(__name__)


class Bot:
    """The host with its adapters: updates come in by `receive`, replies go out to Telegram."""

    def __init__(
        self,
        adapters: Adapters,
        settings: HostSettings,
        plugins: Path,
        *,
        safe: bool = False,
        only: frozenset[str] | None = None,
        watching: bool = True,
        imports: PluginImports = ANEW,
    ) -> None:
        """Create all parts; nothing is read or run before `run`.

        Args:
            adapters: Adapters to Telegram, store, API and clock.
            settings: Settings of the host, which handlers can read.
            plugins: The plugin folder.
            safe: Read the built-in plugins only, from the folder that ships with the bot.
            only: Read the plugins of these names only.
            watching: Reload plugins when their files change.
            imports: What imports the plugins.

        """
        if safe:
            plugins, only = built_in_plugins().folder, built_in_plugins().names
        self._adapters = adapters
        # An outage of the store is waited out at the start, as the work does later.
        self._until_answered = partial(until_store_answers, adapters.clock)
        self._imports, self._reads_all = imports, only is None
        self._settings = settings = with_sales(settings, adapters)
        self._languages = core_languages(cache=imports.cache)
        self._registry = PluginRegistry()
        self._outbox_worker = self._make_outbox_worker()
        self._maintenance = Maintenance(adapters.store.plugin_storage, adapters.clock)
        self._broadcasts = self._make_broadcasts()
        self.billing = self._make_billing()
        services = self._offer_services()
        self._deps = invoker_deps = self._invoker_deps(services)
        self.plugins = PluginManager(self._manager_deps(plugins, services, invoker_deps, only))
        self._answers = self._make_immediate_answers()
        self._dispatcher = Dispatcher(self._dispatcher_deps(invoker_deps), settings)
        self._menus = self._make_menus()
        self._watching = watching
        files, apply = self.plugins.files, self.plugins.apply
        self._watcher = FileWatcher(files, plugins / LOCALES, apply, adapters.clock)
        self._queue_times = QueueTimes(adapters.metrics, adapters.clock)
        self._inbox_worker = self._make_inbox_worker()
        self._queue_update = self._queue_times.receiving(self._inbox_worker.receive)
        self._payment_worker = self._make_payment_worker()
        self._delayed_presses = DelayedPresses(adapters.clock, self._queue_update)
        self.ready = asyncio.Event()

    def _offer_services(self) -> ServiceRegistry[Invoker]:
        parts = self._maintenance, self._broadcasts, self.billing
        return offer_services(self._adapters, RunningParts(lambda: self.plugins, *parts))

    def _make_outbox_worker(self) -> OutboxWorker:
        adapters, settings = self._adapters, self._settings
        return OutboxWorker(
            adapters.store.outbox,
            adapters.telegram,
            adapters.clock,
            PluginRenderers(self._registry, self._invoker, settings, adapters.clock, self._failed),
            adapters.metrics,
            rates=SendingRates(settings.sent_per_s),
            apology=Apologies(self._languages, adapters.store.inbox.person_state).text,
        )

    def _make_broadcasts(self) -> Broadcasts:
        adapters = self._adapters
        return Broadcasts(
            adapters.store.plugin_storage,
            adapters.telegram,
            adapters.clock,
            self._languages,
            lambda: self._outbox_worker.is_busy,
            metrics=adapters.metrics,
        )

    def _make_billing(self, kind: Any = None) -> Billing:
        notices = LedgerNotices(
            self._registry,
            invoker=self._invoker,
            settings=self._settings,
            clock=self._adapters.clock,
            tell=self._outbox_worker.tell,
            failed=self._failed,
        )
        return billing_for(self._adapters, self._settings, notices, kind)

    def _immediate_kinds(self) -> dict[type, ImmediateKind[Any]]:
        adapters = self._adapters
        host = ImmediateHost(
            registry=self._registry,
            invoker=self._invoker,
            read_person_state=adapters.store.inbox.person_state,
            settings=self._settings,
            clock=adapters.clock,
            failed=self._failed,
            maintenance=self._maintenance,
        )
        return {
            Press: IMMEDIATE_PRESS,
            InlineQuery: InlineQueries(host).kind,
            PreCheckoutQuery: PreCheckoutQueries(host).kind,
        }

    def _make_immediate_answers(self) -> ImmediateAnswers:
        telegram, clock = self._adapters.telegram, self._adapters.clock
        return ImmediateAnswers(telegram, clock, self._immediate_kinds())

    def _make_inbox_worker(self) -> InboxWorker:
        adapters, settings = self._adapters, self._settings
        return InboxWorker(
            adapters.store.inbox,
            adapters.clock,
            OutOfBandNotices(adapters.telegram, self._languages, quiet=settings.mode == "user"),
            handle=self._queue_times.handling(self._dispatcher.handle),
            give_up=self._dispatcher.give_up,
            unstorable=self._dispatcher.unstorable,
            on_commit=self._on_commit,
            limits=IntakeLimits(per_minute=settings.messages_per_minute),
            is_sending_behind=lambda: self._outbox_worker.is_behind,
        )

    def _payment_deps(self) -> PaymentHandlingDeps:
        adapters = self._adapters
        return PaymentHandlingDeps(
            registry=self._registry,
            invoker=self._invoker,
            read_person_state=adapters.store.inbox.person_state,
            replies=self._outbox_worker,
            settings=self._settings,
            clock=adapters.clock,
            failed=self.plugins.failed,
            ended_process=self.plugins.ended_process,
            metrics=adapters.metrics,
        )

    def _make_payment_worker(self) -> InboxWorker:
        adapters = self._adapters
        return make_payment_worker(
            adapters.store.payments,
            adapters.telegram,
            self._languages,
            self._payment_deps(),
            unstorable=self._dispatcher.unstorable,
            on_commit=self._on_commit,
        )

    def _invoker(self, turn: Turn, table: RoutingTable) -> Invoker:
        """Return the invoker of a turn that no message started."""
        return Invoker(turn, table, self._deps)

    def _failed(self, plugin: str, error: BaseException) -> None:
        self.plugins.failed(plugin, error)

    def _invoker_deps(self, services: ServiceRegistry[Invoker]) -> InvokerDeps:
        adapters = self._adapters
        return InvokerDeps(
            languages=self._languages,
            button_codec=ButtonCodec(adapters.store.key_ring),
            services=services,
            runner=Runner(adapters.telegram, self._outbox_worker, adapters.clock, adapters.metrics),
            read_person_state=adapters.store.inbox.person_state,
            failed=self._failed,
        )

    def _dispatcher_deps(self, invoker_deps: InvokerDeps) -> DispatcherDeps:
        adapters = self._adapters
        return DispatcherDeps(
            telegram=adapters.telegram,
            signer=adapters.store.key_ring,
            outbox=adapters.store.outbox,
            clock=adapters.clock,
            answers=self._answers,
            invoker_deps=invoker_deps,
            registry=self._registry,
            failed=self.plugins.failed,
            ended_process=self.plugins.ended_process,
            maintenance=self._maintenance,
            metrics=adapters.metrics,
        )

    def receive(self, update: Arrival) -> None:
        """Take an update from Telegram; never waits. A query is answered at once, not queued."""
        self._answers.arrived(update)  # first: its time runs from the arrival
        if isinstance(update, PaymentUpdate):
            self._payment_worker.receive(update)
        elif isinstance(update, Update):
            self._outbox_worker.note_asked(update.chat_id)
            self._queue_update(update)

    @property
    def is_pending(self) -> bool:
        """Whether any received update is not stored yet."""
        return self._inbox_worker.is_pending or self._payment_worker.is_pending

    @property
    def is_in_maintenance(self) -> bool:
        """Whether operators have closed the bot to people."""
        return self._maintenance.is_on

    async def run(self) -> None:
        """Finish what an earlier process left, then work until cancelled.

        Raises:
            AlreadyRunning: another process has taken over the Telegram account.
            ConfigError: the plugin folder cannot be read, or no plugin can be used.

        """
        # Before anything is read: from here on the store refuses writes of an earlier process.
        await self._until_answered(self._adapters.store.inbox.claim)
        try:
            with tracked_tasks(), watchdog(self._blocked, end_s=self._settings.loop_limit_s):
                async with asyncio.TaskGroup() as tasks:
                    await self._until_answered(self._maintenance.load)
                    # Before the inbox: an old update must find the plugins loaded.
                    await self._open_plugins(tasks)
                    self._registry.opened.set()
                    await self._begin(tasks)
                    self.ready.set()
                    await asyncio.to_thread(self._imports.cache.save, whole=self._reads_all)
        finally:
            await self.plugins.close()

    async def _begin(self, tasks: asyncio.TaskGroup) -> None:
        """Start what works as long as the bot does, once the plugins are loaded."""
        store = self._adapters.store
        unsent = await self._until_answered(store.outbox.unsent)
        tasks.create_task(self._outbox_worker.run(unsent))
        tasks.create_task(self._broadcasts.run())
        waiting = await self._until_answered(store.inbox.waiting)
        paid = await self._until_answered(store.payments.waiting)
        tasks.create_task(self._payment_worker.run(paid))
        tasks.create_task(self._inbox_worker.run(waiting))
        self._keep_ledger(tasks)
        self._delayed_presses.restore(await self._until_answered(store.inbox.timers))
        if self._settings.mode != "user":  # a person's account has no command menu
            tasks.create_task(self._menus.keep(await self._menus.look()))

    def _keep_ledger(self, tasks: asyncio.TaskGroup) -> None:
        selling = self._registry.table.payments
        self.billing.begin(tasks, is_others=selling is not None and selling.notice is None)

    async def look(self) -> None:
        """Apply changes of the plugin folder at once, and load again what failed."""
        changed = await self._watcher.look(at_once=True)
        await self.plugins.retry(but=changed)

    async def menus_idle(self) -> None:
        """Wait until the command menus are those of the plugins; a person's account has none."""
        if self._settings.mode != "user":
            await self._menus.idle()

    async def idle(self) -> None:
        """Wait until every stored and received update is answered."""
        await self.ready.wait()
        await self._answers.idle()
        await self._inbox_worker.idle()
        await self._payment_worker.idle()
        await self._broadcasts.idle()
        if self.billing.has_ledger:
            await self.billing.ledger.idle()
        await self._outbox_worker.drain()

    async def drain(self) -> None:
        """Start nothing new, and wait until everything under way is answered."""
        self._delayed_presses.stop()
        if self.billing.has_ledger:
            self.billing.ledger.stop_sales()
        await self._inbox_worker.drain()
        await self._payment_worker.drain()
        await self._broadcasts.stop()
        await self._answers.idle()
        await self.plugins.stop_timers()
        await self._outbox_worker.drain()  # last: all the others put replies into it

    def _on_commit(self, commit: Commit) -> None:
        for queued in commit.replies:
            self._outbox_worker.send(queued)
        for due in commit.later:
            self._delayed_presses.set(due)

    def _make_menus(self) -> CommandMenus:
        adapters = self._adapters
        storage, clock = adapters.store.plugin_storage, adapters.clock
        deps = MenuDeps(adapters.telegram, storage, clock, self._registry, self._languages)
        return CommandMenus(deps, self._settings)

    def _manager_deps(
        self,
        folder: Path,
        services: ServiceRegistry[Invoker],
        invoker_deps: InvokerDeps,
        only: frozenset[str] | None,
    ) -> ManagerDeps:
        adapters, outbox_worker = self._adapters, self._outbox_worker
        read_person_state, admins = adapters.store.inbox.person_state, self._settings.admins
        return ManagerDeps(
            folder=folder,
            services=services,
            switches=adapters.store.switches,
            operator_alerts=OperatorAlerts(
                admins, self._languages, read_person_state, outbox_worker.push
            ),
            generation_deps=GenerationDeps(
                clock=adapters.clock,
                leases=adapters.store.leases,
                settings=self._settings,
                invoker_deps=invoker_deps,
                registry=self._registry,
                tell=outbox_worker.tell,
                imports=self._imports,
                journal=WorkJournal(adapters.work_journal),
                metrics=adapters.metrics,
            ),
            for_people=adapters.redactor.for_people,
            only=only,
        )

    async def _open_plugins(self, tasks: asyncio.TaskGroup) -> None:
        hint = "set SAPP_PLUGINS to the folder of your plugins"
        try:
            await self._watcher.start()
            await self._until_answered(partial(self.plugins.open, tasks))
        except PluginError as error:
            raise ConfigError(f"{error}; {hint}") from error
        if all(record.state is PluginState.FAILED for record in self.plugins.records):
            reasons = "; ".join(record.reason for record in self.plugins.records)
            raise ConfigError(f"no plugin can be used; {hint}. {reasons}")
        if self._watching:
            tasks.create_task(self._watcher.run())

    def _blocked(self, place: CodeLocation, seconds: float) -> None:
        log.warning("loop.free", plugin=place.plugin, s=round(seconds, 3))
        self._adapters.metrics.observe("loop_blocked_seconds", seconds, plugin=place.plugin)
        self.plugins.blocked(place.plugin, f"{place}, {seconds:.1f} s")
