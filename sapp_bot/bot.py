"""The bot: the host, its plugins and its neighbours, put together. Every part can be replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

import structlog

from sapp_bot.host.settings import HostSettings

from .domain.ports import (
    Attempts,
    Clock,
    Commit,
    InboxStore,
    Leases,
    OutboxStore,
    PluginStorage,
    PluginSwitches,
    SecretRedactor,
    Signer,
    TelegramPort,
)
from .errors import ConfigError, PluginError
from .host.authoring.button_codec import ButtonCodec
from .host.authoring.plugin_settings import Config, ConfigProvider, Hide, hide_nothing
from .host.authoring.providers import TypeProvider
from .host.authoring.storage import Store as PluginStore
from .host.authoring.storage import StoreProvider
from .host.lifecycle.generation import GenerationDeps
from .host.lifecycle.loader import LOCALES, LoadReport, load_plugins
from .host.lifecycle.manager import ManagerDeps, PluginManager
from .host.lifecycle.menus import set_menus
from .host.lifecycle.operator_alerts import OperatorAlerts, Plugins
from .host.lifecycle.plugin_admin import Ruling
from .host.lifecycle.record import PluginState
from .host.lifecycle.watcher import FileWatcher
from .host.pipeline.acks import PressAcks
from .host.pipeline.delayed import DelayedPresses
from .host.pipeline.dispatcher import Dispatcher, DispatcherDeps
from .host.pipeline.inbox_worker import InboxWorker
from .host.pipeline.invoke import HOST_SERVICES, Provider
from .host.pipeline.login_throttle import LoginThrottle
from .host.pipeline.notices import OutOfBandNotices
from .host.pipeline.outbox_worker import OutboxWorker
from .host.pipeline.runner import Runner
from .host.routing.registry import RoutingTable
from .host.runtime.task_owner import tracked_tasks
from .host.runtime.watchdog import CodeLocation, watchdog
from .i18n import Languages, core_languages
from .sapp.admin import Admin
from .sapp.client import ApiClient
from .sapp.services import Auth, Clients, Rates
from .settings.settings import read_environment, variable_names

T = TypeVar("T")

log = structlog.get_logger(__name__)

BUILT_IN = frozenset({"admin", "auth", "clients", "start"})
"""The plugins that come with the bot: all that is read in safe mode."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """What the bot talks to."""

    telegram: TelegramPort
    inbox: InboxStore
    outbox: OutboxStore
    attempts: Attempts
    plugin_storage: PluginStorage
    switches: PluginSwitches
    leases: Leases
    signer: Signer
    api: ApiClient
    clock: Clock
    redactor: SecretRedactor
    variables: Callable[[], Mapping[str, str]] = dict
    """Reads the environment, for the plugins' own settings: at each load, as `.env` may change."""


class Bot:
    """The host with its neighbours: updates go in by `receive`, replies leave to Telegram."""

    def __init__(
        self,
        adapters: Adapters,
        settings: HostSettings,
        plugins: Path,
        *,
        safe: bool = False,
        only: frozenset[str] | None = None,
        watching: bool = True,
    ) -> None:
        """Put it together; nothing is read or run yet.

        Args:
            near: What the bot talks to.
            settings: What the host and every handler may know.
            plugins: The plugin folder.
            safe: Read the built-in plugins only.
            only: Read the plugins of these names only.
            watching: Look whether the plugin folder changes.

        """
        self._adapters = adapters
        self._settings = settings
        self._languages = core_languages()
        providers = _providers(adapters, self._languages)
        providers[Plugins] = lambda turn: Plugins(self._plugin_admin, turn.plugin)
        acks = PressAcks(adapters.telegram, adapters.clock)
        self._delivery = OutboxWorker(adapters.outbox, adapters.telegram, adapters.clock)
        self._dispatcher = Dispatcher(self._below(acks, providers), settings, RoutingTable())
        self.plugins = self._manager(plugins, providers, only=BUILT_IN if safe else only)
        self._plugin_admin = Ruling(self.plugins)
        self._watching = watching
        locales = plugins / LOCALES
        self._watch = FileWatcher(self.plugins.files, locales, self.plugins.apply, adapters.clock)
        self._has_new_table = asyncio.Event()
        self._queues = InboxWorker(
            adapters.inbox,
            adapters.clock,
            acks,
            OutOfBandNotices(adapters.telegram, self._languages, quiet=settings.mode == "user"),
            handle=self._dispatcher.handle,
            leave=self._leave,
        )
        self._schedule = DelayedPresses(adapters.clock, self._queues.receive)
        self.receive = self._queues.receive
        self.ready = asyncio.Event()

    def _below(self, acks: PressAcks, providers: Mapping[type, Provider]) -> DispatcherDeps:
        """Gather what the dispatcher stands on."""
        adapters = self._adapters
        return DispatcherDeps(
            telegram=adapters.telegram,
            outbox=adapters.outbox,
            clock=adapters.clock,
            acks=acks,
            runner=Runner(adapters.telegram, self._delivery, adapters.clock),
            button_codec=ButtonCodec(adapters.signer),
            languages=self._languages,
            providers=providers,
            read_person_state=adapters.inbox.person_state,
            failed=self._failed,
        )

    @property
    def is_pending(self) -> bool:
        """Whether anything was received that is not stored yet."""
        return self._queues.is_pending

    async def run(self) -> None:
        """Take up what was left, then work until cancelled.

        Raises:
            AlreadyRunning: another process has taken the account over.
            ConfigError: no plugin can be used.

        """
        inbox, outbox = self._adapters.inbox, self._adapters.outbox
        await inbox.claim()
        try:
            with tracked_tasks(), watchdog(self._blocked):
                async with asyncio.TaskGroup() as tasks:
                    await self._open_plugins(tasks)
                    tasks.create_task(self._delivery.run(await outbox.unsent()))
                    tasks.create_task(self._queues.run(await inbox.waiting()))
                    self._schedule.restore(await inbox.timers())
                    tasks.create_task(self._keep_menus())
                    await self._set_menus()
                    self.ready.set()
        finally:
            await self.plugins.close()

    async def look(self) -> None:
        """Take in what changed in the plugin folder, at once, and try again what failed."""
        changed = await self._watch.look(at_once=True)
        await self.plugins.retry(but=changed)

    async def idle(self) -> None:
        """Wait until all that was left or has arrived is answered."""
        await self.ready.wait()
        await self._queues.idle()
        await self._delivery.drain()

    async def drain(self) -> None:
        """Take up nothing new; wait until all under way is answered."""
        self._schedule.stop()
        await self._queues.drain()
        await self.plugins.stop_timers()
        await self._delivery.drain()

    def _leave(self, commit: Commit) -> None:
        for queued in commit.replies:
            self._delivery.send(queued)
        for due in commit.later:
            self._schedule.set(due)

    async def _set_menus(self) -> None:
        if self._settings.mode == "user":
            return  # a person's account has none
        admins = sorted(self._settings.admins)
        table = self._dispatcher.table
        await set_menus(self._adapters.telegram, table, self._languages, admins)

    async def _keep_menus(self) -> NoReturn:
        """Set the menus anew whenever the table was replaced."""
        while True:
            await self._has_new_table.wait()
            self._has_new_table.clear()
            await self._set_menus()

    def _manager(
        self, folder: Path, providers: Mapping[type, Provider], *, only: frozenset[str] | None
    ) -> PluginManager:
        adapters, delivery = self._adapters, self._delivery
        type_providers = _type_providers(
            adapters.variables, adapters.redactor.hide, adapters.plugin_storage, adapters.clock
        )
        admins, read_person_state = self._settings.admins, adapters.inbox.person_state
        deps = ManagerDeps(
            folder=folder,
            services={**providers, **dict.fromkeys(HOST_SERVICES), **type_providers},
            switches=adapters.switches,
            operator_alerts=OperatorAlerts(
                admins, self._languages, read_person_state, delivery.push
            ),
            publish=self._publish,
            for_people=adapters.redactor.for_people,
            only=only,
        )
        generation_deps = GenerationDeps(
            clock=adapters.clock,
            leases=adapters.leases,
            settings=self._settings,
            speak=self._dispatcher.speak,
            tell=delivery.tell,
            failed=self._failed,
        )
        return PluginManager(deps, generation_deps)

    async def _open_plugins(self, tasks: asyncio.TaskGroup) -> None:
        hint = "set SAPP_PLUGINS to the folder of your plugins"
        try:
            await self._watch.start()
            await self.plugins.open(tasks)
        except PluginError as error:
            raise ConfigError(f"{error}; {hint}") from error
        records = self.plugins.records
        if all(record.state is PluginState.FAILED for record in records):
            reasons = "; ".join(record.reason for record in records)
            raise ConfigError(f"no plugin can be used; {hint}. {reasons}")
        if self._watching:
            tasks.create_task(self._watch.run())

    def _publish(self, table: RoutingTable) -> None:
        self._dispatcher.table = table
        self._has_new_table.set()

    def _failed(self, plugin: str, error: BaseException) -> None:
        self.plugins.failed(plugin, error)

    def _blocked(self, place: CodeLocation, seconds: float) -> None:
        log.warning("loop.free", plugin=place.plugin, s=round(seconds, 3))
        self.plugins.blocked(place.plugin, f"{place}, {seconds:.1f} s")


def _providers(adapters: Adapters, languages: Languages) -> dict[type, Provider]:
    """Say where each service comes from that a handler can ask for by its type."""
    auth, clients = Auth(adapters.api), Clients(adapters.api)
    rates, admin = Rates(adapters.api), Admin(adapters.api)
    return {
        Auth: lambda _: auth,
        Clients: lambda _: clients,
        Rates: lambda _: rates,
        Admin: lambda _: admin,
        LoginThrottle: lambda turn: LoginThrottle(
            turn, adapters.attempts, languages.translator(turn.language)
        ),
    }


def check(folder: Path) -> LoadReport:
    """Read a plugin folder as `run` would, with the same services, and connect to nothing."""
    known = (Auth, Clients, Rates, Admin, LoginThrottle, Plugins, *HOST_SERVICES)
    return load_plugins(folder, {**dict.fromkeys(known), **_type_providers(read_environment)})


def _type_providers(
    variables: Callable[[], Mapping[str, str]],
    hide: Hide = hide_nothing,
    plugin_storage: PluginStorage | None = None,
    clock: Clock | None = None,
) -> dict[type, TypeProvider]:
    """Say who explains the classes that a plugin makes for itself."""
    taken = frozenset(variable_names())
    return {
        Config: ConfigProvider(variables, taken, hide),
        PluginStore: StoreProvider(plugin_storage, clock),
    }
