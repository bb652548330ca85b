"""The composition root of a gateway: settings in, running gateway out. It imports no plugin."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn

import structlog

from sapp_bot.clock import SystemClock
from sapp_bot.domain.account import Me
from sapp_bot.domain.ports import Clock, SecretRedactor
from sapp_bot.domain.role_calls import AccountFacts
from sapp_bot.errors import AlreadyRunning, StoreAway
from sapp_bot.host.runtime.background import guarded
from sapp_bot.i18n import core_languages
from sapp_bot.observability.clock_watch import watch_clock
from sapp_bot.observability.heartbeat import Checks, beat, end_heartbeat, heartbeat_path
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.retry import until_store_answers
from sapp_bot.roles.edge import telegram_edge
from sapp_bot.roles.process import monitored, stop_signal, traced, unless, work_until
from sapp_bot.settings.settings import Settings
from sapp_bot.store import KeyRing, place_of, wait_for_redis
from sapp_bot.store.roles.connect import GatewayStore, open_gateway_store
from sapp_bot.telegram.edge import TelegramEdge

from .gateway import Gateway, GatewayLimits

if TYPE_CHECKING:
    from sapp_bot.monitoring.monitor import Monitor

log = structlog.get_logger(__name__)

INTRODUCE_S = 30.0
"""How often workers are told whose account it is, in seconds."""

STANDBY_S = 1.0
"""How often a gateway that stands by looks whether the account is free, in seconds."""


async def run(
    settings: Settings,
    redactor: SecretRedactor,  # noqa: ARG001  # as `app.run`: it hides the settings of plugins
    *,
    safe: bool = False,  # noqa: ARG001  # as `app.run`: it is about plugins
    metrics: Metrics = NO_METRICS,
    clock: Clock | None = None,
) -> None:
    """Run a gateway until it is told to stop; while another has the account, stand by.

    Raises:
        ConfigError: a setting is wrong, or what it points to does not answer as it should.
        AlreadyRunning: another process has taken over the account meanwhile.

    """
    clock = clock or SystemClock()
    async with monitored(settings) as monitor:
        metrics = metrics if monitor is None else monitor.metrics
        async with traced(settings, metrics, clock, role="gateway") as measured:
            await _run(settings, measured, monitor, clock)


async def _run(settings: Settings, metrics: Metrics, monitor: Monitor | None, clock: Clock) -> None:
    key_ring = KeyRing([key.get_secret_value() for key in settings.sapp_secret_keys])
    stop = stop_signal()
    url = settings.sapp_redis_url.get_secret_value()
    signed_in = await unless(stop, _signed_in(settings, url, clock))
    if signed_in is None:
        return
    edge, me = signed_in
    try:
        async with open_gateway_store(
            url, key_ring, account=me.id, clock=clock, metrics=metrics
        ) as store:
            if await unless(stop, _found(store, edge, clock)) is None:
                return
            limits = GatewayLimits(settings.sapp_messages_per_minute, settings.sapp_sent_per_s)
            gateway = Gateway(
                store,
                edge,
                edge.stars,
                limits,
                languages=core_languages(),
                clock=clock,
                metrics=metrics,
            )
            edge.listen(gateway.receive, pending=lambda: gateway.is_pending)
            works = [
                edge.run(),
                gateway.run(),
                _beat(settings, clock, _checks(edge, store, gateway), gateway, monitor),
                store.store.claim.renew(),
                watch_clock(edge.clock_moved),
                _introduce(store, gateway, me, clock),
            ]
            await work_until(
                stop, works, drain=gateway.drain, drain_s=settings.sapp_drain_s, end=edge.stop
            )
    finally:
        end_heartbeat(heartbeat_path(settings.sapp_data))
        await edge.stop()


async def _signed_in(settings: Settings, url: str, clock: Clock) -> tuple[TelegramEdge, Me]:
    """Connect to Telegram; while another gateway has the session file, wait for its end.

    Raises:
        ConfigError: a setting is wrong: of Redis, also while Telegram cannot be reached.

    """
    stands_by = False
    while True:
        edge = telegram_edge(settings)
        try:
            me = await guarded(edge.connect(), wait_for_redis(url, clock))
        except AlreadyRunning:
            await edge.stop()
            stands_by = _note_standby(stands_by)
            await clock.sleep(STANDBY_S)
        except BaseException:
            await edge.stop()
            raise
        else:
            return edge, me


async def _found(store: GatewayStore, edge: TelegramEdge, clock: Clock) -> bool:
    """Wait for Redis, see that it is one that we can work with, and wait for the account there.

    Raises:
        ConfigError: a setting is wrong.

    """
    await store.store.wait()
    await store.store.inspect()
    place = place_of(edge.session_path.with_suffix(".lock"))
    stands_by = False
    while True:
        try:
            await until_store_answers(clock, partial(store.store.claim.take, place))
        except AlreadyRunning:
            stands_by = _note_standby(stands_by)
            await clock.sleep(STANDBY_S)
        else:
            return True


def _note_standby(stands_by: bool) -> bool:  # noqa: FBT001  # what is so and what becomes of it
    if not stands_by:
        log.info("gateway.stands_by")
    return True


def _checks(edge: TelegramEdge, store: GatewayStore, gateway: Gateway) -> Checks:
    return {
        "redis": partial(_answers, store),
        "telegram": edge.is_online,
        "worker": partial(_has_workers, gateway),
    }


async def _answers(store: GatewayStore) -> bool:
    try:
        await store.store.ping()
    except StoreAway:
        return False
    return True


async def _has_workers(gateway: Gateway) -> bool:
    return gateway.has_workers


async def _beat(
    settings: Settings, clock: Clock, checks: Checks, gateway: Gateway, monitor: Monitor | None
) -> NoReturn:
    """Tell for ever how the gateway is: `health` by a file, and the monitor where there is one."""
    path, tell = heartbeat_path(settings.sapp_data), monitor.note if monitor else None
    await beat(path, clock, checks, opened=gateway.ready, tell=tell)


async def _introduce(store: GatewayStore, gateway: Gateway, me: Me, clock: Clock) -> NoReturn:
    """Tell workers for ever whose account it is: Redis may lose that. Log that all works."""
    await gateway.ready.wait()
    facts = AccountFacts(me.id, me.username, tuple(sorted(me.other_names)))
    await until_store_answers(clock, partial(store.mail.introduce, facts))
    name = f"@{me.username}" if me.username else "an account without a user name"
    log.info("gateway.ready", name=name)
    while True:
        await clock.sleep(INTRODUCE_S)
        await until_store_answers(clock, partial(store.mail.introduce, facts))
