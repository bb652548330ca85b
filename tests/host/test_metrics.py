"""What the bot measures, recorded at each place that measures."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from sapp_bot.domain.ports import Commit
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Update
from sapp_bot.host.pipeline.queue_times import MOST_NOTED, QueueTimes
from sapp_bot.monitoring.catalogue import CATALOGUE
from sapp_bot.observability import metrics
from sapp_bot.sandbox.faults import Drop
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.sandbox.redis.server import EmbeddedRedis
from sapp_bot.sapp import calls
from sapp_bot.sapp.breaker import FAILURES, REST_S, Breaker
from sapp_bot.sapp.errors import BadCredentials, UpstreamUnreachable
from sapp_bot.store import KeyRing, make_key, open_store
from sapp_bot.testing import ManualClock, RecordingMetrics, Stage
from tests.host.live import write
from tests.sapp_calls import register
from tests.service.store_kit import HandClock, commit, message

PLUGIN = '''
"""A handler that works, and one that does not."""

from sapp_bot import Ctx, Plugin
from sapp_bot.services import UserError

plugin = Plugin(version="1")


@plugin.command
async def works(ctx: Ctx) -> None:
    """Work."""
    await ctx.say("Done.")


@plugin.command
async def fails(ctx: Ctx) -> None:
    """Fail."""
    raise ValueError("by plan")


@plugin.command
async def refuses(ctx: Ctx) -> None:
    """Refuse."""
    raise UserError("No.")
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


def test_the_breaker_counts_what_it_rejects_and_shows_its_state(
    recorded: RecordingMetrics,
) -> None:
    """The gauge is 1 while calls are rejected, which are counted."""
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

    assert recorded.counted("api_rejected") == 1
    assert recorded.values("api_breaker_open") == [1, 0]


async def test_each_try_of_an_api_call_is_timed(tmp_path: Path) -> None:
    """By method, route (a template, which names nobody) and class of status; "none" for none."""
    recorded = RecordingMetrics()
    write(tmp_path, "tries", PLUGIN)
    async with Stage(tmp_path, metrics=recorded) as stage:
        await stage.signed_in()
        stage.api.faults.add("POST /auth/login", Drop("before"))
        with pytest.raises(UpstreamUnreachable):
            await stage._adapters.api.call(calls.log_in("ann@example.com", SecretStr("wrong")))
        with pytest.raises(BadCredentials):
            await stage._adapters.api.call(calls.log_in("ann@example.com", SecretStr("wrong")))

    def tries(route: str, status: str) -> int:
        return len(recorded.observed("api_seconds", method="POST", route=route, status=status))

    assert tries("/auth/register", "2xx") == 1
    assert tries("/auth/login", "none") == 1
    assert tries("/auth/login", "4xx") == 2  # believed when it is said again


async def test_an_update_waits_measurably(recorded: RecordingMetrics) -> None:
    """From its arrival to its handling; what an earlier process has received waits unmeasured."""
    clock, handled = ManualClock(), list[tuple[str, bool]]()

    async def handle(update: Update, person_state: PersonState, *, again: bool = False) -> Commit:
        handled.append((update.key, again))
        return commit(update, after=person_state)

    times = QueueTimes(recorded, clock)
    times.receiving(lambda _: None)(message(1))
    clock.skip(10)
    for number in (1, 2):
        await times.handling(handle)(message(number), PersonState(), again=number == 2)

    assert recorded.observed("queue_seconds", kind="Message") == [10]
    assert handled == [(message(1).key, False), (message(2).key, True)]


def test_where_nothing_is_measured_nothing_stands_in_the_way() -> None:
    """Both ends of the queues are what they were."""
    times = QueueTimes(metrics.NO_METRICS, ManualClock())

    async def handle(update: Update, person_state: PersonState, *, again: bool = False) -> Commit:
        raise AssertionError((update, person_state, again))

    def receive(update: Update) -> None:
        raise AssertionError(update)

    assert times.handling(handle) is handle
    assert times.receiving(receive) is receive


class CountingNothing(metrics.NullMetrics):
    """Measures nothing, and counts how often that is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Count."""
        self.calls += 1

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Count."""
        self.calls += 1

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Count."""
        self.calls += 1


async def test_what_a_command_pays_where_nothing_is_measured(tmp_path: Path) -> None:
    """15 calls that do nothing: 9 for three round trips to Redis, 6 for update, handler, reply.

    A call of the API is one more. Each takes less than a microsecond; a new one has to be worth it.
    """
    nothing = CountingNothing()
    write(tmp_path, "tries", PLUGIN)
    async with Stage(tmp_path, metrics=nothing) as stage:
        ann = stage.person("Ann")
        await ann.says("/works")
        before = nothing.calls
        for _ in range(10):
            await ann.says("/works")

    assert nothing.calls - before <= 15 * 10


async def test_what_is_never_handled_fills_no_memory(recorded: RecordingMetrics) -> None:
    """Of arrivals that are turned away the oldest are forgotten."""
    times = QueueTimes(recorded, ManualClock())
    receive = times.receiving(lambda _: None)
    for number in range(MOST_NOTED + 10):
        receive(message(number))

    assert len(times._arrived) == MOST_NOTED


async def test_both_ends_of_the_queues_are_watched(
    stage: Stage, recorded: RecordingMetrics
) -> None:
    """A message to the bot is one wait."""
    await stage.person("Ann").says("/works")

    assert recorded.observed("queue_seconds", kind="Message") == [0]


async def test_errors_of_a_plugin_are_counted(stage: Stage, recorded: RecordingMetrics) -> None:
    """Its own, by its name; no refusal counts."""
    ann = stage.person("Ann")
    await ann.says("/fails")
    await ann.says("/refuses")

    assert recorded.counted("plugin_errors", plugin="tries") == 1


def test_the_null_metrics_take_everything() -> None:
    """Without an adapter nothing is measured, and nothing fails."""
    metrics.NO_METRICS.count("updates", kind="Message")
    metrics.NO_METRICS.observe("update_seconds", 0.5, kind="Message")
    metrics.NO_METRICS.gauge("store_waiting", 1)


LOOKED_AT = {"plugin_state", "ready", "maintenance"}
"""What is set when somebody looks."""


def test_the_catalogue_is_what_the_code_measures() -> None:
    """Each name with its method and its labels, and no other."""
    code = "".join(path.read_text("utf-8") for path in Path("sapp_bot").rglob("*.py"))
    found = re.findall(
        r'[mM]etrics\.(count|observe|gauge)\(\s*"(\w+)"((?:[^()]|\([^()]*\))*)\)', code
    )
    used = {(name, method, *sorted(re.findall(r"(\w+)=", rest))) for method, name, rest in found}
    known = {(m.name, m.method, *sorted(m.labels)) for m in CATALOGUE}

    assert used | {row for row in known if row[0] in LOOKED_AT} == known
