"""The Redis proxy counts what passes and spoils what is planned, before any Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import redis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from sapp_bot.sandbox.faults import Delay, Drop, Fail, Hang, Hold
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.sandbox.redis.server import EmbeddedRedis

SCRIPT = "-- put\nredis.call('SET', KEYS[1], ARGV[1]); return redis.call('INCR', 'runs')"


@pytest.fixture(params=["embedded", "real"])
async def proxy(request: pytest.FixtureRequest) -> AsyncIterator[RedisProxy]:
    """Give a proxy before either Redis."""
    if request.param == "real":
        async with RedisProxy(request.getfixturevalue("redis_url")) as found:
            yield found
        return
    async with EmbeddedRedis() as server, RedisProxy(server.url) as found:
        yield found


@pytest.fixture
async def client(proxy: RedisProxy) -> AsyncIterator[Redis]:
    """Give a client that repeats nothing, already connected."""
    async with patient(proxy) as found:
        await found.ping()
        yield found


def patient(proxy: RedisProxy, *, timeout_s: float = 5.0) -> Redis:
    """Make a client without repeats."""
    return Redis.from_url(proxy.url, socket_timeout=timeout_s, retry=Retry(NoBackoff(), 0))


async def test_commands_are_counted_by_name(proxy: RedisProxy, client: Redis) -> None:
    """Names are upper case; a subcommand belongs to the name."""
    await client.set("key", "value")
    await client.script_exists("0" * 40)

    assert proxy.counts["SET"] == 1
    assert list(proxy.names)[-2:] == ["SET", "SCRIPT EXISTS"]


async def test_a_pipeline_is_one_round_trip(proxy: RedisProxy, client: Redis) -> None:
    """What is sent in one go counts once, whatever it holds."""
    before = proxy.round_trips
    async with client.pipeline(transaction=True) as pipe:
        for number in range(20):
            pipe.set(f"key {number}", "x" * 1000)
        await pipe.execute()
    await client.get("key 1")

    assert proxy.round_trips - before == 2


async def test_scripts_go_by_their_first_line(proxy: RedisProxy, client: Redis) -> None:
    """A script loaded through the proxy is known by the name in its first line."""
    script = client.register_script(SCRIPT)
    await client.script_load(SCRIPT)
    await script(keys=["k"], args=["v"])

    assert proxy.counts["EVALSHA:put"] == 1


@pytest.mark.parametrize("name", ["EVALSHA:put", "EVALSHA", "*:put"])
async def test_a_fault_finds_a_script(proxy: RedisProxy, client: Redis, name: str) -> None:
    """A fault strikes a script by its own name, by the command's, and by a pattern, once."""
    await client.script_load(SCRIPT)
    fault = proxy.faults.add(name, Fail(0, "OOM command not allowed"))
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        await client.register_script(SCRIPT)(keys=["k"], args=["v"])

    assert fault.seen == 1
    assert await client.get("runs") is None


async def test_hold_before_keeps_the_command_back(proxy: RedisProxy, client: Redis) -> None:
    """A command held before its work has not run; released, it runs and answers."""
    fault = proxy.faults.add("SET", Hold("before"))
    held = asyncio.ensure_future(client.set("key", "new"))
    await fault.reached.wait()
    async with patient(proxy) as other:
        assert await other.get("key") is None
    assert proxy.in_flight == 1
    fault.release()

    assert await held is True
    assert proxy.in_flight == 0


async def test_hold_after_keeps_the_reply_back(proxy: RedisProxy, client: Redis) -> None:
    """A command held after its work has run while its caller waits."""
    fault = proxy.faults.add("SET", Hold("after"))
    held = asyncio.ensure_future(client.set("key", "new"))
    await fault.reached.wait()
    async with patient(proxy) as other:
        async with asyncio.timeout(30):
            while await other.get("key") is None:
                pass
    assert not held.done()
    fault.release()

    assert await held is True


async def test_a_held_command_dies_with_its_caller(proxy: RedisProxy) -> None:
    """A caller that is killed while its command is held never sent it."""
    fault = proxy.faults.add("SET", Hold("before"))
    client = patient(proxy)
    held = asyncio.ensure_future(client.set("key", "new"))
    await fault.reached.wait()
    held.cancel()
    await asyncio.gather(held, return_exceptions=True)
    await client.aclose()
    async with patient(proxy) as other:
        await until(lambda: proxy.in_flight == 0)
        fault.release()
        assert await other.get("key") is None


@pytest.mark.parametrize(("when", "kept"), [("before", None), ("after", b"new")])
async def test_drop_cuts_the_connection(
    proxy: RedisProxy, client: Redis, when: str, kept: bytes | None
) -> None:
    """A dropped command fails for its caller; whether it ran is what `when` says."""
    proxy.faults.add("SET", Drop("before" if when == "before" else "after"))
    with pytest.raises(redis.ConnectionError):
        await client.set("key", "new")

    assert await client.get("key") == kept


@pytest.mark.parametrize(("when", "kept"), [("before", None), ("after", b"new")])
async def test_hang_never_answers(proxy: RedisProxy, when: str, kept: bytes | None) -> None:
    """A hanging command leaves its caller to its own timeout."""
    proxy.faults.add("SET", Hang("before" if when == "before" else "after"))
    async with patient(proxy, timeout_s=0.1) as client:
        with pytest.raises(redis.TimeoutError):
            await client.set("key", "new")

        assert await client.get("key") == kept
    await until(lambda: proxy.in_flight == 0)


async def test_a_lost_reply_makes_a_repeating_client_run_it_twice(proxy: RedisProxy) -> None:
    """redis-py's own repeats are visible: one INCR whose reply is lost counts two."""
    async with Redis.from_url(proxy.url, retry=Retry(NoBackoff(), 1)) as client:
        await client.ping()
        proxy.faults.add("INCR*", Drop("after"))

        assert await client.incr("n") == 2


async def test_delay_waits(proxy: RedisProxy, client: Redis) -> None:
    """A delayed command answers later, and only it."""
    loop = asyncio.get_running_loop()
    proxy.faults.add("GET", Delay(0.05))
    start = loop.time()
    await client.get("key")
    await client.get("key")

    assert 0.05 <= loop.time() - start < 1.0


async def test_refused_then_back(proxy: RedisProxy, client: Redis) -> None:
    """While it refuses, nothing connects and nothing stays connected; then the port is back."""
    url = proxy.url
    await proxy.refuse()
    with pytest.raises(redis.ConnectionError):
        await client.ping()
    await proxy.accept()

    assert proxy.url == url
    assert await client.ping()


async def test_frozen_work_is_done_late(proxy: RedisProxy) -> None:
    """What came in while it stood still runs at the thaw, though its caller gave up."""
    async with patient(proxy, timeout_s=0.1) as client:
        await client.ping()
        proxy.freeze()
        with pytest.raises(redis.TimeoutError):
            await client.set("key", "late")
        proxy.thaw()
    async with patient(proxy) as other:
        await until(lambda: proxy.in_flight == 0)

        assert await other.get("key") == b"late"


async def test_waiting_on_purpose_is_not_in_flight(proxy: RedisProxy, client: Redis) -> None:
    """A blocking read is no call somebody works on."""
    waiting = asyncio.ensure_future(client.blpop(["list"], timeout=5))
    await until(lambda: proxy.counts["BLPOP"] == 1)
    assert proxy.in_flight == 0
    async with patient(proxy) as other:
        await other.rpush("list", "x")

    assert list(await waiting or []) == [b"list", b"x"]


async def test_a_dead_redis_ends_the_callers_connection() -> None:
    """The proxy of a Redis that is gone accepts and hangs up at once."""
    async with EmbeddedRedis() as server, RedisProxy(server.url) as proxy:
        await server.refuse()
        async with patient(proxy) as client:
            with pytest.raises(redis.ConnectionError):
                await client.ping()


async def test_other_addresses_are_refused() -> None:
    """TLS cannot be looked into: the proxy says so instead of passing it on."""
    with pytest.raises(ValueError, match="redis://"):
        RedisProxy("rediss://127.0.0.1:1")


async def test_the_url_keeps_user_and_database() -> None:
    """The proxy's address differs from the target's in host and port only."""
    async with RedisProxy("redis://user:word@127.0.0.1:1/3") as proxy:
        assert proxy.url.startswith("redis://user:word@127.0.0.1:")
        assert proxy.url.endswith("/3")


async def until(holds: Callable[[], bool]) -> None:
    """Wait until a condition of the proxy holds."""
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.001)
