"""The composition root: settings in, running bot out. Every part can be replaced by keyword."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog

from .clock import SystemClock
from .errors import ConfigError, PluginError, StoreAway
from .heartbeat import Checks, beat, heartbeat_path
from .host.acks import Acks
from .host.asides import Apologies
from .host.buttons import Mint
from .host.delivery import Delivery
from .host.dispatch import Below, Dispatcher
from .host.guard import LoginGuard
from .host.handling import HOST_SERVICES, Provider
from .host.lanes import Lanes
from .host.load import Harvest, load_plugins
from .host.menus import set_menus
from .host.run import Runner
from .host.schedule import Schedule
from .host.visit import HostSettings
from .languages import Languages, core_languages
from .ports import Attempts, Clock, Inbox, Outbox, Signer, Telegram, Turn
from .sapp.admin import Admin
from .sapp.client import ApiClient
from .sapp.services import Auth, Clients, Rates
from .settings import Settings
from .store import Store, Vault, open_store
from .telegram.account import UserAccount
from .telegram.edge import EdgeConfig, TelegramEdge
from .telegram.sign_in import Asker

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the bot talks to."""

    telegram: Telegram
    inbox: Inbox
    outbox: Outbox
    attempts: Attempts
    signer: Signer
    api: ApiClient
    clock: Clock


class Bot:
    """The host with its neighbours: updates go in by `receive`, replies leave to Telegram."""

    def __init__(self, near: Neighbours, settings: HostSettings, plugins: Path) -> None:
        self._near = near
        self._settings = settings
        self._languages = core_languages()
        providers = _providers(near, self._languages)
        self.harvest = _load(plugins, providers)
        acks = Acks(near.telegram, near.clock)
        self._delivery = Delivery(near.outbox, near.telegram, near.clock)
        below = Below(
            telegram=near.telegram,
            outbox=near.outbox,
            clock=near.clock,
            acks=acks,
            runner=Runner(near.telegram, self._delivery, near.clock),
            mint=Mint(near.signer),
            languages=self._languages,
            providers=providers,
        )
        self._dispatcher = Dispatcher(below, settings, self.harvest.table)
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

    @property
    def is_pending(self) -> bool:
        """Whether anything was received that is not stored yet."""
        return self._lanes.is_pending

    async def run(self) -> None:
        """Take up what was left, then work until cancelled.

        Raises:
            AlreadyRunning: another process has taken the account over.

        """
        inbox, outbox = self._near.inbox, self._near.outbox
        await inbox.claim()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._delivery.run(await outbox.unsent()))
            tasks.create_task(self._lanes.run(await inbox.waiting()))
            self._schedule.restore(await inbox.timers())
            await self._set_menus()
            self.ready.set()

    async def idle(self) -> None:
        """Wait until all that was left or has arrived is answered."""
        await self.ready.wait()
        await self._lanes.idle()
        await self._delivery.drain()

    async def drain(self) -> None:
        """Take up nothing new; wait until all under way is answered."""
        self._schedule.stop()
        await self._lanes.drain()
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
        await set_menus(self._near.telegram, self.harvest.table, self._languages, admins)


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
    known = (Auth, Clients, Rates, Admin, LoginGuard, *HOST_SERVICES)
    return load_plugins(folder, dict.fromkeys(known))


def _load(folder: Path, providers: Mapping[type, Provider]) -> Harvest:
    services = {**providers, **dict.fromkeys(HOST_SERVICES)}
    try:
        harvest = load_plugins(folder, services)
    except PluginError as error:
        raise ConfigError(f"{error}; set SAPP_PLUGINS to the folder of your plugins") from error
    if not harvest.table.plugins:
        raise ConfigError(f"no plugin in {folder} can be used; set SAPP_PLUGINS to their folder")
    return harvest


async def run(settings: Settings) -> None:
    """Run the bot until it is told to stop.

    Raises:
        ConfigError: a setting is wrong, or what it points to does not answer as it should.
        AlreadyRunning: another process works for this account.

    """
    clock = SystemClock()
    vault = Vault([key.get_secret_value() for key in settings.sapp_secret_keys])
    edge = telegram_edge(settings)
    stop = _stop_signal()
    try:
        me = await _unless(stop, edge.connect())
        if me is None:
            return
        async with _neighbours(settings, edge, vault, me.id, clock) as (near, store):
            bot = Bot(near, host_settings(settings, me.id, me.username), settings.sapp_plugins)
            edge.listen(bot.receive, pending=lambda: bot.is_pending)
            checks: Checks = {"redis": partial(_answers, store), "telegram": edge.is_online}
            async with asyncio.TaskGroup() as tasks:
                path = heartbeat_path(settings.sapp_data)
                working = [
                    tasks.create_task(edge.run()),
                    tasks.create_task(bot.run()),
                    tasks.create_task(beat(path, clock, checks)),
                ]
                await _first(stop, working)
                await _drain(bot, settings.sapp_drain_s)
                await edge.stop()
                for task in working:
                    task.cancel()
    finally:
        await edge.stop()


@asynccontextmanager
async def _neighbours(
    settings: Settings, telegram: Telegram, vault: Vault, account: int, clock: Clock
) -> AsyncIterator[tuple[Neighbours, Store]]:
    url = settings.sapp_redis_url.get_secret_value()
    async with (
        open_store(url, vault, account=account, clock=clock) as store,
        ApiClient(settings.sapp_api_url) as api,
    ):
        yield (
            Neighbours(
                telegram=telegram,
                inbox=store.inbox,
                outbox=store.outbox,
                attempts=store.attempts,
                signer=vault,
                api=api,
                clock=clock,
            ),
            store,
        )


def host_settings(settings: Settings, account: int, bot_name: str) -> HostSettings:
    """Pick what the host may know."""
    return HostSettings(
        account=account,
        bot_name=bot_name,
        mode=settings.sapp_mode,
        admins=settings.sapp_admins,
        docs_url=settings.sapp_docs_url,
        support=settings.sapp_support,
        key_shown_s=settings.sapp_key_shown_s,
        handler_limit_s=settings.sapp_handler_limit_s,
    )


async def _answers(store: Store) -> bool:
    try:
        await store.ping()
    except StoreAway:
        return False
    return True


def telegram_edge(settings: Settings, *, ask: Asker | None = None) -> TelegramEdge:
    """Make the edge of the account that is set; `ask` is who can sign in to a person's own."""
    is_user = settings.sapp_mode == "user"
    account = UserAccount(settings.sapp_userbot_allow, ask=ask) if is_user else None
    return TelegramEdge(_edge_config(settings), account=account)


def _edge_config(settings: Settings) -> EdgeConfig:
    server = settings.telegram_server
    return EdgeConfig(
        api_id=settings.telegram_api_id,
        api_hash=settings.telegram_api_hash,
        bot_token=settings.telegram_bot_token,
        folder=settings.sapp_data,
        server=f"{server.host}:{server.port}" if server else None,
        server_key=settings.telegram_server_key or None,
    )


def _stop_signal() -> asyncio.Event:
    """Turn the first SIGTERM or SIGINT into an event; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def first(number: signal.Signals) -> None:
        log.info("bot.stopping", signal=number.name)
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, first, number)
    return stop


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Do the work, or give it up when the signal to stop comes first."""
    task = asyncio.create_task(work)
    await _first(stop, [task])
    if not task.done():
        task.cancel()
        await asyncio.wait([task])
        return None
    return task.result()


async def _first(stop: asyncio.Event, working: list[asyncio.Task[T]]) -> None:
    """Wait for the signal, or for a part that ends by itself."""
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({waiting, *working}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


async def _drain(bot: Bot, limit_s: float) -> None:
    try:
        async with asyncio.timeout(limit_s):
            await bot.drain()
    except TimeoutError:
        log.warning("bot.drain_cut", s=limit_s)
