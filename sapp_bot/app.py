"""The composition root of a bot in one process: settings in, running bot out.

Those of a bot in several processes are `roles/gateway/app.py` and `roles/worker/app.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import structlog

from .adapters import Adapters
from .bot import Bot
from .clock import SystemClock
from .domain.account import Me
from .domain.ports import Clock, SecretRedactor
from .errors import StoreAway
from .host.lifecycle.importer import PluginImports
from .host.lifecycle.record import PluginState
from .host.runtime.background import guarded
from .host_wiring import adapters_for, billing_config, host_settings, plugin_imports
from .observability.clock_watch import watch_clock
from .observability.heartbeat import Checks, beat, end_heartbeat, heartbeat_path
from .observability.metrics import NO_METRICS, Metrics
from .retry import until_store_answers
from .roles.edge import telegram_edge
from .roles.process import monitored, stop_signal, traced, unless, work_until
from .sapp.client import ApiClient
from .sapp.probe import ApiProbe
from .sapp.service_account import watch_reads
from .service_wiring import make_service_account
from .settings.proxies import proxy_for
from .settings.settings import Settings
from .start_ahead import read_ahead
from .store import KeyRing, RedisFacts, RedisStore, open_store, place_of, wait_for_redis
from .telegram.edge import TelegramEdge

if TYPE_CHECKING:
    from .monitoring.monitor import Monitor

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
    states = tuple(state.value for state in PluginState)
    clock = clock or SystemClock()
    async with monitored(settings, states) as monitor:
        metrics = metrics if monitor is None else monitor.metrics
        async with traced(settings, metrics, clock, role="all") as measured:
            await _run(settings, redactor, measured, monitor, clock, safe=safe)


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
    stop = stop_signal()
    try:
        imports = plugin_imports(settings.sapp_data, key_ring)
        me = await unless(stop, _signed_in(edge, settings, clock, imports))
        if me is None:
            return
        opened = _open_adapters(
            settings, edge, key_ring, account=me.id, clock=clock, redactor=redactor, metrics=metrics
        )
        async with opened as (adapters, store):
            facts = await unless(stop, _found(store, edge, clock))
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
            await work_until(
                stop,
                works,
                drain=bot.drain,
                drain_s=settings.sapp_drain_s,
                end=edge.stop,
                on_hang_up=bot.look,
            )
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


async def _signed_in(
    edge: TelegramEdge, settings: Settings, clock: Clock, imports: PluginImports
) -> Me:
    """Connect to Telegram; look at Redis meanwhile, so that the log names both, and read ahead.

    Raises:
        ConfigError: a setting is wrong: of Redis, also while Telegram cannot be reached.
        AlreadyRunning: another process uses this session.

    """
    url = settings.sapp_redis_url.get_secret_value()
    with_ledger = billing_config(settings).has_admin_login
    ahead = read_ahead(settings.sapp_plugins, imports, with_ledger=with_ledger)
    return await guarded(guarded(edge.connect(), wait_for_redis(url, clock)), ahead)


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
        adapters = adapters_for(
            settings,
            telegram=edge,
            stars=edge.stars,
            store=store,
            api=api,
            clock=clock,
            redactor=redactor,
            metrics=metrics,
            folder=settings.sapp_data,
        )
        yield adapters, store


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
