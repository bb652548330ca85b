"""Hours and lines: pairs of two rows of hours, days of a zone, and what a picture shows of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isnan, nan

import pytest

from plugins.rates.reading.hours import (
    LATEST_GAP_HOURS,
    Hours,
    Line,
    by_day,
    crossed,
    hours_between,
    line_of,
)
from plugins.rates.times.zones import zone

FIRST = datetime(2026, 3, 28, 22, tzinfo=UTC)


def hours(*values: float, first: datetime = FIRST) -> Hours:
    """Return hours with these values; NaN for none."""
    found = hours_between(first, first + timedelta(hours=len(values) - 1))
    for place, value in enumerate(values):
        found.values[place] = value
    return found


def known(found: Hours | None) -> list[float | None]:
    """Return the values, None for none."""
    assert found is not None
    return [None if isnan(value) else value for value in found.values]


def shown(found: Hours, most: int = 400) -> Line:
    """Return what is shown of hours that have rates."""
    line = line_of(found, most, 20)
    assert line is not None
    return line


def test_full_hours_are_those_within() -> None:
    """A period that begins within an hour has the next one first, and its end is in it."""
    found = hours_between(FIRST + timedelta(minutes=1), FIRST + timedelta(hours=3))

    assert found.first == FIRST + timedelta(hours=1)
    assert found.length == 3
    assert hours_between(FIRST, FIRST - timedelta(hours=2)).length == 0


def test_a_pair_has_a_rate_where_its_source_has_one() -> None:
    """The other side's newest rate counts, for 26 hours; the base is always 1."""
    assert known(crossed(hours(2, nan, 4), hours(6, 6, nan))) == [3, None, 1.5]
    assert known(crossed(None, hours(6, nan), 0.5)) == [3, None]
    assert known(crossed(hours(4, nan), None)) == [0.25, None]
    late = crossed(hours(*[2.0] * 30), hours(6, *[nan] * 29))
    assert len([value for value in known(late) if value]) == LATEST_GAP_HOURS + 1
    assert crossed(None, None) is None


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("UTC", [(28, 2), (29, 26), (30, 50), (31, 60)]),
        # The clocks go forward on the 29th, a day of 23 hours that ends at 22:00 UTC.
        ("Europe/Berlin", [(28, 1), (29, 24), (30, 48), (31, 60)]),
        ("Asia/Kolkata", [(29, 21), (30, 45), (31, 60)]),
    ],
)
def test_a_day_is_that_of_the_zone(name: str, days: list[tuple[int, int]]) -> None:
    """The last rate before midnight there, whatever the season and the half hour."""
    found = by_day(hours(*range(1, 61)), zone(name))
    here = [(p.at.astimezone(zone(name)), int(p.value)) for p in found]

    expected = [(day, value) for day, value in days]
    assert [(at.day, value) for at, value in here] == expected


def test_a_day_without_rates_is_left_out() -> None:
    """Two days apart there are two days, and the one between is counted as empty."""
    found = hours(1, *[nan] * 47, 2)

    assert [int(p.value) for p in by_day(found, UTC)] == [1, 2]
    assert shown(found).empty_days == 1
    assert shown(found).days(UTC) == (date(2026, 3, 28), date(2026, 3, 30))


@pytest.mark.parametrize("count", [1, 2, 50, 400, 401, 9000])
def test_a_line_has_few_points(count: int) -> None:
    """However long the time: at most 400, with the first, the last, the lowest and the highest."""
    values = [1000 + (place * 7919) % 997 for place in range(count)]
    line = shown(hours(*values))
    drawn = line.points()

    assert len(drawn) <= 400
    assert drawn[0] == line.first
    assert drawn[-1] == line.last
    assert min(p.value for p in drawn) == line.low.value == min(values)
    assert max(p.value for p in drawn) == line.high.value == max(values)
    assert [p.at for p in drawn] == sorted({p.at for p in drawn})


def test_a_line_counts_from_its_first_rate() -> None:
    """Hours without a rate before it and after it are no part of the change."""
    line = shown(hours(nan, 2, nan, 3, nan))

    assert line.change == Decimal(50)
    assert line.first.at == FIRST + timedelta(hours=1)
    assert line_of(hours(nan, nan), 400, 20) is None


@pytest.mark.parametrize("value", [0.1, 1.195583, 92.10, 1e-7, 123456.789012])
def test_no_digit_is_lost(value: float) -> None:
    """What the API sent as a number of JSON is what people see."""
    assert hours(value).point(0).value == Decimal(repr(value))
