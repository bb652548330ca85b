"""The real bot with SAPP_MONITORING: scraped over HTTP while people use it."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Iterator, Mapping
from pathlib import Path

import aiohttp
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from sapp_bot import errors
from sapp_bot.host.built_in import built_in_plugins
from sapp_bot.host.lifecycle.record import PluginState
from sapp_bot.monitoring.catalogue import CATALOGUE, PREFIX
from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.faults import Fail
from sapp_bot.sapp import errors as api_errors
from tests.end_to_end.world import LOOK_S, WAIT_S, World
from tests.pages import ROOT

PASSWORD = "correct horse battery"

CARD = "4929123456789012"
"""What somebody types by mistake; so long that no duration has it among its digits by chance."""


def free_port() -> str:
    """Find a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


async def ask(port: str, path: str) -> tuple[int, str]:
    """Ask the bot over HTTP: the status and the body."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as http,
        http.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.text()


async def health(world: World) -> tuple[bool, str]:
    """Ask `python -m sapp_bot health`."""
    command = (sys.executable, "-m", "sapp_bot", "health")
    environment = {**world.environment(), "PYTHONPATH": str(ROOT)}
    process = await create_subprocess_exec(*command, env=environment, stdout=PIPE)
    said, _ = await process.communicate()
    return process.returncode == 0, said.decode().strip()


def names_of_errors() -> set[str]:
    """List the classes of all errors that an update can end with."""
    found = [*vars(errors).values(), *vars(api_errors).values()]
    return {e.__name__ for e in found if isinstance(e, type) and issubclass(e, Exception)}


def routes() -> set[str]:
    """List the templates of all routes of the API, as the calls have them."""
    sources = [*(ROOT / "sapp_bot/sapp").rglob("*.py")]
    return set(re.findall(r'"(/[\w/{}-]*)"', "".join(s.read_text("utf-8") for s in sources)))


KINDS = {"Message", "Press", "Due", "PaymentReceived", "PaymentRefunded"}

ALLOWED: Mapping[str, set[str]] = {
    "kind": KINDS,
    "outcome": {"done", "failed", "sent", "dropped", *names_of_errors()},
    "cause": {"paused", "away"},
    "of": {"replies", "broadcasts"},
    "plugin": {*built_in_plugins().names, ""},
    "state": {state.value for state in PluginState},
    "method": {"GET", "POST", "PUT", "PATCH", "DELETE"},
    "route": routes(),
    "status": {"1xx", "2xx", "3xx", "4xx", "5xx", "none"},
    "reason": {"ConnectionBroken", "RedisRefused", "TimeoutError"},
}
"""All that a label may say, but for versions and the bounds of buckets."""


def ours(text: str) -> Iterator[Metric]:
    """Read a scrape; give what the bot measures by itself."""
    for family in text_string_to_metric_families(text):
        if family.name.startswith(PREFIX):
            yield family


def strange_labels(text: str) -> list[tuple[str, str, str]]:
    """List the labels of a scrape that nobody has allowed."""
    return [
        (sample.name, label, value)
        for family in ours(text)
        for sample in family.samples
        for label, value in sample.labels.items()
        if label != "le" and not family.name.endswith("build_info")
        if value not in ALLOWED.get(label, set())
    ]


def totals(text: str) -> dict[str, float]:
    """Add up a scrape: counters, and how often durations were measured, by name."""
    found: dict[str, float] = {}
    for family in ours(text):
        for sample in family.samples:
            if not sample.name.endswith(("_bucket", "_sum", "_created")):
                found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def handled(world: World, updates: int) -> None:
    """Wait until so many updates are handled, and answered."""
    await world.until(lambda: world.bot.log.read_bytes().count(b"update.handled") >= updates)
    await world.calm()


async def buys(world: World, ann: SimulatedUser) -> None:
    """Let somebody buy 1,000 reads for 50 Stars, and see them come."""
    world.telegram.give_stars(ann.account, 50)
    await ann.press("Buy reads")
    await ann.sees("1,000 reads for 50 Stars")
    await ann.press("1,000 reads · 50 ⭐")
    await handled(world, 10)  # the invoice has no text
    assert await ann.pay() == ""
    await ann.sees("Done: +1,000 reads. Left: 1,010.")


async def a_day(world: World) -> None:
    """Let somebody do what people do: forms, presses, purchases, mistakes, refusals, faults."""
    ann = await world.person("Ann")
    for line in ("/start", "/register ann@example.com", PASSWORD, PASSWORD):
        await ann.say(line)
    await ann.sees("it cannot be changed later")
    await ann.press("Create")
    for line in ("/newclient shop", "*"):
        await ann.say(line)
    await ann.sees("can be changed later")
    await ann.press("Create")
    await ann.sees("10 reads left")
    await buys(world, ann)
    world.telegram.faults.add(world.by_bot("messages.sendMessage"), Fail(420, "FLOOD_WAIT_1"))
    for line in ("/client show", "/logout", "/client", "/usage 5000000123", f"Ann Smith {CARD}"):
        await ann.say(line)
    await ann.say("/help")
    await handled(world, 16)


async def test_the_bot_is_watched_while_people_use_it(tmp_path: Path, redis_anywhere: str) -> None:
    """A day of a person is counted, and no label says anything of them."""
    port = free_port()
    world = World(tmp_path, redis_anywhere, SAPP_MONITORING=port, SAPP_BILLING_PACKS="1000:50")
    admin = world.api.database.admin
    world.configure(SAPP_ADMIN_EMAIL=admin.email, SAPP_ADMIN_PASSWORD=admin.password)
    async with world:
        await world.until(lambda: b"bot.ready" in world.bot.log.read_bytes())
        await a_day(world)
        status, text = await ask(port, "/metrics")

    assert status == 200
    assert strange_labels(text) == []
    for told in ("Smith", "example", CARD, "5000000123", PASSWORD, "shop"):
        assert told not in text
    assert {f.name for f in ours(text)} >= {
        m.prometheus_name.removesuffix("_total") for m in CATALOGUE
    }
    count = totals(text)
    assert count["sapp_bot_updates_total"] >= 10
    assert count["sapp_bot_queue_seconds_count"] == count["sapp_bot_updates_total"]
    assert count["sapp_bot_payments_total"] == 1
    assert count["sapp_bot_payment_stars_total"] == 50
    assert count["sapp_bot_payments_held"] == 0
    assert count["sapp_bot_replies_total"] >= 10
    assert count["sapp_bot_api_seconds_count"] >= 3
    assert count["sapp_bot_store_batch_seconds_count"] >= 20
    assert count["sapp_bot_flood_wait_seconds_count"] >= 1
    assert count["sapp_bot_loop_lag_seconds_count"] >= 1
    assert count["sapp_bot_ready"] == 1
    assert count["sapp_bot_plugin_state"] == len(built_in_plugins().names)
    assert len(text.splitlines()) < 3000


async def test_health_and_readyz_agree(tmp_path: Path, redis_anywhere: str) -> None:
    """With Redis, without it, and with it again; the process is alive all the time."""
    port = free_port()
    async with World(tmp_path, redis_anywhere, SAPP_MONITORING=port) as world:

        async def until(status: int) -> str:
            """Wait until /readyz says so, and `health` the same; /livez never complains."""
            async with asyncio.timeout(WAIT_S):
                while (found := await ask(port, "/readyz"))[0] != status:
                    assert (await ask(port, "/livez"))[0] == 200
                    await asyncio.sleep(LOOK_S)
            assert (await health(world))[0] == (status == 200)
            return found[1]

        assert '"missing": []' in await until(200)
        await world.redis.refuse()
        assert "Redis does not answer." in await until(503)
        await world.redis.accept()
        await until(200)


async def test_it_can_be_asked_while_it_waits_for_telegram(
    tmp_path: Path, redis_anywhere: str
) -> None:
    """A start that cannot reach Telegram is alive, and says what it waits for."""
    port = free_port()
    world = World(tmp_path, redis_anywhere, kind=BotProcess, SAPP_MONITORING=port)
    async with world.neighbours():
        world.telegram.network.refuse()
        bot = world.bot = world.process("away")
        await bot.start()
        await world.until(lambda: b"monitoring.open" in bot.log.read_bytes())
        alive, ready = await ask(port, "/livez"), await ask(port, "/readyz")
        await bot.stop(grace_s=10)

    assert (alive[0], ready[0]) == (200, 503)
    assert "has not reached both Telegram and Redis yet" in ready[1]
    assert bot.exit_code == 0


async def test_without_the_setting_nothing_of_it_is_imported(
    tmp_path: Path, redis_anywhere: str
) -> None:
    """No library, no server, no port: the start and each command cost what they did."""
    off = await imported(World(tmp_path, redis_anywhere, kind=BotProcess))
    on = await imported(
        World(tmp_path, redis_anywhere, kind=BotProcess, SAPP_MONITORING=free_port())
    )

    assert off & WATCHING == set()
    assert on >= WATCHING


WATCHING = {"prometheus_client", "aiohttp.web", "sapp_bot.monitoring"}


async def imported(world: World) -> set[str]:
    """Start a bot, stop it, and list the modules that it has imported."""
    async with world.neighbours():
        bot = world.bot = world.process("imports")
        bot._command = (*bot._command[:1], "-X", "importtime", *bot._command[1:])
        await bot.start()
        await world.until(lambda: b"bot.ready" in bot.log.read_bytes())
        await bot.stop(grace_s=10)
    text = bot.log.read_text()
    bot.log.unlink()
    return set(re.findall(r"^import time: .*\| +([\w.]+)$", text, re.MULTILINE))
