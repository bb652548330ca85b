"""A Redis that is gone, frozen, restarted, emptied or cut loses nothing and doubles nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sapp_bot.errors import ConfigError, StoreAway
from sapp_bot.sandbox.faults import Drop, Fail
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.store import KeyRing, RedisStore, open_store
from sapp_bot.store.scripts import SCRIPTS
from tests.redis_server import RedisServer, find_binary
from tests.service.store_kit import (
    KEY,
    HandClock,
    Place,
    commit,
    due,
    message,
    note,
    plain,
    queued,
    signed_in,
)


@pytest.fixture
async def proxy(redis_url: str) -> AsyncIterator[RedisProxy]:
    """Give a proxy before a real Redis."""
    async with RedisProxy(redis_url) as found:
        yield found


@pytest.fixture
async def adapters(proxy: RedisProxy) -> AsyncIterator[Place]:
    """Give the way to the proxy; time passes when the store waits."""
    async with AsyncExitStack() as stack:
        yield Place(proxy.url, stack)


async def _everything(store: RedisStore) -> list[object]:
    """Make every call of the store once, in an order in which each has something to do."""
    inbox, outbox, attempts = store.inbox, store.outbox, store.attempts
    end = commit(message(1), queued("a", screen="s"), after=signed_in(), later=(due("t"),))
    await store.ping()
    await inbox.claim()
    await store.claim.take("here")
    renewal = asyncio.create_task(store.claim.renew())
    found: list[object] = [await inbox.accept(message(1)), await inbox.accept(message(2))]
    found += [await inbox.commit(end), await inbox.person_state(7)]
    found += [await inbox.begin(message(2)), await inbox.waiting(), await inbox.timers()]
    await outbox.push(queued("b"))
    await outbox.tell("every:t:1", [plain("t")], [note("told", "x")])
    await outbox.sent(queued("a", screen="s"), 10)
    found += [await outbox.unsent(), await outbox.screen(7, "s"), await outbox.screen(7, "other")]
    await store.plugin_storage.write([note(7, "a")])
    found += [
        await store.plugin_storage.get("pets:Note", 7),
        await store.plugin_storage.others("pets:Note", 8),
    ]
    found += [[kept async for kept in store.plugin_storage.all("pets:Note")]]
    await store.switches.set_enabled("pets", on=False)
    found += [await store.switches.off(), await store.leases.take("pets.feed", 5, keep_s=60)]
    found += [await store.locks.acquire("rates:live", "a", ttl_s=60)]
    await store.locks.release("rates:live", "a")
    found += [await store.locks.acquire("rates:live", "b", ttl_s=60)]
    await attempts.note("k", "1", window_s=60)
    await attempts.note("k", "1", window_s=60)
    found += [len(await attempts.recent("k", window_s=60))]
    await attempts.clear("k")
    found += [await store.locks.acquire("pets", "mine", ttl_s=60)]
    found += [await store.locks.acquire("pets", "theirs", ttl_s=60)]
    await store.locks.release("pets", "mine")
    await inbox.forget(7)
    found += [await inbox.person_state(7)]
    await _renewed(store)
    renewal.cancel()
    await store.claim.release()
    return [*found, await attempts.recent("k", window_s=60)]


_expected: list[object] = []


async def _undisturbed(adapters: Place, redis_server: RedisServer) -> list[object]:
    """Return what every call answers without a cut; each time the same, so it is asked once."""
    if not _expected:
        _expected.extend(await _everything(await adapters.open()))
        redis_server.flush()
    return _expected


@pytest.mark.parametrize("script", sorted(SCRIPTS))
@pytest.mark.parametrize("when", ["before", "after"])
async def test_one_cut_per_call_changes_nothing(
    proxy: RedisProxy, adapters: Place, redis_server: RedisServer, script: str, when: str
) -> None:
    """With the call or its answer lost once, every answer is the same as without."""
    expected = await _undisturbed(adapters, redis_server)
    store = await adapters.open()
    if script == "drop":
        await _leave_rubbish(store, redis_server)
    fault = proxy.faults.add(f"EVALSHA:{script}", Drop("after" if when == "after" else "before"))

    found = await _everything(store)

    assert fault.reached.is_set()
    assert found == expected


async def _renewed(store: RedisStore) -> None:
    """Wait until the claim was renewed: calls go out in order, so one behind it will do."""
    await asyncio.sleep(0)
    await store.ping()


async def _thaw(proxy: RedisProxy) -> None:
    proxy.thaw()


async def _leave_rubbish(store: RedisStore, server: RedisServer) -> None:
    server.call("RPUSH", store.keys.inbox(99), "m:99:1\nrubbish")
    server.call("SADD", store.keys.people, "99")


async def test_a_command_costs_three_round_trips(proxy: RedisProxy, adapters: Place) -> None:
    """Accept, commit, sent: one each."""
    store = await adapters.open()
    before = proxy.round_trips
    reply = queued("m:7:1:0", screen="client")

    await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1), reply, after=signed_in(), later=(due("t"),)))
    await store.outbox.sent(reply, 10)

    assert proxy.round_trips - before == 3
    assert list(proxy.names)[-3:] == ["EVALSHA:accept", "EVALSHA:commit", "EVALSHA:sent"]


async def test_calls_that_wait_go_out_together(proxy: RedisProxy, adapters: Place) -> None:
    """A hundred offers at once take two round trips, and keep their order per person."""
    store = await adapters.open()
    before = proxy.round_trips

    offers = [store.inbox.accept(message(n, person=n % 3)) for n in range(100)]
    await asyncio.gather(*offers)

    assert proxy.round_trips - before <= 2
    waiting = await store.inbox.waiting()
    numbers = [int(left.update.key.split(":")[2]) for left in waiting]
    assert numbers == sorted(range(100), key=lambda n: (n % 3, n))


async def test_a_short_outage_is_waited_out(proxy: RedisProxy, adapters: Place) -> None:
    """Refused for ten seconds: the call waits, and no longer than needed."""
    store = await adapters.open()
    await proxy.refuse()
    adapters.clock.plan(10, proxy.accept)

    assert (await store.inbox.accept(message(1))).person_state is not None
    assert sum(adapters.clock.slept) <= 10.5


async def test_a_frozen_redis_is_waited_out(proxy: RedisProxy, adapters: Place) -> None:
    """What is run late, after it was sent again, has no second effect."""
    store = await adapters.open()
    await store.inbox.accept(message(1))
    proxy.freeze()
    adapters.clock.plan(0, partial(_thaw, proxy))
    end = commit(message(1), queued("a"), after=signed_in())

    assert await store.inbox.commit(end) == signed_in()
    assert proxy.counts["EVALSHA:commit"] == 2
    assert list(await store.outbox.unsent()) == [queued("a")]


async def test_patience_ends_and_the_offer_keeps_its_place(
    proxy: RedisProxy, adapters: Place
) -> None:
    """After twelve seconds the caller hears of it; asked again, the order is the old one."""
    store = await adapters.open()
    await proxy.refuse()
    first = asyncio.create_task(store.inbox.accept(message(1)))
    await asyncio.sleep(0)
    adapters.clock.pass_by(1)
    second = asyncio.create_task(store.inbox.accept(message(2)))
    with pytest.raises(StoreAway):
        await first
    with pytest.raises(StoreAway):
        await second
    await proxy.accept()

    third = await store.inbox.accept(message(3))
    again = [await store.inbox.accept(message(number)) for number in (2, 1)]

    assert third.person_state is None
    assert [accepted.fresh for accepted in again] == [True, True]
    waiting = [left.update.key for left in await store.inbox.waiting()]
    assert waiting == ["m:7:1", "m:7:2", "m:7:3"]


async def test_an_offer_whose_answer_was_lost_is_still_fresh(
    proxy: RedisProxy, adapters: Place
) -> None:
    """The caller that gave up on a stored update gets it when it asks again, once."""
    store = await adapters.open()
    proxy.faults.add("EVALSHA:accept", Drop("after"), times=None)
    with pytest.raises(StoreAway):
        await store.inbox.accept(message(1))
    proxy.faults.clear()

    again = [await store.inbox.accept(message(1)) for _ in range(2)]

    assert [accepted.fresh for accepted in again] == [True, False]
    assert again[0].person_state is not None
    assert len(await store.inbox.waiting()) == 1


async def test_a_restarted_redis_is_taught_its_scripts(
    adapters: Place, redis_server: RedisServer
) -> None:
    """Without scripts, the call loads them and goes on."""
    store = await adapters.open()
    redis_server.call("SCRIPT", "FLUSH")

    assert (await store.inbox.accept(message(1))).fresh
    assert adapters.clock.slept == [0.0]


@pytest.mark.parametrize("answer", ["OOM full", "LOADING disk", "READONLY replica", "MISCONF disk"])
async def test_a_redis_that_refuses_for_now_is_asked_again(
    proxy: RedisProxy, adapters: Place, answer: str
) -> None:
    """Full, loading, failing over: no loss, the same call later."""
    store = await adapters.open()
    proxy.faults.add("EVALSHA:*", Fail(0, answer), times=3)

    assert (await store.inbox.accept(message(1))).fresh


async def test_an_emptied_redis_is_reported_and_used(
    adapters: Place, redis_server: RedisServer
) -> None:
    """FLUSHALL: the process goes on, the turn under way still answers, the log cries out."""
    store = await adapters.open()
    await store.inbox.accept(message(1))
    redis_server.flush()

    with capture_logs() as logs:
        await store.inbox.commit(commit(message(1), queued("a"), after=signed_in()))
        await store.inbox.commit(commit(message(1), queued("a"), after=signed_in()))

    assert "store.emptied" in [line["event"] for line in logs]
    assert list(await store.outbox.unsent()) == [queued("a")]
    assert not (await store.inbox.accept(message(1))).fresh


async def test_an_outage_is_logged_once(proxy: RedisProxy, adapters: Place) -> None:
    """One line when it begins, one when it ends."""
    store = await adapters.open()
    with capture_logs() as logs:
        proxy.faults.add("EVALSHA:*", Drop("before"), times=5)
        await store.inbox.accept(message(1))

    assert [line["event"] for line in logs] == ["store.away", "store.back"]


async def test_a_closed_store_says_so(adapters: Place) -> None:
    """Whoever waits when the store closes, or calls later, is told at once."""
    opening = open_store(adapters.url, KeyRing([KEY]), account=1, clock=adapters.clock)
    async with opening as store:
        pass

    with pytest.raises(StoreAway, match="closed"):
        await store.inbox.accept(message(1))


async def _opened(url: str) -> None:
    async with open_store(url, KeyRing([KEY]), account=1, clock=HandClock()):
        pass


async def test_a_redis_that_is_not_there_is_away() -> None:
    """Refused at start is an outage, not a wrong setting: it may be starting."""
    with pytest.raises(StoreAway, match=r"127\.0\.0\.1:1\b"):
        await _opened("redis://:hunter2@127.0.0.1:1/0")


@pytest.mark.parametrize(
    "url",
    ["", "localhost", "http://h", "redis://h:port", "redis://:hunter2@h/0?nonsense=1", "redis://["],
)
async def test_a_wrong_address_is_explained(url: str) -> None:
    """The setting is named, the password in it is not."""
    with pytest.raises(ConfigError, match="SAPP_REDIS_URL") as caught:
        await _opened(url)

    assert "hunter2" not in str(caught.value)


async def test_what_is_not_a_redis_is_named() -> None:
    """A web server on the port is a wrong setting."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConfigError, match="not a Redis"):
            await _opened(f"redis://127.0.0.1:{port}/0")


@pytest.mark.parametrize("login", ["", ":wrong@", "nobody:wrong@"])
async def test_a_wrong_password_is_a_wrong_setting(tmp_path: Path, login: str) -> None:
    """Redis refuses us: said at start, without the password."""
    if find_binary() is None:
        pytest.skip("no redis-server found")
    with RedisServer(tmp_path) as server:
        server.call("CONFIG", "SET", "requirepass", "hunter2")
        with pytest.raises(ConfigError, match="password") as caught:
            await _opened(server.url.replace("//", f"//{login}"))
        await _opened(server.url.replace("//", "//:hunter2@"))
    assert "wrong" not in str(caught.value).replace("WRONGPASS", "")


async def test_a_replica_is_away(tmp_path: Path) -> None:
    """A failover may make it a primary in a moment: the start waits, and the log says for what."""
    if find_binary() is None:
        pytest.skip("no redis-server found")
    with RedisServer(tmp_path) as server:
        server.call("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(StoreAway, match=r"name the primary in SAPP_REDIS_URL"):
            await _opened(server.url)
        server.call("REPLICAOF", "NO", "ONE")
        await _opened(server.url)
