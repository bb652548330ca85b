"""Rates hour by hour, as numbers in a row: a year of them is looked through in a few milliseconds.

They are floats, as the API sends them; no digit is lost, and a year has 70 KB, not 2 MB.
"""

from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise
from math import isnan, nan
from typing import NamedTuple

HOUR = timedelta(hours=1)
DAY_HOURS = 24

LATEST_GAP_HOURS = 26
"""A base rate this much older than the other's is no pair of them."""


class Point(NamedTuple):
    """A rate at a time: units of a currency per one of another, the API's base or a chosen one."""

    at: datetime
    value: Decimal


class Hours(NamedTuple):
    """Rates of the hours from `first` (UTC, a full hour) on; NaN is an hour without one."""

    first: datetime
    values: "array[float]"

    @property
    def length(self) -> int:
        """The number of hours, with and without a rate."""
        return len(self.values)

    def point(self, place: int) -> Point:
        """Return the rate at a place in the row."""
        return Point(self.first + place * HOUR, Decimal(repr(self.values[place])))

    def last_place(self, start: int, end: int) -> int | None:
        """Return the last place from `start` up to and without `end` that has a rate."""
        for place in range(min(end, self.length) - 1, start - 1, -1):
            if not isnan(self.values[place]):
                return place
        return None

    def last(self) -> Point | None:
        """Return the newest rate; None where there is none."""
        place = self.last_place(0, self.length)
        return None if place is None else self.point(place)

    def places(self) -> list[int]:
        """Return the places that have a rate."""
        return [place for place, value in enumerate(self.values) if not isnan(value)]


def hours_between(start: datetime, end: datetime) -> Hours:
    """Return the hours from one moment to another (aware), both included, without any rate."""
    start = start.astimezone(UTC)
    first = start.replace(minute=0, second=0, microsecond=0)
    first += HOUR if first < start else timedelta(0)
    return Hours(first, array("d", [nan]) * max(0, (end - first) // HOUR + 1))


def filled(hours: Hours, parts: Sequence[Hours]) -> Hours:
    """Return hours with the rates that the parts have for them; those given are changed."""
    for part in parts:
        offset = (part.first - hours.first) // HOUR
        start, end = max(0, offset), min(hours.length, offset + part.length)
        if start < end:
            hours.values[start:end] = part.values[start - offset : end - offset]
    return hours


def crossed(source: Hours | None, target: Hours | None, factor: float = 1.0) -> Hours | None:
    """Return target per source; None stands for the base, which is always 1.

    Both are of the same hours. One has a rate when the source has one, with the newest of the
    target in the 26 hours before it.
    """
    if source is None:
        if target is None:
            return None
        return Hours(target.first, array("d", [value * factor for value in target.values]))
    if target is None:
        return Hours(source.first, array("d", [factor / value for value in source.values]))
    return Hours(source.first, array("d", _divided(source.values, target.values, factor)))


def _divided(sources: Sequence[float], targets: Sequence[float], factor: float) -> Iterator[float]:
    held, age = nan, 0
    for source, target in zip(sources, targets, strict=True):
        age += 1
        if not isnan(target):
            held, age = target, 0
        elif age > LATEST_GAP_HOURS:
            held = nan
        yield factor * held / source


def by_day(hours: Hours, zone: tzinfo) -> list[Point]:
    """Return the last rate of each day in a zone that has any."""
    found: list[Point] = []
    day, start, began_at = hours.first.astimezone(zone).date(), 0, hours.first.timestamp()
    while start < hours.length:
        day += timedelta(days=1)
        midnight = datetime.combine(day, time(), zone).timestamp()
        end = -int((began_at - midnight) // HOUR.total_seconds())
        place = hours.last_place(start, end)
        if place is not None:
            found.append(hours.point(place))
        start = end
    return found


class Line(NamedTuple):
    """What is shown of a period: first, last, lowest and highest rate, and what is drawn of it.

    `drawn` are the places of the rates in a picture, `values` those rates. `bars` are the means of
    equal parts of the period, for a line of text. `empty_days` are the days (UTC) between the
    first and the last rate that have none.
    """

    first: Point
    last: Point
    low: Point
    high: Point
    began_at: datetime
    drawn: "array[int]"
    values: "array[float]"
    bars: tuple[float, ...]
    empty_days: int

    @property
    def change(self) -> Decimal:
        """How much the last rate is above the first, in per cent."""
        return (self.last.value - self.first.value) / self.first.value * 100

    def days(self, zone: tzinfo) -> tuple[date, date]:
        """Return the days of the first and of the last rate in a zone."""
        return self.first.at.astimezone(zone).date(), self.last.at.astimezone(zone).date()

    def points(self) -> tuple[Point, ...]:
        """Return the rates that are drawn."""
        pairs = zip(self.drawn, self.values, strict=True)
        return tuple(Point(self.began_at + n * HOUR, Decimal(repr(value))) for n, value in pairs)


def line_of(hours: Hours, most: int, bars: int) -> Line | None:
    """Return what is shown of some hours; None where none has a rate.

    At most `most` rates are drawn: the last of equal parts of the time, and the first, lowest and
    highest of all, so that a picture and the words below it say the same.
    """
    places, values = hours.places(), hours.values
    if not places:
        return None
    low, high = min(places, key=values.__getitem__), max(places, key=values.__getitem__)
    drawn = places
    if len(places) > most:
        spans = most - 3
        last_of = {
            (place - places[0]) * spans // (places[-1] - places[0] + 1): place for place in places
        }
        drawn = sorted({places[0], low, high, *last_of.values()})
    from_midnight = hours.first.hour
    days = {(place + from_midnight) // DAY_HOURS for place in places}
    return Line(
        first=hours.point(places[0]),
        last=hours.point(places[-1]),
        low=hours.point(low),
        high=hours.point(high),
        began_at=hours.first,
        drawn=array("l", drawn),
        values=array("d", [values[place] for place in drawn]),
        bars=_means([values[place] for place in places], bars),
        empty_days=max(days) - min(days) + 1 - len(days),
    )


def _means(values: Sequence[float], count: int) -> tuple[float, ...]:
    count = min(count, len(values))
    edges = [index * len(values) // count for index in range(count + 1)]
    parts = [values[start:end] for start, end in pairwise(edges)]
    return tuple(sum(part) / len(part) for part in parts)
