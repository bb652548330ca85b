"""Past rates of a pair: from the hours of two currencies to what is shown of one in the other."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo

from .desk import LineKey, Purse, RateDesk
from .drawing.chart_layout import MOST_POINTS
from .money.currencies import currency_table
from .reading.hours import Hours, Line, Point, crossed, line_of
from .times.dates import Period

INSTANT = timedelta(microseconds=1)
"""The rate of the moment when a day is over is the first one of the next day."""

BARS = 20
"""Of a line of text."""

Pair = tuple[str, str]
"""A currency, and the one that its price is in."""


async def pair_hours(
    desk: RateDesk, purse: Purse, pair: Pair, start: datetime, end: datetime
) -> Hours | None:
    """Return what one unit of `pair[0]` was in `pair[1]`, hour by hour; None for a pair of one.

    Raises:
        SappError, DailyLimitReached, LoginToPay: rates are missing, and cannot be read.

    """
    needed = needed_for(pair, await base_of(desk, purse))
    found = await desk.past(purse, needed, start, end)
    await asyncio.sleep(0)  # a year of hours takes some milliseconds each time: others come between
    source, target = (currency_table().current(code) for code in pair)
    factor = float(target.per_unit / source.per_unit)
    return crossed(found.get(source.code), found.get(target.code), factor)


async def pair_line(
    desk: RateDesk, purse: Purse, pair: Pair, start: datetime, end: datetime
) -> Line | None:
    """Return what is shown of a pair in a period; None where there are no rates.

    It is worked out once: the same is asked for again and again, and then drawn.

    Raises:
        SappError, DailyLimitReached, LoginToPay: as above.

    """
    key = pair, start, end
    if key in desk.lines:
        return desk.lines[key]
    return await line_from(desk, purse, key, await pair_hours(desk, purse, pair, start, end))


async def line_from(desk: RateDesk, purse: Purse, key: LineKey, hours: Hours | None) -> Line | None:
    """Return what is shown of a pair in a period, of whose hours `pair_hours` has found these."""
    if key in desk.lines:
        return desk.lines[key]
    await asyncio.sleep(0)  # as above
    line = None if hours is None else line_of(hours, MOST_POINTS, BARS)
    if line is not None and purse.missing is None:
        desk.keep_line(key, line)
    return line


async def last_of_day(
    desk: RateDesk, purse: Purse, pair: Pair, day: date, zone: tzinfo
) -> Point | None:
    """Return the last rate of a day in a zone; None when there is none."""
    start, end = Period(day, day).moments(zone)
    hours = await pair_hours(desk, purse, pair, start, end - INSTANT)
    return None if hours is None else hours.last()


async def reads_for(desk: RateDesk, pairs: Iterable[Pair], start: datetime, end: datetime) -> int:
    """Return how many reads it would cost to show some pairs, one after the other."""
    live = await desk.live.peek()
    base = live.base if live is not None else USUAL_BASE
    steps = [needed_for(pair, base) for pair in pairs]
    return (live is None) + await desk.history.count_calls(steps, start, end)


USUAL_BASE = "USD"
"""What the API's rates are in, unless its operator has set another."""


def needed_for(pair: Pair, base: str) -> list[str]:
    """Return the currencies whose rates make a pair's, where all are in `base`."""
    current = (currency_table().current(code).code for code in pair)
    return [code for code in dict.fromkeys(current) if code != base]


async def base_of(desk: RateDesk, purse: Purse) -> str:
    """Return the currency that the API's rates are in."""
    known = await desk.live.peek()
    return (known or await desk.now(purse)).base
