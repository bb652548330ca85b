"""The bot: the host, its plugins and its neighbours, put together. Every part can be replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

import structlog

from .errors import ConfigError, PluginError
from .host.acks import Acks
from .host.asides import Apologies
from .host.buttons import Mint
from .host.config import Config, Configs, Hide, hide_nothing
from .host.data import Store as PluginStore
from .host.data import Stores
from .host.delivery import Delivery
from .host.dispatch import Below, Dispatcher
from .host.family import Family
from .host.generation import Ground
from .host.guard import LoginGuard
from .host.handling import HOST_SERVICES, Provider
from .host.lanes import Lanes
from .host.life import State
from .host.load import LOCALES, Harvest, load_plugins
from .host.menus import set_menus
from .host.operators import Herald, Plugins
from .host.ownership import owned_tasks
from .host.ruling import Ruling
from .host.run import Runner
from .host.schedule import Schedule
from .host.shelf import House, Shelf
from .host.table import Table
from .host.visit import HostSettings
from .host.watch import Watch
from .host.watchdog import Place, watchdog
from .languages import Languages, core_languages
from .ports import (
    Attempts,
    Clock,
    Drawers,
    Inbox,
    Leases,
    Outbox,
    Redactor,
    Signer,
    Switches,
    Telegram,
    Turn,
)
from .sapp.admin import Admin
from .sapp.client import ApiClient
from .sapp.services import Auth, Clients, Rates
from .settings import read_environment, variable_names

T = TypeVar("T")

log = structlog.get_logger(__name__)

BUILT_IN = frozenset({"admin", "auth", "clients", "start"})
"""The plugins that come with the bot: all that is read in safe mode."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the bot talks to."""

    telegram: Telegram
    inbox: Inbox
    outbox: Outbox
    attempts: Attempts
    drawers: Drawers
    switches: Switches
    leases: Leases
    signer: Signer
    api: ApiClient
    clock: Clock
    redactor: Redactor
    variables: Callable[[], Mapping[str, str]] = dict
    """Reads the environment, for the plugins' own settings: at each load, as `.env` may change."""


class Bot:
    """The host with its neighbours: updates go in by `receive`, replies leave to Telegram."""

    def __init__(
        self,
        near: Neighbours,
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
        self._near = near
        self._settings = settings
        self._languages = core_languages()
        providers = _providers(near, self._languages)
        providers[Plugins] = lambda visit: Plugins(self._ruling, visit.plugin)
        acks = Acks(near.telegram, near.clock)
        self._delivery = Delivery(near.outbox, near.telegram, near.clock)
        self._dispatcher = Dispatcher(self._below(acks, providers), settings, Table())
        self.plugins = self._shelf(plugins, providers, only=BUILT_IN if safe else only)
        self._ruling = Ruling(self.plugins)
        self._watching = watching
        locales = plugins / LOCALES
        self._watch = Watch(self.plugins.files, locales, self.plugins.apply, near.clock)
        self._has_new_table = asyncio.Event()
        self._lanes = Lanes(
            near.inbox,
            near.clock,
            acks,
            Apologies(near.telegram, self._languages, quiet=settings.mode == "user"),
            handle=self._dispatcher.handle,
            leave=self._leave,
        )
        self._schedule = Schedule(near.clock, self._lanes.receive)
        self.receive = self._lanes.receive
        self.ready = asyncio.Event()

    def _below(self, acks: Acks, providers: Mapping[type, Provider]) -> Below:
        """Gather what the dispatcher stands on."""
        near = self._near
        return Below(
            telegram=near.telegram,
            outbox=near.outbox,
            clock=near.clock,
            acks=acks,
            runner=Runner(near.telegram, self._delivery, near.clock),
            mint=Mint(near.signer),
            languages=self._languages,
            providers=providers,
            standing_of=near.inbox.standing,
            failed=self._failed,
        )

    @property
    def is_pending(self) -> bool:
        """Whether anything was received that is not stored yet."""
        return self._lanes.is_pending

    async def run(self) -> None:
        """Take up what was left, then work until cancelled.

        Raises:
            AlreadyRunning: another process has taken the account over.
            ConfigError: no plugin can be used.

        """
        inbox, outbox = self._near.inbox, self._near.outbox
        await inbox.claim()
        try:
            with owned_tasks(), watchdog(self._blocked):
                async with asyncio.TaskGroup() as tasks:
                    await self._open_plugins(tasks)
                    tasks.create_task(self._delivery.run(await outbox.unsent()))
                    tasks.create_task(self._lanes.run(await inbox.waiting()))
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
        await self._lanes.idle()
        await self._delivery.drain()

    async def drain(self) -> None:
        """Take up nothing new; wait until all under way is answered."""
        self._schedule.stop()
        await self._lanes.drain()
        await self.plugins.stop_timers()
        await self._delivery.drain()

    def _leave(self, turn: Turn) -> None:
        for parcel in turn.parcels:
            self._delivery.send(parcel)
        for due in turn.later:
            self._schedule.set(due)

    async def _set_menus(self) -> None:
        if self._settings.mode == "user":
            return  # a person's account has none
        admins = sorted(self._settings.admins)
        table = self._dispatcher.table
        await set_menus(self._near.telegram, table, self._languages, admins)

    async def _keep_menus(self) -> NoReturn:
        """Set the menus anew whenever the table was replaced."""
        while True:
            await self._has_new_table.wait()
            self._has_new_table.clear()
            await self._set_menus()

    def _shelf(
        self, folder: Path, providers: Mapping[type, Provider], *, only: frozenset[str] | None
    ) -> Shelf:
        near, delivery = self._near, self._delivery
        families = _families(near.variables, near.redactor.hide, near.drawers, near.clock)
        admins, standing_of = self._settings.admins, near.inbox.standing
        house = House(
            folder=folder,
            services={**providers, **dict.fromkeys(HOST_SERVICES), **families},
            switches=near.switches,
            herald=Herald(admins, self._languages, standing_of, delivery.push),
            publish=self._publish,
            for_people=near.redactor.for_people,
            only=only,
        )
        ground = Ground(
            clock=near.clock,
            leases=near.leases,
            settings=self._settings,
            speak=self._dispatcher.speak,
            tell=delivery.tell,
            failed=self._failed,
        )
        return Shelf(house, ground)

    async def _open_plugins(self, tasks: asyncio.TaskGroup) -> None:
        hint = "set SAPP_PLUGINS to the folder of your plugins"
        try:
            await self._watch.start()
            await self.plugins.open(tasks)
        except PluginError as error:
            raise ConfigError(f"{error}; {hint}") from error
        lives = self.plugins.lives
        if all(life.state is State.FAILED for life in lives):
            reasons = "; ".join(life.reason for life in lives)
            raise ConfigError(f"no plugin can be used; {hint}. {reasons}")
        if self._watching:
            tasks.create_task(self._watch.run())

    def _publish(self, table: Table) -> None:
        self._dispatcher.table = table
        self._has_new_table.set()

    def _failed(self, plugin: str, error: BaseException) -> None:
        self.plugins.failed(plugin, error)

    def _blocked(self, place: Place, seconds: float) -> None:
        log.warning("loop.free", plugin=place.plugin, s=round(seconds, 3))
        self.plugins.blocked(place.plugin, f"{place}, {seconds:.1f} s")


def _providers(near: Neighbours, languages: Languages) -> dict[type, Provider]:
    """Say where each service comes from that a handler can ask for by its type."""
    auth, clients = Auth(near.api), Clients(near.api)
    rates, admin = Rates(near.api), Admin(near.api)
    return {
        Auth: lambda _: auth,
        Clients: lambda _: clients,
        Rates: lambda _: rates,
        Admin: lambda _: admin,
        LoginGuard: lambda visit: LoginGuard(
            visit, near.attempts, languages.speech(visit.language)
        ),
    }


def check(folder: Path) -> Harvest:
    """Read a plugin folder as `run` would, with the same services, and connect to nothing."""
    known = (Auth, Clients, Rates, Admin, LoginGuard, Plugins, *HOST_SERVICES)
    return load_plugins(folder, {**dict.fromkeys(known), **_families(read_environment)})


def _families(
    variables: Callable[[], Mapping[str, str]],
    hide: Hide = hide_nothing,
    drawers: Drawers | None = None,
    clock: Clock | None = None,
) -> dict[type, Family]:
    """Say who explains the classes that a plugin makes for itself."""
    taken = frozenset(variable_names())
    return {Config: Configs(variables, taken, hide), PluginStore: Stores(drawers, clock)}
