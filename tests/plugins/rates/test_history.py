"""Past rates: each hour is paid for once, in few calls, and kept by month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from plugins.rates.history import HistoryCache, Month, Point, daily, months_between
from sapp_bot.sapp.errors import UpstreamUnreachable
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
    assert first == again
    assert within["EUR"] == [p for p in first["EUR"] if p.at >= NOON - timedelta(days=7)]


async def test_points_are_in_order_and_once(place: Place) -> None:
    """The API answers in its stored order, with repeats; people see hours."""
    points = (
        await place.process().get(["EUR"], NOON - timedelta(days=1), NOON, place.api.history)
    )["EUR"]

    assert [p.at for p in points] == sorted({p.at for p in points})
    assert points[0] == Point(NOON - timedelta(days=1), Decimal(14))


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

    assert (await cache.get(["EUR"], NOON - timedelta(days=1), NOON, place.api.history))["EUR"]


def test_months_are_those_that_are_touched() -> None:
    """The end of February is in February, whatever the year."""
    start, end = datetime(2028, 2, 29, 23, tzinfo=UTC), datetime(2028, 3, 1, 1, tzinfo=UTC)

    assert [f"{m:%Y-%m}" for m in months_between(start, end)] == ["2028-02", "2028-03"]


@pytest.mark.parametrize("count", [1, 2, 50, 400, 9000])
def test_a_chart_has_few_points(count: int) -> None:
    """However long the time, a line has at most 400 points, and ends with the last."""
    points = [Point(NOON + timedelta(hours=n), Decimal(n)) for n in range(count)]

    fewer = daily(points, 400)

    assert len(fewer) <= 400
    assert fewer[-1] == points[-1]
