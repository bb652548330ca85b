"""The live rates: one reading an hour, whoever asks, and stale ones rather than none."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from plugins.rates.cache import DailyLimitReached, LiveCache, LiveRates, ReadBudget, Spent
from sapp_bot.sapp.errors import UpstreamFailed, UpstreamUnreachable
from sapp_bot.testing import ManualClock
from tests.plugins.rates.kit import CountedApi, MemoryLocks, MemoryStorage


class Place:
    """One Redis, one API, and as many processes as are asked for."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.storage, self.locks = MemoryStorage(), MemoryLocks()
        self.api = CountedApi(self.clock)

    def process(self) -> LiveCache:
        """Start a cache of its own on the same Redis."""
        store = self.storage.of(LiveRates, self.clock)
        return LiveCache(store, self.locks.of_rates(), self.clock)


@pytest.fixture
def place() -> Place:
    """Return a fresh place."""
    return Place()


async def test_rates_are_read_once_an_hour(place: Place) -> None:
    """Within the hour everybody has the same reading; after it one more is paid for."""
    cache = place.process()

    for _ in range(5):
        assert (await cache.get(place.api.live)).rates["EUR"] == Decimal("0.92")
    assert place.api.live_reads == 1
    await place.clock.advance(3600)
    await cache.get(place.api.live)

    assert place.api.live_reads == 2


async def test_the_base_has_a_rate_too(place: Place) -> None:
    """One unit of the base is one unit of the base, whether the API says so or not."""
    snapshot = await place.process().get(place.api.live)

    assert snapshot.rates == {"EUR": Decimal("0.92"), "USD": Decimal(1)}


async def test_a_crowd_on_a_cold_cache_pays_once(place: Place) -> None:
    """Fifty people over two processes at the same moment are one reading."""
    first, second = place.process(), place.process()
    place.api.gate = asyncio.Event()
    asking = [asyncio.create_task(c.get(place.api.live)) for c in (first, second) * 25]
    while not place.api.live_reads:
        await asyncio.sleep(0)
    place.api.gate.set()
    done = asyncio.gather(*asking)
    while not done.done():
        await place.clock.advance(0.25)
        await asyncio.sleep(0)

    assert {s.rates["EUR"] for s in await done} == {Decimal("0.92")}
    assert place.api.live_reads == 1


async def test_a_restart_reads_nothing(place: Place) -> None:
    """What was read before lies in Redis."""
    await place.process().get(place.api.live)
    await place.process().get(place.api.live)

    assert place.api.live_reads == 1


async def test_an_outage_serves_what_there_is(place: Place) -> None:
    """While the API is down old rates are served, marked, and it is not asked for each of them."""
    cache = place.process()
    fresh = await cache.get(place.api.live)
    await place.clock.advance(7200)
    place.api.error = UpstreamUnreachable("GET /service/live", sent=False)

    stale = [await cache.get(place.api.live) for _ in range(10)]

    assert all(s.is_stale and s.read_at == fresh.read_at for s in stale)
    assert place.api.live_reads == 2
    await place.clock.advance(31)
    place.api.error = None
    assert not (await cache.get(place.api.live)).is_stale


async def test_a_long_outage_is_asked_less_and_less(place: Place) -> None:
    """Who presses Refresh for an hour of outage has it asked eleven times, not 120 times."""
    cache = place.process()
    await cache.get(place.api.live)
    await place.clock.advance(7200)
    place.api.error = UpstreamFailed("GET /service/live")
    for _ in range(1800):
        assert (await cache.get(place.api.live)).is_stale
        await place.clock.advance(2)

    assert place.api.live_reads == 1 + 11
    place.api.error = None
    await place.clock.advance(480)
    assert not (await cache.get(place.api.live)).is_stale


async def test_a_silent_api_holds_nobody_up(place: Place) -> None:
    """Fresh rates that take longer than 80 ms are for the next one who asks."""
    cache = place.process()
    await cache.get(place.api.live)
    await place.clock.advance(7200)
    place.api.gate = asyncio.Event()

    asking = asyncio.create_task(cache.get(place.api.live))
    while place.api.live_reads < 2:
        await asyncio.sleep(0)
    await place.clock.advance(0.08)

    assert (await asking).is_stale
    place.api.gate.set()
    while (snapshot := await cache.get(place.api.live)).is_stale:
        await asyncio.sleep(0)
    assert snapshot.read_at == place.clock.now()
    assert place.api.live_reads == 2


async def test_without_rates_an_outage_is_said(place: Place) -> None:
    """Where nothing was ever read the error goes to who asked, and the next one may try."""
    cache = place.process()
    place.api.error = UpstreamUnreachable("GET /service/live", sent=False)
    with pytest.raises(UpstreamUnreachable):
        await cache.get(place.api.live)
    place.api.error = None

    assert (await cache.get(place.api.live)).rates["EUR"]


async def test_a_clock_that_was_set_back_reads_anew(place: Place) -> None:
    """Rates from the future are no fresh ones."""
    store = place.storage.of(LiveRates, place.clock)
    later = place.clock.now() + timedelta(days=1)
    await store.set("live", LiveRates(base="USD", rates={"EUR": Decimal(5)}, read_at=later))

    assert (await place.process().get(place.api.live)).rates["EUR"] == Decimal("0.92")


async def test_peeking_reads_nothing(place: Place) -> None:
    """Who only looks pays nothing."""
    cache = place.process()

    assert await cache.peek() is None
    await cache.get(place.api.live)
    assert (await cache.peek()) is not None
    assert place.api.live_reads == 1


async def test_a_day_has_its_limit(place: Place) -> None:
    """The service account pays for so many reads a day, restarts or not, and anew the next day."""
    spent = place.storage.of(Spent, place.clock)
    for _ in range(2):
        await ReadBudget(spent, place.clock, 2).take()
    with pytest.raises(DailyLimitReached):
        await ReadBudget(spent, place.clock, 2).take()
    await place.clock.advance(86_400)

    await ReadBudget(spent, place.clock, 2).take()
