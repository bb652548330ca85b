"""`python -m sapp_bot doctor`: looks at all that the bot needs, and says what to do.

It changes nothing and signs nobody in. No item shows a secret: settings are told as set or not.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from structlog.testing import capture_logs

from sapp_bot.errors import ConfigError, PluginError, SappBotError
from sapp_bot.host_wiring import billing_config
from sapp_bot.sapp import calls
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.errors import UpstreamFailed, UpstreamUnreachable
from sapp_bot.service_wiring import check
from sapp_bot.settings.proxies import proxy_for
from sapp_bot.settings.requirements import check_run
from sapp_bot.settings.settings import Settings, advice
from sapp_bot.store.server.connector import connector
from sapp_bot.store.server.inspection import LEAST_VERSION, RedisFacts, inspect_redis
from sapp_bot.telegram.probe import TelegramFacts, probe_telegram
from sapp_bot.zones import read_zone, zone_names

SLOW_S = 0.1
"""From here on a Redis is far away: each message takes three round trips, in seconds."""

SKEW_S = 20.0
"""How far this machine's clock may be off, in seconds; Telegram takes 30 s at most."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was looked at. `state` is "ok", "warning" or "fault"."""

    about: str
    state: str
    text: str


async def examine(settings: Settings) -> list[Item]:
    """Look at everything; return one item or more for each."""
    items = [*_settings(settings), *_plugins(settings.sapp_plugins), _time_zones()]
    with capture_logs():
        async for item in _connections(settings):
            items.append(item)  # noqa: PERF401  # they come in one after the other
    return items


def report(items: list[Item], *, as_json: bool) -> str:
    """Write the items: a line each, or one JSON list."""
    if as_json:
        return json.dumps([asdict(item) for item in items], ensure_ascii=False, indent=2)
    return "\n".join(f"{item.state:<8}{item.about}: {item.text}" for item in items)


def has_fault(items: list[Item]) -> bool:
    """Return whether the bot cannot work like this."""
    return any(item.state == "fault" for item in items)


def _settings(settings: Settings) -> Iterator[Item]:
    try:
        check_run(settings, role=settings.sapp_role)
    except ConfigError as error:
        for line in str(error).splitlines()[1:]:
            yield Item("settings", "fault", line.strip())
    else:
        names = ", ".join(sorted(name.upper() for name in settings.model_fields_set))
        yield Item("settings", "ok", f"complete; set are {names}")
    plugins = [path.stem for path in settings.sapp_plugins.glob("[a-z]*")]
    for sentence in advice(settings, plugins):
        yield Item("settings", "warning", sentence)
    yield _payments(settings)


def _payments(settings: Settings) -> Item:
    """Return how people pay, and what is missing for that."""
    config, is_bot = billing_config(settings), settings.sapp_mode == "bot"
    missing = [part.value for part in config.missing(is_bot=is_bot)]
    if missing:
        return Item("payments", "warning", f"nothing can be sold for Stars: {'; '.join(missing)}")
    match config.mode(is_bot=is_bot):
        case "stars":
            packs = ", ".join(f"{pack.reads} reads for {pack.stars} Stars" for pack in config.packs)
            return Item("payments", "ok", f"people buy {packs}")
        case "link":
            return Item("payments", "ok", "people are led to SAPP_PAYMENTS_URL")
        case "off":
            return Item("payments", "ok", "off: nothing is sold")


def _plugins(folder: Path) -> Iterator[Item]:
    try:
        with capture_logs():
            found = check(folder)
    except PluginError as error:
        yield Item("plugins", "fault", f"{error}; set SAPP_PLUGINS to the folder of your plugins")
        return
    for failure in found.failures:
        hint = f"put it right, `python -m sapp_bot check {failure.path}` says when it is"
        yield Item("plugins", "warning", f"{failure.reason}; {hint}")
    for sentence in (s for plugin in found.table.plugins for s in plugin.advice):
        yield Item("settings", "warning", sentence)
    names = ", ".join(plugin.name for plugin in found.table.plugins)
    if names:
        yield Item("plugins", "ok", names)
    else:
        hint = "put right what is named above, or set SAPP_PLUGINS to the folder of your plugins"
        yield Item("plugins", "fault", f"none in {folder} can be used; {hint}")


def _time_zones() -> Item:
    """Return which time zones the bot reads: those of its package, not the system's."""
    hint = "install what requirements.txt names"
    try:
        version, names = metadata.version("tzdata"), zone_names()
    except (metadata.PackageNotFoundError, OSError, ImportError):
        return Item("time zones", "fault", f"the package tzdata is missing; {hint}")
    broken = [name for name in names if read_zone(name) is None]
    if broken or not names:
        return Item("time zones", "fault", f"the package tzdata is damaged; {hint}")
    return Item("time zones", "ok", f"{len(names)} of the package tzdata, version {version}")


async def _connections(settings: Settings) -> AsyncIterator[Item]:
    for item in await _redis(settings):
        yield item
    server = settings.telegram_server
    facts = await probe_telegram(
        f"{server.host}:{server.port}" if server else None,
        proxy=settings.telegram_proxy.get_secret_value(),
    )
    for item in _telegram(facts):
        yield item
    yield await _api(settings.sapp_api_url)


async def _redis(settings: Settings) -> list[Item]:
    try:
        connect, where = connector(settings.sapp_redis_url.get_secret_value())
    except ConfigError as error:
        return [Item("redis", "fault", str(error))]
    is_vouched = settings.sapp_redis_durable == "yes"
    return list(_redis_items(await inspect_redis(connect, is_vouched=is_vouched), where))


def _redis_items(facts: RedisFacts, where: str) -> Iterator[Item]:
    if not facts.latency_s:
        hint = "see that it runs there, and that SAPP_REDIS_URL and SAPP_REDIS_PASSWORD are right"
        yield Item("redis", "fault", f"{where} cannot be used ({facts.unknown}): {hint}")
        return
    if facts.is_too_old:
        least = ".".join(map(str, LEAST_VERSION))
        yield Item("redis", "fault", f"version {facts.version}; upgrade it to {least} or newer")
        return
    if not facts.version:
        answers = f"{where} answers in {facts.latency_s * 1000:.1f} ms; it does not say what it is"
        yield Item("redis", "ok", answers)
    else:
        yield _known_redis(facts, where)
    for sentence in facts.warnings():
        yield Item("redis", "warning", sentence)
    for sentence in facts.payment_faults():
        yield Item("payments", "warning", f"nothing can be sold for Stars: {sentence}")
    if facts.unknown:
        hint = "allow the bot's user +info, or look yourself whether it keeps its data"
        yield Item("redis", "warning", f"it does not say all of itself ({facts.unknown}): {hint}")
    if facts.latency_s > SLOW_S:
        yield Item("redis", "warning", "it is far away: run it on the same machine or network")


def _known_redis(facts: RedisFacts, where: str) -> Item:
    limit = f" of {facts.limit >> 20} MiB" if facts.limit else ", no limit"
    return Item(
        "redis",
        "ok",
        f"{where}, version {facts.version}, {facts.latency_s * 1000:.1f} ms,"
        f" {facts.used >> 20} MiB used{limit}",
    )


def _telegram(facts: TelegramFacts) -> Iterator[Item]:
    if facts.fault:
        hint = "is the network there? Where Telegram is blocked, set TELEGRAM_PROXY"
        yield Item("telegram", "fault", f"{facts.where} cannot be reached: {facts.fault}; {hint}")
        return
    way = " through TELEGRAM_PROXY" if facts.has_proxy else ""
    yield Item("telegram", "ok", f"{facts.where} answers{way} in {facts.latency_s * 1000:.0f} ms")
    if abs(facts.clock_off_s) > SKEW_S:
        off = f"this machine's clock is {facts.clock_off_s:+.0f} s off"
        yield Item("clock", "warning", f"{off}: let it be set by NTP")
    else:
        yield Item("clock", "ok", f"{facts.clock_off_s:+.1f} s from Telegram's")


async def _api(url: str) -> Item:
    if not url:
        hint = "set it to the address of a SAPP Finance API; whoever runs that service knows it"
        return Item("api", "fault", f"SAPP_API_URL is not set; {hint}")
    begun = time.monotonic()
    try:
        async with ApiClient(url, proxy=proxy_for(url)) as api:
            await api.call(calls.ping())
            latency_s = time.monotonic() - begun
            has_database = await api.has_database()
    except SappBotError as error:
        return Item("api", "warning", f"{url} {_api_fault(error)}; people are told so meanwhile")
    if not has_database:
        hint = "nobody can log in until it does; start the database"
        return Item("api", "warning", f"{url} answers, its database does not: {hint}")
    return Item("api", "ok", f"{url} and its database answer, in {latency_s * 1000:.0f} ms")


def _api_fault(error: SappBotError) -> str:
    """Return what is wrong with the API's answer, and what to do."""
    match error:
        case UpstreamUnreachable():
            return (
                "cannot be reached: see that the service runs, that SAPP_API_URL is its address,"
                " and that this machine may reach it (HTTPS_PROXY names a way around)"
            )
        case UpstreamFailed():
            return "answers with an error of its own: look into the log of that service"
    return (
        "answers, but not as the SAPP Finance API does: see that SAPP_API_URL is the address of"
        " one, without /api/v1"
    )


def run_doctor(load: Callable[[], Settings], *, as_json: bool) -> tuple[str, bool]:
    """Return the report, and whether nothing is at fault."""
    items: list[Item] = []
    try:
        settings = load()
    except ConfigError as error:
        items = [Item("settings", "fault", line.strip()) for line in str(error).splitlines()[1:]]
    else:
        with suppress(KeyboardInterrupt):
            items = asyncio.run(examine(settings))
    return report(items, as_json=as_json), not has_fault(items)
