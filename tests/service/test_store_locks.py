"""Locks: one holder over all processes, and none for ever."""

from __future__ import annotations

from sapp_bot.store import RedisStore
from tests.service.store_kit import Place


async def test_a_lock_has_one_holder(store: RedisStore) -> None:
    """The second one does not get it, and the first one may ask again."""
    assert await store.locks.acquire("rates:live", "a", ttl_s=10)
    assert await store.locks.acquire("rates:live", "a", ttl_s=10)

    assert not await store.locks.acquire("rates:live", "b", ttl_s=10)
    assert await store.locks.acquire("rates:other", "b", ttl_s=10)


async def test_only_its_holder_gives_a_lock_back(store: RedisStore) -> None:
    """A late release of somebody else's leaves it held."""
    await store.locks.acquire("rates:live", "a", ttl_s=10)
    await store.locks.release("rates:live", "b")
    assert not await store.locks.acquire("rates:live", "b", ttl_s=10)
    await store.locks.release("rates:live", "a")

    assert await store.locks.acquire("rates:live", "b", ttl_s=10)


async def test_a_lock_outlives_its_process(store: RedisStore, store_place: Place) -> None:
    """A later process finds it held, as long as it lasts."""
    assert await store.locks.acquire("rates:live", "a", ttl_s=10)
    later = await store_place.open()

    assert not await later.locks.acquire("rates:live", "b", ttl_s=10)
