"""The composition root: settings in, running bot out."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import structlog

from . import __version__
from .adapters import Adapters
from .billing.config import BillingConfig, Pack
from .bot import Bot
from .clock import SystemClock
from .domain.ports import Clock, SecretRedactor
from .errors import StoreAway
from .host.lifecycle.importer import PluginImports
from .host.lifecycle.record import PluginState
from .host.runtime.background import ended, guarded
from .host.runtime.work_journal import journal_path
from .host.settings import HostSettings
from .observability.clock_watch import watch_clock
from .observability.heartbeat import Checks, beat, end_heartbeat, heartbeat_path
from .observability.metrics import NO_METRICS, Metrics
from .retry import until_store_answers
from .sapp.client import ApiClient
from .sapp.probe import ApiProbe
from .sapp.service_account import ServiceLogin, watch_reads
from .service_wiring import make_service_account
from .settings.proxies import proxy_for
from .settings.settings import Settings, read_environment
from .start_ahead import read_ahead
from .start_cache import StartCache, start_cache_path
from .store import KeyRing, RedisFacts, RedisStore, open_store, place_of, wait_for_redis
from .telegram.account import UserAccount
from .telegram.edge import EdgeConfig, Me, TelegramEdge
from .telegram.sign_in import Asker

if TYPE_CHECKING:
    from .monitoring.monitor import Monitor

T = TypeVar("T")

log = structlog.get_logger(__name__)


async def run(
    settings: Settings,
    redactor: SecretRedactor,
    *,
    safe: bool = False,
    metrics: Metrics = NO_METRICS,
    clock: Clock | None = None,
) -> None:
    """Run the bot until it is told to stop. In safe mode it reads the built-in plugins only.

    `redactor` is told the secrets in the plugins' settings, to keep them out of the log; `metrics`
    is told what is counted and timed, unless SAPP_MONITORING is set: then its own are. `clock` is
    the system's if it is not given.

    Raises:
        ConfigError: a setting is wrong, or what it points to does not answer as it should.
        AlreadyRunning: another process works for this account.

    """
    async with _monitored(settings) as monitor:
        await _run(settings, redactor, metrics, monitor, clock or SystemClock(), safe=safe)


@asynccontextmanager
async def _monitored(settings: Settings) -> AsyncIterator[Monitor | None]:
    """Serve what is measured, where that is wanted: from the start on, which may have to wait."""
    at = settings.sapp_monitoring
    if at is None:
        yield None
        return
    from .monitoring.monitor import open_monitor  # noqa: PLC0415  # imports that others need not pay

    states = tuple(state.value for state in PluginState)
    async with open_monitor(at.host, at.port, build=__version__, states=states) as monitor:
        yield monitor


async def _run(
    settings: Settings,
    redactor: SecretRedactor,
    metrics: Metrics,
    monitor: Monitor | None,
    clock: Clock,
    *,
    safe: bool,
) -> None:
    key_ring = KeyRing([key.get_secret_value() for key in settings.sapp_secret_keys])
    edge = telegram_edge(settings)
    stop = _stop_signal()
    metrics = metrics if monitor is None else monitor.metrics
    try:
        imports = _plugin_imports(settings, key_ring)
        billing = billing_config(settings)
        ahead = read_ahead(settings.sapp_plugins, imports, with_ledger=billing.has_admin_login)
        me = await _unless(stop, guarded(_signed_in(edge, settings, clock), ahead))
        if me is None:
            return
        opened = _open_adapters(
            settings, edge, key_ring, account=me.id, clock=clock, redactor=redactor, metrics=metrics
        )
        async with opened as (adapters, store):
            facts = await _unless(stop, _found(store, edge, clock))
            if facts is None:
                return
            about = host_settings(settings, me)
            bot = Bot(adapters, about, settings.sapp_plugins, safe=safe, imports=imports)
            edge.listen(bot.receive, pending=lambda: bot.is_pending)
            probe = ApiProbe(adapters.api)
            works = [
                edge.run(),
                bot.run(),
                _beat(settings, clock, _checks(edge, store, probe), bot, monitor),
                store.claim.renew(),
                watch_clock(edge.clock_moved),
                _say_ready(bot, settings, me, facts, probe),
            ]
            if monitor is not None:
                monitor.look_at(partial(_plugin_states, bot))
                works.append(watch_reads(make_service_account(adapters), clock))
            await _work(works, bot, edge, stop, drain_s=settings.sapp_drain_s)
    finally:
        end_heartbeat(heartbeat_path(settings.sapp_data))
        await edge.stop()


def _plugin_states(bot: Bot) -> Mapping[str, str]:
    return {record.name: record.state.value for record in bot.plugins.records}


async def _beat(
    settings: Settings, clock: Clock, checks: Checks, bot: Bot, monitor: Monitor | None
) -> NoReturn:
    """Tell for ever how the bot is: `health` by a file, and the monitor where there is one."""
    path, tell = heartbeat_path(settings.sapp_data), monitor.note if monitor else None
    await beat(
        path,
        clock,
        checks,
        in_maintenance=lambda: bot.is_in_maintenance,
        opened=bot.ready,
        tell=tell,
    )


async def _signed_in(edge: TelegramEdge, settings: Settings, clock: Clock) -> Me:
    """Connect to Telegram, and look at Redis meanwhile, so that the log names both at once.

    Raises:
        ConfigError: a setting is wrong: of Redis, also while Telegram cannot be reached.
        AlreadyRunning: another process uses this session.

    """
    url = settings.sapp_redis_url.get_secret_value()
    return await guarded(edge.connect(), wait_for_redis(url, clock))


def _plugin_imports(settings: Settings, key_ring: KeyRing) -> PluginImports:
    """Return the importer of plugins, with what the last start has kept for this one."""
    cache = StartCache(start_cache_path(settings.sapp_data), key_ring)
    cache.open()
    return PluginImports(cache)


async def _work(
    works: list[Coroutine[Any, Any, Any]],
    bot: Bot,
    edge: TelegramEdge,
    stop: asyncio.Event,
    *,
    drain_s: float,
) -> None:
    """Do all works until one fails or the bot is told to stop; finish what is begun, then end."""
    async with asyncio.TaskGroup() as tasks:
        working = [tasks.create_task(work) for work in works]
        with _on_hang_up(lambda: tasks.create_task(bot.look())):
            await _first(stop, working)
        await _drain(bot, drain_s)
        await edge.stop()
        for task in working:
            task.cancel()


@asynccontextmanager
async def _open_adapters(
    settings: Settings,
    edge: TelegramEdge,
    key_ring: KeyRing,
    *,
    account: int,
    clock: Clock,
    redactor: SecretRedactor,
    metrics: Metrics,
) -> AsyncIterator[tuple[Adapters, RedisStore]]:
    url = settings.sapp_redis_url.get_secret_value()
    async with (
        open_store(
            url,
            key_ring,
            account=account,
            clock=clock,
            is_up=False,
            is_vouched=settings.sapp_redis_durable == "yes",
            metrics=metrics,
        ) as store,
        ApiClient(
            settings.sapp_api_url, proxy=proxy_for(settings.sapp_api_url), metrics=metrics
        ) as api,
    ):
        yield (
            Adapters(
                telegram=edge,
                stars=edge.stars,
                store=store,
                api=api,
                clock=clock,
                redactor=redactor,
                service_login=ServiceLogin(
                    settings.sapp_service_email, settings.sapp_service_password
                ),
                billing=billing_config(settings),
                variables=read_environment,
                metrics=metrics,
                work_journal=journal_path(settings.sapp_data),
            ),
            store,
        )


def billing_config(settings: Settings) -> BillingConfig:
    """Pick what is set about payments."""
    return BillingConfig(
        wanted=settings.sapp_billing,
        packs=tuple(Pack(reads, stars) for reads, stars in settings.sapp_billing_packs),
        payments_url=settings.sapp_payments_url,
        seller=settings.sapp_billing_bot,
        terms=settings.sapp_terms,
        terms_url=settings.sapp_terms_url,
        admin_email=settings.sapp_admin_email,
        admin_password=settings.sapp_admin_password,
    )


def host_settings(settings: Settings, me: Me) -> HostSettings:
    """Pick what the host may know; whose account it is in user mode, operates it."""
    owner = {me.id} if settings.sapp_mode == "user" else set()
    return HostSettings(
        account=me.id,
        bot_name=me.username,
        other_names=me.other_names,
        mode=settings.sapp_mode,
        admins=settings.sapp_admins | owner,
        docs_url=settings.sapp_docs_url,
        api_url=settings.sapp_api_public_url or settings.sapp_api_url,
        support=settings.sapp_support,
        key_shown_s=settings.sapp_key_shown_s,
        handler_limit_s=settings.sapp_handler_limit_s,
        sent_per_s=settings.sapp_sent_per_s,
        loop_limit_s=settings.sapp_loop_limit_s,
        messages_per_minute=settings.sapp_messages_per_minute,
    )


async def _found(store: RedisStore, edge: TelegramEdge, clock: Clock) -> RedisFacts:
    """Wait for Redis, see that it is one that we can work with, and claim the account there.

    Raises:
        ConfigError: a setting is wrong.
        AlreadyRunning: another process works for this account.

    """
    await store.wait()
    facts = await store.inspect()
    place = place_of(edge.session_path.with_suffix(".lock"))
    await until_store_answers(clock, partial(store.claim.take, place))
    return facts


def _checks(edge: TelegramEdge, store: RedisStore, probe: ApiProbe) -> Checks:
    return {
        "redis": partial(_answers, store),
        "telegram": edge.is_online,
        "api": probe.answers,
    }


async def _say_ready(
    bot: Bot, settings: Settings, me: Me, facts: RedisFacts, probe: ApiProbe
) -> NoReturn:
    """Log in one line what runs, once it takes messages; then look after the API."""
    await bot.ready.wait()
    for part in await bot.billing.missing():
        log.warning("billing.incomplete", reason=part.value)
    is_up = await probe.look()
    working = [record for record in bot.plugins.records if record.state is PluginState.READY]
    log.info(
        "bot.ready",
        name=f"@{me.username}" if me.username else "an account without a user name",
        mode=settings.sapp_mode,
        plugins=len(working),
        plugins_unused=len(bot.plugins.records) - len(working),
        billing=bot.billing.mode,
        commands=len(bot.plugins.table.visible(signed_in=True, admin=False)),
        redis=facts.version or "unknown version",
        api="answers" if is_up else "does not answer",
    )
    await probe.run()


async def _answers(store: RedisStore) -> bool:
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
        proxy=settings.telegram_proxy.get_secret_value(),
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


@contextmanager
def _on_hang_up(call: Callable[[], object]) -> Iterator[None]:
    """Make a call on each SIGHUP, by custom the signal to read one's files anew."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, call)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Do the work, or give it up when the signal to stop comes first."""
    task = asyncio.create_task(work)
    await _first(stop, [task])
    if not task.done():
        await ended({task})
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
