"""The composition root of a worker: settings in, running worker out. It imports no Telethon."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import structlog

from sapp_bot.clock import SystemClock
from sapp_bot.domain.account import Me
from sapp_bot.domain.ports import Clock, SecretRedactor
from sapp_bot.domain.role_calls import AccountFacts
from sapp_bot.errors import StoreAway
from sapp_bot.host.lifecycle.record import PluginState
from sapp_bot.host.runtime.background import guarded
from sapp_bot.host_wiring import adapters_for, billing_config, host_settings, plugin_imports
from sapp_bot.observability.heartbeat import Checks, beat, end_heartbeat, heartbeat_path
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.roles.peer import Peer
from sapp_bot.roles.process import monitored, stop_signal, traced, unless, work_until
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.probe import ApiProbe
from sapp_bot.sapp.service_account import watch_reads
from sapp_bot.service_wiring import make_service_account
from sapp_bot.settings.proxies import proxy_for
from sapp_bot.settings.settings import Settings
from sapp_bot.start_ahead import read_ahead
from sapp_bot.store import KeyRing
from sapp_bot.store.roles.connect import WorkerStore, open_worker_store
from sapp_bot.store.roles.worker_inbox import Ticket
from sapp_bot.values import dataclass

from .own_folder import own_folder
from .remote_telegram import RemoteStars, RemoteTelegram
from .worker import Worker

if TYPE_CHECKING:
    from sapp_bot.monitoring.monitor import Monitor

log = structlog.get_logger(__name__)

AGAIN_S = 1.0
"""How often it is looked whether a gateway has said whose account it is, in seconds."""


async def run(
    settings: Settings,
    redactor: SecretRedactor,
    *,
    safe: bool = False,
    metrics: Metrics = NO_METRICS,
    clock: Clock | None = None,
) -> None:
    """Run a worker until it is told to stop; the arguments are those of `app.run`.

    Raises:
        ConfigError: a setting is wrong, or what it points to does not answer as it should.
        AlreadyRunning: a bot in one process has taken over the account.

    """
    states = tuple(state.value for state in PluginState)
    clock = clock or SystemClock()
    async with monitored(settings, states) as monitor:
        metrics = metrics if monitor is None else monitor.metrics
        with own_folder(settings.sapp_data) as folder:
            try:
                async with traced(settings, metrics, clock, role="worker") as measured:
                    process = _Process(settings, redactor, measured, monitor, clock, folder)
                    await _run(process, safe=safe)
            finally:
                end_heartbeat(heartbeat_path(folder))


@dataclass(frozen=True, slots=True)
class _Process:
    """What all parts of a worker's process share; `folder` is its own."""

    settings: Settings
    redactor: SecretRedactor
    metrics: Metrics
    monitor: Monitor | None
    clock: Clock
    folder: Path


async def _run(process: _Process, *, safe: bool) -> None:
    settings, clock, monitor = process.settings, process.clock, process.monitor
    key_ring = KeyRing([key.get_secret_value() for key in settings.sapp_secret_keys])
    in_work: dict[str, Ticket] = {}
    stop = stop_signal()
    async with _open_store(process, key_ring, in_work) as shared, _open_api(process) as api:
        imports = plugin_imports(process.folder, key_ring)
        with_ledger = billing_config(settings).has_admin_login
        ahead = read_ahead(settings.sapp_plugins, imports, with_ledger=with_ledger)
        me = await unless(stop, guarded(_found(shared, clock), ahead))
        if me is None:
            return
        peer = Peer(shared.tickets.worker, shared.mail)
        telegram = RemoteTelegram(peer, shared.mail)
        adapters = adapters_for(
            settings,
            telegram=telegram,
            stars=RemoteStars(telegram),
            store=shared.store,
            api=api,
            clock=clock,
            redactor=process.redactor,
            metrics=process.metrics,
            folder=process.folder,
        )
        worker = Worker(
            adapters,
            host_settings(settings, me),
            settings.sapp_plugins,
            shared=shared,
            peer=peer,
            telegram=telegram,
            in_work=in_work,
            safe=safe,
            imports=imports,
        )
        probe = ApiProbe(api)
        works = [worker.run(), _beat(process, worker, shared, probe), _say_ready(worker, probe)]
        if monitor is not None:
            monitor.look_at(partial(_plugin_states, worker))
            works.append(watch_reads(make_service_account(adapters), clock))
        drain_s = settings.sapp_drain_s
        await work_until(stop, works, drain=worker.drain, drain_s=drain_s, on_hang_up=worker.look)


def _open_store(
    process: _Process, key_ring: KeyRing, in_work: dict[str, Ticket]
) -> AbstractAsyncContextManager[WorkerStore]:
    settings = process.settings
    # Never the name of an earlier one: what that held must be taken over, and counted.
    name = f"{socket.gethostname()}-{process.folder.name}-{secrets.token_hex(4)}"
    return open_worker_store(
        settings.sapp_redis_url.get_secret_value(),
        key_ring,
        account=account_of(settings.telegram_bot_token.get_secret_value()),
        clock=process.clock,
        worker=name,
        ticket_of=in_work.get,
        is_vouched=settings.sapp_redis_durable == "yes",
        metrics=process.metrics,
    )


def _open_api(process: _Process) -> ApiClient:
    url = process.settings.sapp_api_url
    return ApiClient(url, proxy=proxy_for(url), metrics=process.metrics)


def account_of(token: str) -> int:
    """Return the Telegram user id of the bot that a token is of: it stands before the colon.

    Source: https://core.telegram.org/bots/api#authorizing-your-bot
    """
    return int(token.partition(":")[0])


async def _found(shared: WorkerStore, clock: Clock) -> Me:
    """Wait for Redis, and for a gateway that says whose account it is.

    Raises:
        ConfigError: a setting is wrong.
        AlreadyRunning: a bot in one process has the account.

    """
    await shared.store.wait()
    await shared.store.inspect()
    said = False
    while True:
        facts = await _asked(shared)
        if facts is not None:
            return Me(facts.id, facts.username, "", frozenset(facts.other_names))
        if not said:
            said = True
            log.info("worker.waits", hint="no gateway has begun to work for this account yet")
        await clock.sleep(AGAIN_S)


async def _asked(shared: WorkerStore) -> AccountFacts | None:
    try:
        return await shared.mail.account()
    except StoreAway:  # also where no gateway has ever been
        return None


def _plugin_states(worker: Worker) -> Mapping[str, str]:
    return {record.name: record.state.value for record in worker.plugins.records}


async def _beat(
    process: _Process, worker: Worker, shared: WorkerStore, probe: ApiProbe
) -> NoReturn:
    """Tell for ever how the worker is: `health` by a file, and the monitor where there is one."""
    monitor = process.monitor
    checks: Checks = {
        "redis": partial(_answers, shared),
        "gateway": partial(_has_gateway, shared),
        "api": probe.answers,
    }
    await beat(
        heartbeat_path(process.folder),
        process.clock,
        checks,
        in_maintenance=lambda: worker.is_in_maintenance,
        opened=worker.ready,
        tell=monitor.note if monitor else None,
    )


async def _answers(shared: WorkerStore) -> bool:
    try:
        await shared.store.ping()
    except StoreAway:
        return False
    return True


async def _has_gateway(shared: WorkerStore) -> bool:
    try:
        return await shared.mail.has_gateway()
    except StoreAway:
        return False


async def _say_ready(worker: Worker, probe: ApiProbe) -> NoReturn:
    """Log in one line what runs, once it takes messages; then look after the API."""
    await worker.ready.wait()
    for part in await worker.billing.missing():
        log.warning("billing.incomplete", reason=part.value)
    is_up = await probe.look()
    records = worker.plugins.records
    working = [record for record in records if record.state is PluginState.READY]
    log.info(
        "worker.ready",
        plugins=len(working),
        plugins_unused=len(records) - len(working),
        billing=worker.billing.mode,
        commands=len(worker.plugins.table.visible(signed_in=True, admin=False)),
        api="answers" if is_up else "does not answer",
    )
    await probe.run()
