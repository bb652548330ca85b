"""`Store` on collections that are played: its limits, and what it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from pydantic import BaseModel

from sapp_bot import Store
from sapp_bot.domain.ports import StorageWrite, StoredValue
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.storage import DRAWER_VALUES, StoreBinding, StoreFull, StoreProvider
from sapp_bot.host.authoring.turn import PendingWrites
from sapp_bot.testing import ManualClock


class Note(BaseModel):
    """What is kept."""

    text: str


class Other(BaseModel):
    """What is not."""

    text: str


class FullDrawers:
    """Drawers with as many values as may be; what is written is noted."""

    def __init__(self) -> None:
        self.written: list[StorageWrite] = []

    async def get(self, collection: str, key: str | int) -> StoredValue | None:
        """Give nothing."""
        return None

    async def others(self, collection: str, key: str | int) -> int:
        """Count all but the key `old`."""
        return DRAWER_VALUES - (key == "old")

    async def write(self, writes: Sequence[StorageWrite]) -> None:
        """Note it."""
        self.written += writes

    async def all(self, collection: str) -> AsyncIterator[StoredValue]:
        """Give nothing."""
        for kept in list[StoredValue]():
            yield kept


@pytest.fixture
def collections() -> FullDrawers:
    """Give full collections."""
    return FullDrawers()


@pytest.fixture
def store(collections: FullDrawers) -> Store[Note]:
    """Give a store on them, in a turn."""
    return Store(Note, StoreBinding(collections, ManualClock(), "pets:Note", 1, PendingWrites()))


async def test_a_full_store_takes_no_new_key(store: Store[Note], collections: FullDrawers) -> None:
    """10,000 values are the most; those that are there can be replaced and deleted."""
    with pytest.raises(StoreFull):
        await store.set("new", Note(text="x"))
    await store.set("old", Note(text="x"))
    await store.delete("new")

    assert await store.get("new") is None
    assert await store.get("old") == Note(text="x")
    assert not collections.written, "it waits for the end of the turn"


async def test_a_task_that_outlives_its_handler_reads_what_is_kept(
    collections: FullDrawers,
) -> None:
    """When the turn is over its writes are Redis's, and so are those that come later."""
    changes = PendingWrites()
    store = Store(Note, StoreBinding(collections, ManualClock(), "pets:Note", 1, changes))
    await store.set("old", Note(text="of the turn"))
    changes.is_over = True

    assert await store.get("old") is None, "as these drawers give nothing"
    assert [key async for key, _ in store.all()] == []
    await store.set("old", Note(text="later"))
    assert len(collections.written) == 1


@pytest.mark.parametrize("key", [True, None, 1.5, ("a",)])
async def test_a_key_is_a_text_or_a_number(store: Store[Note], key: Any) -> None:
    """Anything else would be another key after a restart."""
    with pytest.raises(PluginError, match="a text or a number"):
        await store.get(key)


async def test_another_model_is_refused(store: Store[Note]) -> None:
    """What is no note does not come back as one."""
    wrong: Any = Other(text="x")
    with pytest.raises(PluginError, match=r"Store\[Note\] keeps no Other"):
        await store.set("old", wrong)


def test_the_alias_holds_no_class() -> None:
    """`Store[Note]` is a plain alias, made anew each time: typing's caches would keep the class."""
    first: Any = Store[Note]

    assert first is not Store[Note]
    assert (first.__origin__, first.__args__) == (Store, (Note,))


@pytest.mark.parametrize("kind", [Store, Store[Any]])
def test_a_store_is_of_a_model(kind: Any) -> None:
    """Without one nobody knows what to make of a value."""
    with pytest.raises(PluginError, match="Store\\[YourModel\\]"):
        StoreProvider(None, None).bind("pets", kind)
