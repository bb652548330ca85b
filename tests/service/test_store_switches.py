"""What the plugin host keeps: switches that stay, and spans that are served once."""

from __future__ import annotations

from sapp_bot.store import RedisStore
from tests.service.store_kit import Place


async def test_nothing_is_off_at_first(store: RedisStore) -> None:
    """A new bot has all its plugins."""
    assert await store.switches.off() == frozenset()


async def test_a_switch_stays(store: RedisStore, store_place: Place) -> None:
    """What was switched off is off for every later process, until it is switched on."""
    await store.switches.set_enabled("quota", on=False)
    await store.switches.set_enabled("rates", on=False)
    later = await store_place.open()
    assert await later.switches.off() == {"quota", "rates"}
    await later.switches.set_enabled("quota", on=True)

    assert await later.switches.off() == {"rates"}


async def test_an_older_wish_never_wins(store: RedisStore, store_place: Place) -> None:
    """A late repeat of a call changes nothing that was wished after it."""
    await store.switches.set_enabled("quota", on=False)
    store_place.clock.pass_by(-5)
    await store.switches.set_enabled("quota", on=True)

    assert await store.switches.off() == {"quota"}


async def test_a_span_is_served_once(store: RedisStore, store_place: Place) -> None:
    """Whoever comes first has it; a later process does not get it again."""
    assert await store.leases.take("quota.warn", 7, keep_s=60)
    assert not await store.leases.take("quota.warn", 7, keep_s=60)
    later = await store_place.open()

    assert not await later.leases.take("quota.warn", 7, keep_s=60)
    assert await later.leases.take("quota.warn", 8, keep_s=60)
    assert await later.leases.take("quota.other", 7, keep_s=60)


async def test_an_older_span_is_gone(store: RedisStore) -> None:
    """After a newer span an older one is never served."""
    assert await store.leases.take("quota.warn", 8, keep_s=60)

    assert not await store.leases.take("quota.warn", 7, keep_s=60)
