"""What the bot measures, recorded at each place that measures."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.observability import metrics
from sapp_bot.sandbox.faults import Drop
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.sandbox.redis.server import EmbeddedRedis
from sapp_bot.sapp.breaker import FAILURES, REST_S, Breaker
from sapp_bot.sapp.errors import UpstreamUnreachable
from sapp_bot.store import KeyRing, make_key, open_store
from sapp_bot.testing import Stage
from tests.host.live import write
from tests.metrics import RecordingMetrics
from tests.sapp_calls import register
from tests.service.store_kit import HandClock

PLUGIN = '''
"""A handler that works, and one that does not."""

from sapp_bot import Ctx, Plugin

plugin = Plugin(version="1")


@plugin.command
async def works(ctx: Ctx) -> None:
    """Work."""
    await ctx.say("Done.")


@plugin.command
async def fails(ctx: Ctx) -> None:
    """Fail."""
    raise ValueError("by plan")
'''


@pytest.fixture
def recorded() -> RecordingMetrics:
    """Give a recorder."""
    return RecordingMetrics()


@pytest.fixture
async def stage(tmp_path: Path, recorded: RecordingMetrics) -> AsyncIterator[Stage]:
    """Run the bot with a plugin of two commands."""
    write(tmp_path, "tries", PLUGIN)
    async with Stage(tmp_path, metrics=recorded) as stage:
        stage.may_fail = True
        yield stage


async def test_each_update_is_counted_and_timed(stage: Stage, recorded: RecordingMetrics) -> None:
    """By its kind and by its outcome."""
    ann = stage.person("Ann")
    await ann.says("/works")
    await ann.says("/fails")

    assert recorded.counted("updates", kind="Message", outcome="done") == 1
    assert recorded.counted("updates", kind="Message", outcome="failed") == 1
    assert recorded.observed("update_seconds", kind="Message") == [0, 0]


async def test_each_handler_is_timed(stage: Stage, recorded: RecordingMetrics) -> None:
    """By its plugin, and by whether it failed."""
    ann = stage.person("Ann")
    await ann.says("/works")
    await ann.says("/fails")

    assert recorded.observed("handler_seconds", plugin="tries", outcome="done") == [0]
    assert recorded.observed("handler_seconds", plugin="tries", outcome="failed") == [0]


async def test_calls_of_the_store_are_counted_and_timed(recorded: RecordingMetrics) -> None:
    """Each batch with its calls and its time, and each repeat."""
    async with EmbeddedRedis() as redis, RedisProxy(redis.url) as proxy:
        proxy.faults.add("EVALSHA:*", Drop("before"))
        ring = KeyRing([make_key()])
        async with open_store(
            proxy.url, ring, account=1, clock=HandClock(), metrics=recorded
        ) as store:
            await store.inbox.claim()

    assert recorded.counted("store_calls") == 2  # the ping at the start, the claim
    assert recorded.counted("store_retries", reason="ConnectionBroken") == 1
    assert recorded.observed("store_batch_seconds") == [0, 0]
    assert recorded.values("store_waiting") == [0, 0]


def test_the_breaker_counts_calls_and_shows_its_state(recorded: RecordingMetrics) -> None:
    """Calls are answered, unreachable or rejected; the gauge is 1 while they are rejected."""
    now = [0.0]
    breaker, request = Breaker(lambda: now[0], recorded), register().request
    for _ in range(FAILURES):
        with pytest.raises(UpstreamUnreachable), breaker.watch(request):
            raise UpstreamUnreachable(request.name, "cut", sent=False)
    with pytest.raises(UpstreamUnreachable), breaker.watch(request):
        raise AssertionError("not reached")
    now[0] += REST_S
    with breaker.watch(request):
        pass

    assert recorded.counted("api_calls", outcome="unreachable") == FAILURES
    assert recorded.counted("api_calls", outcome="rejected") == 1
    assert recorded.counted("api_calls", outcome="answered") == 1
    assert recorded.values("api_breaker_open") == [1, 0]


async def test_calls_of_the_api_reach_the_metrics(tmp_path: Path) -> None:
    """The API client hands its metrics to the breaker."""
    recorded = RecordingMetrics()
    write(tmp_path, "tries", PLUGIN)
    async with Stage(tmp_path, metrics=recorded) as stage:
        await stage.signed_in()

    assert recorded.counted("api_calls", outcome="answered") == 1


def test_the_null_metrics_take_everything() -> None:
    """Without an adapter nothing is measured, and nothing fails."""
    metrics.NO_METRICS.count("updates", kind="Message")
    metrics.NO_METRICS.observe("update_seconds", 0.5, kind="Message")
    metrics.NO_METRICS.gauge("store_waiting", 1)


def test_every_name_is_in_the_table() -> None:
    """The module's docstring lists each name that the code measures, and no other."""
    code = "".join(path.read_text("utf-8") for path in Path("sapp_bot").rglob("*.py"))
    used = set(re.findall(r'[mM]etrics\.(?:count|observe|gauge)\(\s*"(\w+)"', code))
    documented = set(
        re.findall(r"^\| (\w+) \| (?:count|observe|gauge) ", metrics.__doc__ or "", re.MULTILINE)
    )

    assert used == documented
