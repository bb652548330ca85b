"""What plugins keep, on every kind of Redis: with the turn, once, until its end."""

from __future__ import annotations

import asyncio

import pytest

from sapp_bot.domain.ports import StorageWrite, StoredValue
from sapp_bot.errors import SappBotError
from sapp_bot.store import RedisStore
from tests.service.store_kit import KEY, OTHER_KEY, Place, commit, message, note, queued

DRAWER = "pets:Note"


async def everything(store: RedisStore, collection: str = DRAWER) -> dict[str | int, str]:
    """Read a whole collection."""
    return {kept.key: kept.text async for kept in store.plugin_storage.all(collection)}


def kept(write: StorageWrite) -> StoredValue:
    """Give what a change keeps."""
    assert write.kept is not None
    return write.kept


async def test_what_is_written_is_read(store_place: Place, store: RedisStore) -> None:
    """A value comes back under its key, also in a new process; a number is not its text."""
    await store.plugin_storage.write(
        [note(7, "seven"), note("7", "text"), note("Ключ \ud800", "odd")]
    )

    again = await store_place.open()
    assert await again.plugin_storage.get(DRAWER, 7) == kept(note(7, "seven"))
    assert await again.plugin_storage.get(DRAWER, "7") == kept(note("7", "text"))
    assert await again.plugin_storage.get(DRAWER, 8) is None
    assert await everything(again) == {7: "seven", "7": "text", "Ключ \ud800": "odd"}


async def test_a_commit_brings_its_writes(store: RedisStore) -> None:
    """Values and replies of a turn come together, whatever chats and collections it touches."""
    writes = (note(7, "a"), note(7, "b", collection="other:Note"), note(8, "c"))
    replies = (queued("r1"), queued("r2", chat=9))
    await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1), *replies, writes=writes))

    assert await everything(store) == {7: "a", 8: "c"}
    assert await everything(store, "other:Note") == {7: "b"}
    assert list(await store.outbox.unsent()) == list(replies)


async def test_a_repeated_commit_writes_nothing_again(store: RedisStore) -> None:
    """The same end once more does not bring back what was changed since."""
    end = commit(message(1), writes=(note(7, "old"),))
    await store.inbox.accept(message(1))
    await store.inbox.commit(end)
    await store.plugin_storage.write([note(7, "new")])
    await store.inbox.commit(end)

    assert await everything(store) == {7: "new"}


async def test_a_refused_commit_writes_nothing(store: RedisStore) -> None:
    """An end out of order leaves the values as they are."""
    await store.inbox.accept(message(1))
    await store.inbox.accept(message(2))
    with pytest.raises(SappBotError, match="out of order"):
        await store.inbox.commit(commit(message(2), writes=(note(7, "x"),)))

    assert await everything(store) == {}


async def test_a_value_is_taken_away(store: RedisStore) -> None:
    """Gone is gone, in a turn and outside; once more is no error."""
    await store.plugin_storage.write([note(7, "a"), note(8, "b"), note(9, "c", in_s=60)])
    await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1), writes=(note(7, None), note(9, None))))
    await store.plugin_storage.write([note(7, None), note(8, None), note(8, None)])

    assert await everything(store) == {}
    assert await store.plugin_storage.others(DRAWER, 1) == 0


async def test_a_value_ends_at_its_time(store_place: Place, store: RedisStore) -> None:
    """With an end it is gone from then on; a later write without one lets it stay."""
    await store.plugin_storage.write([note(7, "a", in_s=60), note(8, "b", in_s=60), note(9, "c")])
    await store.plugin_storage.write([note(8, "stays")])
    store_place.clock.pass_by(59)
    assert await store.plugin_storage.get(DRAWER, 7) is not None
    store_place.clock.pass_by(1)

    assert await store.plugin_storage.get(DRAWER, 7) is None
    assert await everything(store) == {8: "stays", 9: "c"}
    assert await store.plugin_storage.others(DRAWER, 8) == 1


async def test_others_are_counted(store: RedisStore) -> None:
    """The count leaves out the key itself, whether it is there or not."""
    await store.plugin_storage.write([note(n, "x") for n in range(5)])

    assert await store.plugin_storage.others(DRAWER, 0) == 4
    assert await store.plugin_storage.others(DRAWER, "new") == 5
    assert await store.plugin_storage.others("pets:Other", 0) == 0


async def test_a_drawer_is_read_in_pieces(store: RedisStore) -> None:
    """Many values all come, each once."""
    await store.plugin_storage.write([note(n, str(n)) for n in range(300)])

    assert await everything(store) == {n: str(n) for n in range(300)}


async def test_an_old_key_is_good_until_it_is_dropped(
    store_place: Place, store: RedisStore
) -> None:
    """With a new secret key old values are found, and written anew under it, in one place."""
    await store.plugin_storage.write([note(7, "old"), note(8, "left")])
    both = await store_place.open(keys=(OTHER_KEY, KEY))
    assert await everything(both) == {7: "old", 8: "left"}
    assert (await both.plugin_storage.get(DRAWER, 7)) == kept(note(7, "old"))
    await both.plugin_storage.write([note(7, "new")])
    assert await everything(both) == {7: "new", 8: "left"}
    assert await both.plugin_storage.others(DRAWER, 7) == 1

    only = await store_place.open(keys=(OTHER_KEY,))
    assert await everything(only) == {7: "new"}


async def test_accounts_keep_apart(store_place: Place, store: RedisStore) -> None:
    """What one account keeps is nothing to another."""
    await store.plugin_storage.write([note(7, "mine")])
    other = await store_place.open(account=2)

    assert await everything(other) == {}


async def test_writes_side_by_side_all_arrive(store: RedisStore) -> None:
    """No change is lost beside others of other keys."""
    await asyncio.gather(*(store.plugin_storage.write([note(n, "x")]) for n in range(50)))

    assert len(await everything(store)) == 50
