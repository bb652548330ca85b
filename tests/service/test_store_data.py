"""What plugins keep, on every kind of Redis: with the turn, once, until its end."""

from __future__ import annotations

import asyncio

import pytest

from sapp_bot.errors import SappBotError
from sapp_bot.ports import Kept, Write
from sapp_bot.store import Store
from tests.service.store_kit import KEY, OTHER_KEY, Place, message, note, parcel, turn

DRAWER = "pets:Note"


async def everything(store: Store, drawer: str = DRAWER) -> dict[str | int, str]:
    """Read a whole drawer."""
    return {kept.key: kept.text async for kept in store.drawers.all(drawer)}


def kept(write: Write) -> Kept:
    """Give what a change keeps."""
    assert write.kept is not None
    return write.kept


async def test_what_is_written_is_read(store_place: Place, store: Store) -> None:
    """A value comes back under its key, also in a new process; a number is not its text."""
    await store.drawers.write([note(7, "seven"), note("7", "text"), note("Ключ \ud800", "odd")])

    again = await store_place.open()
    assert await again.drawers.get(DRAWER, 7) == kept(note(7, "seven"))
    assert await again.drawers.get(DRAWER, "7") == kept(note("7", "text"))
    assert await again.drawers.get(DRAWER, 8) is None
    assert await everything(again) == {7: "seven", "7": "text", "Ключ \ud800": "odd"}


async def test_a_commit_brings_its_writes(store: Store) -> None:
    """Values and replies of a turn are there together, whatever chats and drawers it touches."""
    writes = (note(7, "a"), note(7, "b", drawer="other:Note"), note(8, "c"))
    replies = (parcel("r1"), parcel("r2", chat=9))
    await store.inbox.accept(message(1))
    await store.inbox.commit(turn(message(1), *replies, writes=writes))

    assert await everything(store) == {7: "a", 8: "c"}
    assert await everything(store, "other:Note") == {7: "b"}
    assert list(await store.outbox.unsent()) == list(replies)


async def test_a_repeated_commit_writes_nothing_again(store: Store) -> None:
    """The same end once more does not bring back what was changed since."""
    end = turn(message(1), writes=(note(7, "old"),))
    await store.inbox.accept(message(1))
    await store.inbox.commit(end)
    await store.drawers.write([note(7, "new")])
    await store.inbox.commit(end)

    assert await everything(store) == {7: "new"}


async def test_a_refused_commit_writes_nothing(store: Store) -> None:
    """An end out of order leaves the values as they are."""
    await store.inbox.accept(message(1))
    await store.inbox.accept(message(2))
    with pytest.raises(SappBotError, match="out of order"):
        await store.inbox.commit(turn(message(2), writes=(note(7, "x"),)))

    assert await everything(store) == {}


async def test_a_value_is_taken_away(store: Store) -> None:
    """Gone is gone, in a turn and outside; once more is no error."""
    await store.drawers.write([note(7, "a"), note(8, "b"), note(9, "c", in_s=60)])
    await store.inbox.accept(message(1))
    await store.inbox.commit(turn(message(1), writes=(note(7, None), note(9, None))))
    await store.drawers.write([note(7, None), note(8, None), note(8, None)])

    assert await everything(store) == {}
    assert await store.drawers.others(DRAWER, 1) == 0


async def test_a_value_ends_at_its_time(store_place: Place, store: Store) -> None:
    """With an end it is gone from then on; a later write without one lets it stay."""
    await store.drawers.write([note(7, "a", in_s=60), note(8, "b", in_s=60), note(9, "c")])
    await store.drawers.write([note(8, "stays")])
    store_place.clock.pass_by(59)
    assert await store.drawers.get(DRAWER, 7) is not None
    store_place.clock.pass_by(1)

    assert await store.drawers.get(DRAWER, 7) is None
    assert await everything(store) == {8: "stays", 9: "c"}
    assert await store.drawers.others(DRAWER, 8) == 1


async def test_others_are_counted(store: Store) -> None:
    """The count leaves out the key itself, whether it is there or not."""
    await store.drawers.write([note(n, "x") for n in range(5)])

    assert await store.drawers.others(DRAWER, 0) == 4
    assert await store.drawers.others(DRAWER, "new") == 5
    assert await store.drawers.others("pets:Other", 0) == 0


async def test_a_drawer_is_read_in_pieces(store: Store) -> None:
    """Many values all come, each once."""
    await store.drawers.write([note(n, str(n)) for n in range(300)])

    assert await everything(store) == {n: str(n) for n in range(300)}


async def test_an_old_key_is_good_until_it_is_dropped(store_place: Place, store: Store) -> None:
    """With a new secret key old values are found, and written anew under it, in one place."""
    await store.drawers.write([note(7, "old"), note(8, "left")])
    both = await store_place.open(keys=(OTHER_KEY, KEY))
    assert await everything(both) == {7: "old", 8: "left"}
    assert (await both.drawers.get(DRAWER, 7)) == kept(note(7, "old"))
    await both.drawers.write([note(7, "new")])
    assert await everything(both) == {7: "new", 8: "left"}
    assert await both.drawers.others(DRAWER, 7) == 1

    only = await store_place.open(keys=(OTHER_KEY,))
    assert await everything(only) == {7: "new"}


async def test_accounts_keep_apart(store_place: Place, store: Store) -> None:
    """What one account keeps is nothing to another."""
    await store.drawers.write([note(7, "mine")])
    other = await store_place.open(account=2)

    assert await everything(other) == {}


async def test_writes_side_by_side_all_arrive(store: Store) -> None:
    """No change is lost beside others of other keys."""
    await asyncio.gather(*(store.drawers.write([note(n, "x")]) for n in range(50)))

    assert len(await everything(store)) == 50
