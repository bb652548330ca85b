"""Past rates: each hour is paid for once, in few calls, and kept by month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from plugins.rates.reading.budget import ShareUsedUp
from plugins.rates.reading.history import (
    SETTLED,
    HistoryCache,
    Missing,
    Month,
    months_between,
)
from plugins.rates.reading.hours import Hours, Point
from sapp_bot.domain.ports import StoredValue
from sapp_bot.errors import SappBotError
from sapp_bot.sapp.errors import UpstreamFailed, UpstreamUnreachable
from sapp_bot.testing import ManualClock
from tests.plugins.rates.kit import NOON, CountedApi, MemoryLocks, MemoryStorage


class Place:
    """A cache at noon of 15 March 2026."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.storage, self.locks = MemoryStorage(), MemoryLocks()
        self.api = CountedApi(self.clock)

    def process(self) -> HistoryCache:
        """Start a cache on the same Redis."""
        store = self.storage.of(Month, self.clock)
        return HistoryCache(store, self.locks.of_rates(), self.clock)


def points(hours: Hours) -> list[Point]:
    """Return the rates that there are."""
    return [hours.point(place) for place in hours.places()]


@pytest.fixture
def place() -> Place:
    """Return a fresh place."""
    return Place()


async def test_the_same_days_are_paid_for_once(place: Place) -> None:
    """A chart that is asked for again, or within another, costs nothing, over restarts too."""
    start = NOON - timedelta(days=30)

    first = await place.process().get(["EUR"], start, NOON, place.api.history)
    again = await place.process().get(["EUR"], start, NOON, place.api.history)
    within = await place.process().get(["EUR"], NOON - timedelta(days=7), NOON, place.api.history)

    assert len(place.api.asked) == 1
    found = points(first.hours["EUR"])
    assert points(again.hours["EUR"]) == found
    week = points(within.hours["EUR"])
    assert week == [p for p in found if p.at >= NOON - timedelta(days=7)]


async def test_points_are_in_order_and_once(place: Place) -> None:
    """The API answers in its stored order, with repeats; people see hours."""
    past = await place.process().get(["EUR"], NOON - timedelta(days=1), NOON, place.api.history)
    found = points(past.hours["EUR"])

    assert [p.at for p in found] == sorted({p.at for p in found})
    assert found[0] == Point(NOON - timedelta(days=1), Decimal(14))


async def test_new_hours_are_read_when_they_are_asked_for(place: Place) -> None:
    """Three hours later only the last hours are read, not the month again."""
    cache = place.process()
    await cache.get(["EUR"], NOON - timedelta(days=7), NOON, place.api.history)
    await place.clock.advance(3 * 3600)

    await cache.get(["EUR"], NOON, place.clock.now(), place.api.history)

    _, start, end = place.api.asked[-1]
    assert end - start == timedelta(hours=5)


async def test_a_year_fits_into_few_calls(place: Place) -> None:
    """A year of one currency is at most four calls, each small enough for one answer."""
    start = NOON - timedelta(days=365)

    await place.process().get(["EUR"], start, NOON, place.api.history)

    assert len(place.api.asked) <= 5
    assert all((end - begin) <= timedelta(hours=3000) for _, begin, end in place.api.asked)


async def test_another_currency_does_not_read_the_first_again(place: Place) -> None:
    """Only what is missing is asked for."""
    cache = place.process()
    await cache.get(["EUR"], NOON - timedelta(days=3), NOON, place.api.history)

    await cache.get(["EUR", "GBP"], NOON - timedelta(days=3), NOON, place.api.history)

    assert [codes for codes, _, _ in place.api.asked] == [("EUR",), ("GBP",)]


async def test_what_failed_is_asked_again(place: Place) -> None:
    """An outage leaves no hole that counts as read."""
    cache = place.process()
    place.api.error = UpstreamUnreachable("GET /service/historical", sent=False)
    with pytest.raises(UpstreamUnreachable):
        await cache.get(["EUR"], NOON - timedelta(days=1), NOON, place.api.history)
    place.api.error = None

    await place.clock.advance(31)
    past = await cache.get(["EUR"], NOON - timedelta(days=1), NOON, place.api.history)

    assert len(points(past.hours["EUR"])) == 25
    assert past.missing is None


def test_months_are_those_that_are_touched() -> None:
    """The end of February is in February, whatever the year."""
    start, end = datetime(2028, 2, 29, 23, tzinfo=UTC), datetime(2028, 3, 1, 1, tzinfo=UTC)

    assert [f"{m:%Y-%m}" for m in months_between(start, end)] == ["2028-02", "2028-03"]


async def test_an_outage_is_asked_less_and_less(place: Place) -> None:
    """Thirty charts within a minute of an outage are two calls, and then it rests for longer."""
    cache = place.process()
    place.api.error = UpstreamUnreachable("GET /service/historical", sent=False)
    for _ in range(30):
        with pytest.raises(UpstreamUnreachable):
            await cache.get(["EUR"], NOON - timedelta(days=1), NOON, place.api.history)
        await place.clock.advance(2)

    assert len(place.api.asked) == 2


@pytest.mark.parametrize("error", [UpstreamUnreachable("GET /", sent=False), ShareUsedUp(limit=12)])
async def test_what_was_paid_for_is_shown_whatever_becomes_of_the_rest(
    place: Place, error: SappBotError
) -> None:
    """Two hours later, the API gone or the limit reached: all but two hours, and that said."""
    start, last = NOON - timedelta(days=30), NOON - timedelta(hours=1)
    before = await place.process().get(["EUR"], start, NOON, place.api.history)
    await place.clock.advance(2 * 3600)
    place.api.error = error

    past = await place.process().get(["EUR"], start, place.clock.now(), place.api.history)

    assert points(past.hours["EUR"]) == points(before.hours["EUR"])
    assert past.missing == Missing(error, last)


async def test_a_hole_is_not_taken_for_the_end(place: Place) -> None:
    """Where what is missing lies before the newest rate no age is claimed for it."""
    cache = place.process()
    await cache.get(["EUR"], NOON - timedelta(days=7), NOON, place.api.history)
    place.api.error = error = UpstreamFailed("GET /service/historical")

    past = await cache.get(["EUR"], NOON - timedelta(days=60), NOON, place.api.history)

    assert points(past.hours["EUR"])
    assert past.missing == Missing(error, None)


@pytest.mark.parametrize("days", [15, 60])
@pytest.mark.parametrize("known", [True, False])
async def test_a_clock_that_ran_ahead_leaves_no_hole(
    place: Place, days: int, *, known: bool
) -> None:
    """Whatever was asked in weeks that were none, afterwards each week has all its hours."""
    cache, week = place.process(), timedelta(days=7)
    if known:
        await cache.get(["EUR"], NOON - week, NOON, place.api.history)
    place.api.until = NOON  # what it has rates up to, however late the bot's clock says it is
    place.clock.skip(days * 86_400)
    await cache.get(["EUR"], place.clock.now() - 2 * week, place.clock.now(), place.api.history)
    place.clock.skip(-days * 86_400)
    for passed in (1, 7, 13, 20, 70):
        now = place.api.until = NOON + timedelta(days=passed)
        place.clock.skip((now - place.clock.now()).total_seconds())
        past = await cache.get(["EUR"], now - week, now, place.api.history)

        assert len(points(past.hours["EUR"])) == 168, passed


async def test_a_source_that_is_silent_is_not_asked_at_each_question(place: Place) -> None:
    """Where the API has no newer rates it is asked once an hour, and never again for old days."""
    cache = place.process()
    place.api.until = NOON - timedelta(days=2)
    for _ in range(20):
        await cache.get(["EUR"], NOON - timedelta(days=7), NOON, place.api.history)
        await place.clock.advance(60)
    assert len(place.api.asked) == 1
    await place.clock.advance(3600)
    await cache.get(["EUR"], NOON - timedelta(days=7), place.clock.now(), place.api.history)

    assert len(place.api.asked) == 2
    assert place.api.asked[-1][1] == place.api.until - SETTLED


async def test_a_month_of_an_older_version_is_read_on(place: Place) -> None:
    """What was kept before there were two times is not paid for again."""
    until = NOON - timedelta(days=1)
    old = StoredValue(
        "EUR:2026-03", 1, f'{{"values": {{"0": "9"}}, "until": "{until.isoformat()}"}}'
    )
    place.storage.values["rates:Month", "EUR:2026-03"] = old
    start = NOON.replace(day=1, hour=0)

    past = await place.process().get(["EUR"], start, NOON, place.api.history)

    assert past.hours["EUR"].point(0).value == 9
    assert place.api.asked == [(("EUR",), until - SETTLED, NOON)]


async def test_what_is_at_hand_is_not_fetched_again(place: Place) -> None:
    """A year that was asked for is known to the process: Redis is not asked, nothing is parsed."""
    cache, start = place.process(), NOON - timedelta(days=365)
    await cache.get(["EUR"], start, NOON, place.api.history)
    before = place.storage.reads
    again = await cache.get(["EUR"], start, NOON, place.api.history)
    assert place.storage.reads == before
    assert len(points(again.hours["EUR"])) == 365 * 24

    await place.process().get(["EUR"], start, NOON, place.api.history)
    assert place.storage.reads == before + 13


async def test_few_months_are_at_hand(place: Place) -> None:
    """However much is asked for, a process holds 128 months: 0.8 MB."""
    cache = place.process()
    for year in range(14):
        end = NOON - timedelta(days=365 * year)
        await cache.get(["EUR"], end - timedelta(days=365), end, place.api.history)
    before = place.storage.reads
    await cache.get(["EUR"], end - timedelta(days=365), end, place.api.history)
    assert place.storage.reads == before
    await cache.get(["EUR"], NOON - timedelta(days=365), NOON, place.api.history)

    assert place.storage.reads > before
