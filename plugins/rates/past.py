"""Past rates of a pair: from the hours of two currencies to the days of one in the other."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from .desk import Purse, RateDesk
from .history import Point
from .money.currencies import currency_table
from .times.dates import Period

LATEST_GAP = timedelta(hours=26)
"""A base rate this much older than the other's is no pair of them."""

INSTANT = timedelta(microseconds=1)
"""The rate of the moment when a day is over is the first one of the next day."""


class Span(NamedTuple):
    """What a period shows: its points, the extremes, and the change from first to last in %."""

    points: tuple[Point, ...]

    @property
    def low(self) -> Point:
        """The point with the lowest value, the first of them."""
        return min(self.points, key=lambda point: point.value)

    @property
    def high(self) -> Point:
        """The point with the highest value, the first of them."""
        return max(self.points, key=lambda point: point.value)

    @property
    def change(self) -> Decimal:
        """How much the last value is above the first, in per cent."""
        first, last = self.points[0].value, self.points[-1].value
        return (last - first) / first * 100


async def pair_points(
    desk: RateDesk, purse: Purse, pair: tuple[str, str], start: datetime, end: datetime
) -> list[Point]:
    """Return what one unit of `pair[0]` was in `pair[1]`, hour by hour, oldest first.

    Raises:
        SappError, DailyLimitReached, LoginToPay: rates are missing, and cannot be read.

    """
    needed = [c for c in dict.fromkeys(map(current, pair)) if c != await base_of(desk, purse)]
    found = await desk.past(purse, needed, start, end)
    return crossed(found.get(current(pair[0])), found.get(current(pair[1])), fixed(pair))


async def last_of_day(
    desk: RateDesk, purse: Purse, pair: tuple[str, str], day: date, zone: tzinfo
) -> Point | None:
    """Return the last rate of a day in a zone; None when there is none."""
    start, end = Period(day, day).moments(zone)
    points = await pair_points(desk, purse, pair, start, end - INSTANT)
    return points[-1] if points else None


async def base_of(desk: RateDesk, purse: Purse) -> str:
    """Return the currency that the API's rates are in."""
    known = await desk.live.peek()
    return (known or await desk.now(purse)).base


def current(code: str) -> str:
    """Return the money that stands for withdrawn money today: its past is that of its successor."""
    replacement = currency_table().replacement(code) if code in currency_table() else None
    return code if replacement is None else replacement.code


def fixed(pair: tuple[str, str]) -> Decimal:
    """Return what a rate of two current currencies is multiplied with for a withdrawn pair."""
    source, target = (_per_unit(code) for code in pair)
    return target / source


def _per_unit(code: str) -> Decimal:
    replacement = currency_table().replacement(code) if code in currency_table() else None
    return Decimal(1) if replacement is None else replacement.per_unit


def crossed(
    source: Sequence[Point] | None, target: Sequence[Point] | None, factor: Decimal = Decimal(1)
) -> list[Point]:
    """Return target per source by time; None stands for the base, which is always 1.

    A point is there when one of the two has it, with the newest value of the other before it.
    """
    if source is None and target is None:
        return []
    if source is None:
        return [Point(p.at, p.value * factor) for p in target or ()]
    if target is None:
        return [Point(p.at, factor / p.value) for p in source if p.value]
    return [Point(at, factor * t / s) for at, s, t in _merged(source, target) if s]


def _merged(
    source: Sequence[Point], target: Sequence[Point]
) -> Iterator[tuple[datetime, Decimal, Decimal]]:
    others, held = iter(target), None
    following = next(others, None)
    for point in source:
        while following is not None and following.at <= point.at:
            held, following = following, next(others, None)
        if held is not None and point.at - held.at <= LATEST_GAP:
            yield point.at, point.value, held.value


def by_day(points: Sequence[Point], zone: tzinfo) -> list[Point]:
    """Return the last point of each day in a zone."""
    days: dict[date, Point] = {}
    for point in points:
        days[point.at.astimezone(zone).date()] = point
    return list(days.values())
