"""The live rates: one reading an hour, whoever asks, and stale ones rather than none."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from plugins.rates.cache import LiveCache, LiveRates, Snapshot
from sapp_bot.sapp.errors import UpstreamFailed, UpstreamUnreachable
from sapp_bot.testing import ManualClock
from tests.plugins.rates.kit import CountedApi, MemoryLocks, MemoryStorage


class Place:
    """One Redis, one API, and as many processes as are asked for."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.storage, self.locks = MemoryStorage(), MemoryLocks()
        self.api = CountedApi(self.clock)
        self.unanswered = 0

    def process(self) -> LiveCache:
        """Start a cache of its own on the same Redis."""
        store = self.storage.of(LiveRates, self.clock)
        return LiveCache(store, self.locks.of_rates(), self.clock, lambda: self.unanswered)


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


@pytest.mark.parametrize("hours", [2, 24])
async def test_a_slow_api_is_waited_for(place: Place, hours: int) -> None:
    """Who comes first after the hour has fresh rates, day for day, when they take 250 ms."""
    cache = place.process()
    await cache.get(place.api.live)
    for day in range(1, 4):
        await place.clock.advance(hours * 3600)
        asking = await begun(place, cache, reads=day + 1)
        await place.clock.advance(0.25)
        assert not asking.done()
        place.api.gate.set()

        snapshot = await asking
        assert not snapshot.is_stale
        assert place.clock.now() - snapshot.read_at <= timedelta(seconds=1)


@pytest.mark.parametrize(("hours", "wait_s"), [(2, 2.0), (24, 6.0)])
async def test_a_silent_api_holds_people_up_for_a_bounded_time(
    place: Place, hours: int, wait_s: float
) -> None:
    """The first one waits for some seconds, longer for old rates; then nobody does any more."""
    cache = place.process()
    await cache.get(place.api.live)
    await place.clock.advance(hours * 3600)
    asking = await begun(place, cache, reads=2)
    await passing(place, wait_s - 0.1)
    assert not asking.done()
    await passing(place, 0.1)

    assert (await asking).is_stale
    assert (await cache.get(place.api.live)).is_stale  # at once: the clock stands still
    place.api.gate.set()
    while (snapshot := await cache.get(place.api.live)).is_stale:
        await asyncio.sleep(0)
    assert snapshot.read_at == place.clock.now()
    assert place.api.live_reads == 2


async def test_an_api_that_is_away_holds_nobody_up(place: Place) -> None:
    """When a try had no answer nobody waits for the next ones: old rates come within 100 ms."""
    cache = place.process()
    await cache.get(place.api.live)
    await place.clock.advance(24 * 3600)
    asking = await begun(place, cache, reads=2)
    place.unanswered += 1
    await place.clock.advance(0.08)

    assert (await asking).is_stale
    place.api.gate.set()


async def begun(place: Place, cache: LiveCache, *, reads: int) -> asyncio.Task[Snapshot]:
    """Ask, with an API that answers when its gate is opened, until it has got the call."""
    place.api.gate = asyncio.Event()
    asking = asyncio.create_task(cache.get(place.api.live))
    while place.api.live_reads < reads:
        await asyncio.sleep(0)
    return asking


async def passing(place: Place, seconds: float) -> None:
    """Let time pass in small steps, as it does."""
    for _ in range(round(seconds / 0.1)):
        await place.clock.advance(0.1)
        for _ in range(3):
            await asyncio.sleep(0)


async def test_a_clock_that_ran_ahead_does_not_prolong_an_outage(place: Place) -> None:
    """A failure in a year that was none keeps nobody from fresh rates when the clock is right."""
    cache = place.process()
    await cache.get(place.api.live)
    place.clock.skip(400 * 86_400)
    place.api.error = UpstreamFailed("GET /service/live")
    assert (await cache.get(place.api.live)).is_stale
    place.clock.skip(2 * 3600 - 400 * 86_400)
    place.api.error = None

    assert not (await cache.get(place.api.live)).is_stale


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
