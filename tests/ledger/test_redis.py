"""The ledger's store on each kind of Redis: facts once, persons sealed, a wipe found out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from sapp_bot.clock import SystemClock
from sapp_bot.domain.ledger_entry import LedgerEntry
from sapp_bot.errors import LedgerLost
from sapp_bot.sandbox.faults import Drop
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.store import KeyRing, open_store
from sapp_bot.store.ledger.redis_ledger import RedisLedger
from sapp_bot.store.server.connection import RedisConnection, packed
from sapp_bot.store.server.connector import connector
from sapp_bot.store.server.inspection import inspect_redis
from tests.redis_server import RedisServer
from tests.service.store_kit import KEY, OTHER_KEY, Place


@pytest.fixture
async def ledger(store_place: Place) -> RedisLedger:
    """Give the ledger's store, with an epoch."""
    store = (await store_place.open(claim=False)).ledger
    assert await store.change_epoch("", "e1 whole") == "e1 whole"
    return store


async def test_a_fact_is_written_once(ledger: RedisLedger) -> None:
    """The first value stands, whoever writes again."""
    assert await ledger.add("e1", "client:7", "in:ch1", "1000 10 paid") == "1000 10 paid"
    assert await ledger.add("e1", "client:7", "in:ch1", "9999 10 paid") == "1000 10 paid"
    assert await ledger.read("client:7") == {"in:ch1": "1000 10 paid"}
    assert await ledger.one("client:7", "in:ch1") == "1000 10 paid"
    assert await ledger.one("client:7", "in:ch2") is None


async def test_entries_are_written_at_one_moment(ledger: RedisLedger) -> None:
    """The first decides: where it stands otherwise, nothing else is written."""
    home = LedgerEntry("charges", "ch1", "7")
    rest = [
        LedgerEntry("client:7", "in:ch1", "1000 10 paid"),
        LedgerEntry("dirty", "7", "mark", replaces=True),
    ]
    assert await ledger.add_all("e1", [home, *rest]) == ["7", "1000 10 paid", "mark"]
    again = [LedgerEntry("client:7", "in:ch1", "5 10 paid"), replace(rest[1], value="newer")]
    assert await ledger.add_all("e1", [home, *again]) == ["7", "1000 10 paid", "newer"]
    other = [LedgerEntry("charges", "ch1", "8"), LedgerEntry("client:8", "in:ch1", "1000 10 paid")]
    assert await ledger.add_all("e1", other) == ["7"]
    assert await ledger.read("client:8") == {}
    assert await ledger.read("dirty") == {"7": "newer"}


async def test_a_mark_is_removed_only_as_it_was(ledger: RedisLedger) -> None:
    """Work that was noted meanwhile stays noted."""
    await ledger.put("e1", "dirty", "7", "a")
    await ledger.put("e1", "dirty", "7", "b")
    await ledger.remove("e1", "dirty", "7", "a")
    assert await ledger.read("dirty") == {"7": "b"}
    await ledger.remove("e1", "dirty", "7", "b")
    assert await ledger.read("dirty") == {}


async def test_epochs_are_exchanged_by_compare(ledger: RedisLedger) -> None:
    """An epoch is replaced by who knows it; writes of another one are refused, reads are not."""
    assert await ledger.change_epoch("", "e2 whole") == "e1 whole"
    assert await ledger.change_epoch("e1 whole", "e1 recovering") == "e1 recovering"
    assert await ledger.add("e1", "client:7", "base", "10") == "10"
    for write in (
        ledger.add("e2", "client:7", "base", "11"),
        ledger.add_all("e2", [LedgerEntry("charges", "ch1", "7")]),
        ledger.put("e2", "meta", "cursor", "1 x"),
        ledger.remove("e2", "dirty", "7", "a"),
        ledger.keep("e2", "order:a", "text", 60),
        ledger.lock("e2", "checkout:a", "t", 60),
        ledger.note("e2", "t", "entry"),
    ):
        with pytest.raises(LedgerLost):
            await write
    assert await ledger.read("client:7") == {"base": "10"}


async def test_orders_are_kept_and_locked(ledger: RedisLedger) -> None:
    """An order is kept for its time, a checkout has one holder."""
    await ledger.keep("e1", "order:a", '{"user": 7}', 60)
    assert await ledger.kept("order:a") == '{"user": 7}'
    assert await ledger.kept("order:b") is None
    assert await ledger.lock("e1", "checkout:a", "q1", 60)
    assert await ledger.lock("e1", "checkout:a", "q1", 60)
    assert not await ledger.lock("e1", "checkout:a", "q2", 60)


async def test_the_journal_notes_once(ledger: RedisLedger) -> None:
    """A repeated note is one entry; the newest comes first."""
    for token, entry in (("t1", "one"), ("t1", "one"), ("t2", "two")):
        await ledger.note("e1", token, entry)
    assert list(await ledger.journal(10)) == ["two", "one"]


async def test_persons_are_sealed(ledger: RedisLedger) -> None:
    """What names a person is not readable in Redis, and bound to its place."""
    await ledger.add_all("e1", [_sealed("ch1", '{"user": 123456789}')])
    raw = (await ledger.read("payments"))["ch1"]
    assert "123456789" not in raw
    assert await ledger.read_sealed("payments", ["ch1", "ch2"]) == {"ch1": '{"user": 123456789}'}
    await ledger.put("e1", "payments", "ch2", raw)
    assert await ledger.read_sealed("payments", ["ch2"]) == {}


async def test_a_change_of_keys(store_place: Place) -> None:
    """Resealed, payments are read without the old key; without, they are left out, not an error."""
    old = (await store_place.open(claim=False)).ledger
    await old.change_epoch("", "e1 whole")
    for number in range(3):
        await old.add_all("e1", [_sealed(f"ch{number}", f"user {number}")])
    new_only = (await store_place.open(claim=False, keys=(OTHER_KEY,))).ledger
    assert await new_only.read_sealed("payments", ["ch0"]) == {}
    both = (await store_place.open(claim=False, keys=(OTHER_KEY, KEY))).ledger
    assert await both.reseal("payments") == (3, 0)
    assert await new_only.read_sealed("payments", ["ch0", "ch2"]) == {
        "ch0": "user 0",
        "ch2": "user 2",
    }
    assert await old.reseal("payments") == (0, 3)


async def test_a_lost_reply_changes_nothing(redis_proxy: RedisProxy) -> None:
    """A write whose reply is lost is made again, and stands once."""
    async with _opened(redis_proxy.url) as place:
        store = (await place.open(claim=False)).ledger
        await store.change_epoch("", "e1 whole")
        for number in range(5):
            redis_proxy.faults.add("EVALSHA", Drop("after"))
            await store.note("e1", f"t{number}", f"entry {number}")
            redis_proxy.faults.add("EVALSHA", Drop("after"))
            assert await store.add("e1", "client:7", f"in:{number}", "1") == "1"
        assert len(await store.journal(100)) == 5
        assert len(await store.read("client:7")) == 5


async def test_a_ledger_believes_who_vouches(redis_server: RedisServer) -> None:
    """Its user may ask nothing: unknown, until the operator says that it keeps what it is told."""
    rules = ("on", ">pw", "~*", "+@all", "-info", "-config")
    redis_server.call("ACL", "SETUSER", "narrow", *rules)
    url, ring = redis_server.url.replace("//", "//narrow:pw@"), KeyRing([KEY])
    try:
        for is_vouched, durable in ((False, None), (True, True)):
            opening = open_store(url, ring, account=1, clock=SystemClock(), is_vouched=is_vouched)
            async with opening as store:
                assert await store.ledger.is_durable() is durable
    finally:
        redis_server.call("ACL", "DELUSER", "narrow")


async def test_durable_is_what_redis_says(redis_server: RedisServer) -> None:
    """Append-only and no eviction: only such a Redis keeps money."""
    async with _opened(redis_server.url) as place:
        store = (await place.open(claim=False)).ledger
        assert await store.is_durable()
    connect, _ = connector(redis_server.url)
    try:
        await _configure(connect, "appendonly", "no")
        facts = await inspect_redis(connect)
        assert facts.is_durable is False
        assert any("appendonly yes" in fault for fault in facts.payment_faults())
        await _configure(connect, "appendonly", "yes")
        await _configure(connect, "maxmemory-policy", "allkeys-lru")
        facts = await inspect_redis(connect)
        assert facts.is_durable is False
        assert any("noeviction" in fault for fault in facts.payment_faults())
    finally:
        await _configure(connect, "appendonly", "yes")
        await _configure(connect, "maxmemory-policy", "noeviction")
    assert not list((await inspect_redis(connect)).payment_faults())


def _sealed(charge: str, text: str) -> LedgerEntry:
    return LedgerEntry("payments", charge, text, is_sealed=True)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        yield Place(url, stack)


async def _configure(connect: Callable[[], RedisConnection], name: str, value: str) -> None:
    connection = connect()
    await connection.open()
    await connection.write([packed("CONFIG", "SET", name, value)])
    assert await connection.read() == b"OK"
    await connection.close()
