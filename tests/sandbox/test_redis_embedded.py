"""The embedded Redis answers as a Redis does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis
from redis.asyncio import Redis

from sapp_bot.sandbox.redis.server import EmbeddedRedis


@pytest.fixture(params=[2, 3], ids=["resp2", "resp3"])
async def client(
    request: pytest.FixtureRequest, embedded_redis: EmbeddedRedis
) -> AsyncIterator[Redis]:
    """Give a client in both versions of the protocol."""
    async with Redis.from_url(embedded_redis.url, protocol=request.param) as found:
        yield found


async def test_values_come_back(client: Redis) -> None:
    """Texts, numbers, hashes, sets and empty places survive the way there and back."""
    await client.set("text", b"\x00 line\r\n")
    await client.hset("hash", mapping={"a": 1})
    await client.sadd("set", "x")

    assert await client.get("text") == b"\x00 line\r\n"
    assert await client.get("none") is None
    assert await client.hgetall("hash") == {b"a": b"1"}
    assert await client.smembers("set") == {b"x"}
    assert await client.incr("n") == 1


async def test_an_error_reply_keeps_the_connection(client: Redis) -> None:
    """A refused command costs its answer only: the next one goes over the same connection."""
    await client.set("text", "x")
    number = await client.client_id()
    with pytest.raises(redis.ResponseError, match="wrong kind of value"):
        await client.lpush("text", "y")

    assert await client.client_id() == number


async def test_errors_keep_their_code(client: Redis) -> None:
    """An unknown script is told apart from other errors, so that clients load it."""
    with pytest.raises(redis.exceptions.NoScriptError):
        await client.evalsha("0" * 40, 0)


async def test_it_says_that_it_keeps_what_it_is_told(client: Redis) -> None:
    """A bot sells on no other; what it does not know has no value."""
    found = await client.config_get("appendonly", "MAXMEMORY-policy", "dir")

    assert found == {"appendonly": "yes", "maxmemory-policy": "noeviction"}


async def test_lua_runs(client: Redis) -> None:
    """Scripts read and write, and give numbers, texts and lists."""
    script = client.register_script("redis.call('SET', KEYS[1], ARGV[1]); return {1, ARGV[1]}")

    assert await script(keys=["k"], args=["v"]) == [1, b"v"]
    assert await client.get("k") == b"v"


async def test_a_transaction_is_one_answer(client: Redis) -> None:
    """MULTI and EXEC give the results in order."""
    async with client.pipeline(transaction=True) as pipe:
        pipe.set("a", "1")
        pipe.get("a")
        pipe.exists("b")

        assert await pipe.execute() == [True, b"1", 0]


async def test_a_waiting_reader_is_woken(client: Redis, embedded_redis: EmbeddedRedis) -> None:
    """BLPOP waits without holding up anybody, and gets what another connection brings."""
    waiting = asyncio.ensure_future(client.blpop(["list"], timeout=5))
    async with Redis.from_url(embedded_redis.url) as other:
        await other.rpush("list", "item")

    assert list(await waiting or []) == [b"list", b"item"]


async def test_a_waiting_reader_that_left_takes_nothing(embedded_redis: EmbeddedRedis) -> None:
    """What comes after a waiting caller hung up is still there for the next."""
    port = int(embedded_redis.url.rpartition(":")[2].partition("/")[0])
    async with Redis.from_url(embedded_redis.url) as other, asyncio.timeout(30):
        await other.ping()
        _, gone = await asyncio.open_connection("127.0.0.1", port)
        gone.write(b"*3\r\n$5\r\nBLPOP\r\n$4\r\nlist\r\n$1\r\n0\r\n")
        while len(await other.client_list()) == 1:
            pass
        gone.close()
        await gone.wait_closed()
        while len(await other.client_list()) == 2:
            pass
        await other.rpush("list", "item")

        assert await other.lpop("list") == b"item"


async def test_gone_and_back(embedded_redis: EmbeddedRedis) -> None:
    """Gone and back, the server is on the same port with the same data."""
    async with Redis.from_url(embedded_redis.url) as client:
        await client.set("k", "v")
        await embedded_redis.refuse()
        with pytest.raises(redis.ConnectionError):
            await client.get("k")
        await embedded_redis.accept()

        assert await client.get("k") == b"v"


async def test_flush_empties_it(embedded_redis: EmbeddedRedis) -> None:
    """A flush forgets data and scripts."""
    async with Redis.from_url(embedded_redis.url) as client:
        sha = await client.script_load("return 1")
        await client.set("k", "v")
        embedded_redis.flush()

        assert await client.dbsize() == 0
        assert await client.script_exists(sha) == [False]


async def test_what_is_no_command_ends_the_connection(embedded_redis: EmbeddedRedis) -> None:
    """Bytes of another protocol are hung up on, and others are not disturbed."""
    port = int(embedded_redis.url.rpartition(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")

    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
