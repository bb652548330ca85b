"""Redis holds nothing of a person in clear, nothing for longer than needed, nothing that moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot
from structlog.testing import capture_logs

from sapp_bot.domain.state import PersonState, Profile, Session
from sapp_bot.store import KeyRing, RedisStore
from sapp_bot.store.keys import DAY_S, HOUR_S, Keys, mark_of
from sapp_bot.store.sealing import Sealer
from tests.redis_server import RedisServer, find_binary
from tests.service.store_kit import KEY, NOON, Place, commit, due, message, note, queued, signed_in

CANARIES = (
    *("kanarienvogel", "hunter2", "ann@example.org", "It's <b>", "add_client"),
    *("Annabella", "press-data", "bob@example.org"),
)


@pytest.fixture
async def store_place(redis_url: str) -> AsyncIterator[Place]:
    """Only a real Redis can be searched from outside."""
    async with AsyncExitStack() as stack:
        yield Place(redis_url, stack)


@pytest.fixture
async def raw(redis_url: str) -> AsyncIterator[Redis]:
    """Give a plain client."""
    async with Redis.from_url(redis_url) as client:
        yield client


async def _lived(store: RedisStore) -> None:
    """Leave a trace of every kind."""
    await store.inbox.accept(message(1, text="/login ann@example.org hunter2"))
    await store.inbox.accept(message(2, text="hunter2"))
    reply = queued("m:7:1:0", text="kanarienvogel", screen="client")
    after = signed_in(jwt="kanarienvogel.hunter2")
    timer = due("t", data=b"press-data")
    written = (note("hunter2", "kanarienvogel"), note("hour", "kanarienvogel", in_s=3600))
    await store.inbox.commit(commit(message(1), reply, after=after, later=(timer,), writes=written))
    await store.plugin_storage.write([note("bob@example.org", "hunter2")])
    await store.outbox.push(queued("m:7:1:1", text="hunter2"))
    await store.outbox.sent(reply, 10)
    await store.attempts.note("bob@example.org", "hunter2", window_s=900)
    await store.ping()


async def _dump(raw: Redis) -> bytes:
    """Read all there is: names and values of every kind."""
    found: list[object] = []
    async for key in raw.scan_iter():
        match await raw.type(key):
            case b"string":
                found += [key, await raw.get(key)]
            case b"list":
                found += [key, await raw.lrange(key, 0, -1)]
            case b"hash":
                found += [key, await raw.hgetall(key)]
            case b"set":
                found += [key, await raw.smembers(key)]
            case b"zset":
                found += [key, await raw.zrange(key, 0, -1)]
    return repr(found).encode()


async def test_nothing_is_in_clear(tmp_path: Path) -> None:
    """No text, token, answer, e-mail or command, in no key and no value, nor on the disk."""
    if find_binary() is None:
        pytest.skip("no redis-server found")
    with RedisServer(tmp_path) as server:
        async with AsyncExitStack() as stack:
            await _lived(await Place(server.url, stack).open())
            raw = await stack.enter_async_context(Redis.from_url(server.url))
            everything = await _dump(raw)
        server.stop()
        everything += server.aof()

    assert everything.count(rb"\x02") > 10, "the first byte of a sealed value: they are there"
    for canary in CANARIES:
        assert canary.encode() not in everything, canary


async def test_every_key_belongs_to_the_account_and_one_slot(store: RedisStore, raw: Redis) -> None:
    """All names begin alike, so that accounts stay apart and a cluster runs the scripts."""
    await _lived(store)

    names = [key async for key in raw.scan_iter()]
    assert len(names) > 12
    assert all(name.startswith(b"{sapp:1}:") for name in names)
    assert len({key_slot(name) for name in names}) == 1


async def test_everything_ends_by_itself(store: RedisStore, raw: Redis) -> None:
    """Lifetimes are as promised; what has none is a queue, a timer, a collection, the owner."""
    await _lived(store)

    expected = {
        "session:7": 60 * HOUR_S,
        "account:7": 60 * HOUR_S + 30 * DAY_S,
        "profile:7": 400 * DAY_S,
        "forms:7": 2 * HOUR_S,
        "seen:m:7:2": 48 * HOUR_S,
        "pushed:m:7:1:1": 600,
        "screens:7": 30 * DAY_S,
        "probe": 60,
    }
    for name, seconds in expected.items():
        assert seconds - 10 <= await raw.ttl("{sapp:1}:" + name) <= seconds, name
    (done,) = [key async for key in raw.scan_iter("*marks:*")]
    assert 3 * DAY_S - 10 <= await raw.ttl(done) <= 3 * DAY_S
    (mark,) = [key async for key in raw.scan_iter("*wrote:*")]
    assert 590 <= await raw.ttl(mark) <= 600
    endless = {key async for key in raw.scan_iter() if await raw.ttl(key) == -1}
    names = {"owner", "box:7", "people", "out:7", "chats", "timers", "kept:pets:Note"}
    names |= {"tries"}  # while an update is in work
    names |= {"ends:pets:Note"}
    assert endless == {f"{{sapp:1}}:{name}".encode() for name in names}


@pytest.mark.parametrize("name", ["session", "profile", "forms", "account"])
async def test_a_value_moved_to_another_person_is_not_theirs(
    store: RedisStore, raw: Redis, name: str
) -> None:
    """Whoever can write to Redis cannot give a person another's login."""
    await _lived(store)
    await raw.copy(f"{{sapp:1}}:{name}:7", f"{{sapp:1}}:{name}:8")

    with capture_logs() as logs:
        person_state = await store.inbox.person_state(8)
        await store.inbox.person_state(8)

    assert person_state == PersonState()
    assert [line["event"] for line in logs] == ["store.unreadable"]


async def test_an_update_moved_to_another_box_is_dropped(store: RedisStore, raw: Redis) -> None:
    """A stored message counts only where it was stored, under its own name."""
    await _lived(store)
    entry = (await raw.lrange("{sapp:1}:box:7", 0, 0))[0]
    assert isinstance(entry, bytes)
    renamed = entry.replace(b"m:7:2\n", b"m:7:3\n")
    await raw.rpush("{sapp:1}:box:8", entry)
    await raw.rpush("{sapp:1}:box:7", renamed)
    await raw.sadd("{sapp:1}:people", 8)

    waiting = await store.inbox.waiting()

    assert [left.update for left in waiting] == [message(2, text="hunter2")]
    assert await raw.exists("{sapp:1}:box:8") == 0
    assert not await raw.sismember("{sapp:1}:people", "8")


async def test_a_stored_value_of_another_shape_is_absent(
    store_place: Place, store: RedisStore, raw: Redis
) -> None:
    """After an update of the bot that changed a shape, people log in again; nothing crashes."""
    await _lived(store)
    blob = store.key_ring.seal(b'0{"$":"Session","user":1}', "{sapp:1}:session:7")
    await raw.set("{sapp:1}:session:7", blob)

    person_state = await (await store_place.open()).inbox.person_state(7)

    assert person_state.session is None
    assert person_state.profile == signed_in().profile


def test_a_stored_value_of_another_kind_is_absent() -> None:
    """What a later version keeps at the same place must not be taken for what it is not."""
    sealer = Sealer(KeyRing([KEY]))
    blob = sealer.put(Profile("ru"), "{sapp:1}:session:7")

    assert sealer.get(blob, "{sapp:1}:session:7", Profile) == Profile("ru")
    with capture_logs() as logs:
        assert sealer.get(blob, "{sapp:1}:session:7", Session) is None
    assert [entry["event"] for entry in logs] == ["store.unreadable"]


async def test_the_account_outlives_the_session(store: RedisStore, raw: Redis) -> None:
    """When Redis has let the session go, "expired" can be told from "never logged in"."""
    await _lived(store)
    await raw.delete("{sapp:1}:session:7")

    person_state = await store.inbox.person_state(7)

    assert person_state.session is None
    assert person_state.profile.account is not None
    assert person_state.profile.account.expires_at == NOON + timedelta(hours=60)


async def test_marks_of_the_version_before_are_read(store: RedisStore, raw: Redis) -> None:
    """What it had noted as done or turned away is taken by nobody again."""
    await raw.set("{sapp:1}:seen:m:7:1", "done")
    await raw.set("{sapp:1}:seen:m:7:2", "full")
    old = [await store.inbox.accept(message(number)) for number in (1, 2)]

    assert [accepted.fresh for accepted in old] == [False, False]
    assert await store.inbox.commit(commit(message(1))) == PersonState()


async def test_a_mark_takes_at_most_twenty_bytes(raw: Redis) -> None:
    """A day with a hundred thousand messages, of which each is remembered."""
    keys, count = Keys(1), 100_000
    before = (await raw.info("memory"))["used_memory_dataset"]
    marks: dict[str, list[int]] = {}
    for number in range(count):
        update = f"m:{number % 999}:{number}"
        marks.setdefault(keys.marks(update, NOON)[0], []).append(mark_of(update)[1])
    added = [await raw.sadd(place, *marked) for place, marked in marks.items()]
    after = (await raw.info("memory"))["used_memory_dataset"]

    assert sum(added) == count
    assert (after - before) / count <= 20


async def test_a_login_put_back_after_its_logout_opens_nothing(
    store: RedisStore, raw: Redis
) -> None:
    """An old value of one key, under its own name and in its own seal, is not the last login."""
    before = signed_in()
    await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1), after=before))
    kept = await raw.get("{sapp:1}:session:7")
    assert kept is not None
    after = PersonState(None, Profile("ru", 2))
    await store.inbox.accept(message(2))
    await store.inbox.commit(commit(message(2), before=before, after=after))
    await raw.set("{sapp:1}:session:7", kept)

    with capture_logs() as logs:
        assert (await store.inbox.person_state(7)).session is None
    assert [entry["event"] for entry in logs] == ["session.outdated"]
