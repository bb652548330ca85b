"""Past rates: each hour is read from the API once, and kept for ever by currency and month."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import ClassVar, NamedTuple

from pydantic import BaseModel

from sapp_bot import Store
from sapp_bot.services import Clock, Locks, Rate

from .money.faults import RatesError

HOUR = timedelta(hours=1)

ROWS_A_CALL = 3000
"""Rows of one answer: the API sends about 250 bytes a row, and the client takes 1 MiB at most."""

MOST_CALLS = 12
"""Of one currency at once: some three years. Ten would spend a tenth of what a day has."""

SETTLED = timedelta(hours=2)
"""Hours this young may still get a rate: they are read again when they are asked for later."""

LOCK_S = 60
WAIT_S = 0.25

ReadHistory = Callable[[Sequence[str], datetime, datetime], Awaitable[Sequence[Rate]]]
"""Reads the rates of some currencies from one moment to another, and pays for it."""


class PeriodTooDear(RatesError):
    """So much of the past is missing that reading it would cost too much."""

    reply = "Reading all of that would cost {n} reads at once. Please ask for a shorter period."


class Month(BaseModel):
    """One currency in one month (UTC): its first rate in each hour, by the hour's number from 0.

    `until` is up to when the API was asked; an hour without a rate had none.
    """

    schema_version: ClassVar[int] = 1

    values: dict[int, Decimal]
    until: datetime


class Point(NamedTuple):
    """A rate at a time: units per one of the API's base currency."""

    at: datetime
    value: Decimal


class Gap(NamedTuple):
    """What is to be read: some currencies, from `start` up to `end`."""

    codes: tuple[str, ...]
    start: datetime
    end: datetime

    @property
    def rows(self) -> int:
        """Return about how many rows the answer has."""
        return len(self.codes) * int((self.end - self.start) / HOUR)


class HistoryCache:
    """Past rates of all currencies, hour by hour."""

    def __init__(self, store: Store[Month], locks: Locks, clock: Clock) -> None:
        self._store = store
        self._locks = locks
        self._clock = clock
        self._lock = asyncio.Lock()

    async def get(
        self, codes: Iterable[str], start: datetime, end: datetime, read: ReadHistory
    ) -> Mapping[str, Sequence[Point]]:
        """Return the rates from `start` to `end` (aware), oldest first, by currency.

        `read` is called for what was never asked for before: once for up to 3,000 rows.

        Raises:
            SappError: the API gives none.
            PeriodTooDear: more than `MOST_CALLS` are needed; nothing was read.

        """
        wanted = tuple(dict.fromkeys(codes))
        months = list(months_between(start, end))
        known = await self._load(wanted, months)
        if self._gaps(known, wanted, start, end):
            async with self._lock:
                await self._fill(wanted, start, end, read)
            known = await self._load(wanted, months)
        return {code: list(_points(known, code, months, start, end)) for code in wanted}

    async def _fill(
        self, wanted: tuple[str, ...], start: datetime, end: datetime, read: ReadHistory
    ) -> None:
        """Read what is missing, unless another process does: then wait until it has."""
        while True:
            async with self._locks.hold("history", ttl_s=LOCK_S) as is_mine:
                known = await self._load(wanted, list(months_between(start, end)))
                gaps = self._gaps(known, wanted, start, end)
                if len(gaps) > MOST_CALLS:
                    raise PeriodTooDear(n=len(gaps))
                if is_mine:
                    for gap in gaps:
                        await self._keep(gap, await read(gap.codes, gap.start, gap.end))
                if is_mine or not gaps:
                    return
            await self._clock.sleep(WAIT_S)

    def _gaps(
        self,
        known: Mapping[tuple[str, datetime], Month],
        codes: Sequence[str],
        start: datetime,
        end: datetime,
    ) -> list[Gap]:
        """Return what has to be read, in as few calls as fit into an answer each."""
        now = self._clock.now()
        found: dict[tuple[datetime, datetime], list[str]] = {}
        for code in codes:
            for month in months_between(start, end):
                last = min(next_month(month), now)
                chunk = known.get((code, month))
                from_ = month if chunk is None else max(month, chunk.until - SETTLED)
                needed_until = min(last, end)
                if chunk is None or (chunk.until < last and chunk.until < needed_until - HOUR):
                    found.setdefault((from_, last), []).append(code)
        gaps = [Gap(tuple(group), *span) for span, group in sorted(found.items())]
        return list(_joined(part for gap in gaps for part in _parts(gap)))

    async def _keep(self, gap: Gap, rows: Sequence[Rate]) -> None:
        for code in gap.codes:
            own = sorted((row for row in rows if row.currency == code), key=lambda r: r.timestamp)
            for month in months_between(gap.start, gap.end):
                until = min(next_month(month), gap.end)
                if until <= month:
                    continue
                before = await self._store.get(_key(code, month))
                values = {} if before is None else dict(before.values)
                for row in own:
                    # Nothing is worth 0: that is what a source says of what it does not know.
                    if month <= row.timestamp < until and row.value > 0:
                        values.setdefault(int((row.timestamp - month) / HOUR), row.value)
                await self._store.set(_key(code, month), Month(values=values, until=until))

    async def _load(
        self, codes: Sequence[str], months: Sequence[datetime]
    ) -> dict[tuple[str, datetime], Month]:
        places = [(code, month) for code in codes for month in months]
        found = await asyncio.gather(*(self._store.get(_key(*place)) for place in places))
        return {p: chunk for p, chunk in zip(places, found, strict=True) if chunk is not None}


def months_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Return the beginnings of the months (UTC) that the time from `start` to `end` touches."""
    month = start.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < end:
        yield month
        month = next_month(month)


def next_month(month: datetime) -> datetime:
    """Return the beginning of the month after."""
    return (month + timedelta(days=32)).replace(day=1)


def daily(points: Sequence[Point], most: int) -> list[Point]:
    """Return at most so many points: the last of each of `most` equal spans of time."""
    if len(points) <= most:
        return list(points)
    first, last = points[0].at, points[-1].at
    span = (last - first) / most
    picked = [a for a, b in pairwise(points) if (a.at - first) // span != (b.at - first) // span]
    return [*picked, points[-1]][-most:]


def _key(code: str, month: datetime) -> str:
    return f"{code}:{month:%Y-%m}"


def _parts(gap: Gap) -> Iterator[Gap]:
    """Cut what one answer cannot hold."""
    if gap.rows <= ROWS_A_CALL:
        yield gap
    elif len(gap.codes) > 1:
        half = len(gap.codes) // 2
        yield from _parts(Gap(gap.codes[:half], gap.start, gap.end))
        yield from _parts(Gap(gap.codes[half:], gap.start, gap.end))
    else:
        middle = gap.start + (gap.end - gap.start) / 2
        yield from _parts(Gap(gap.codes, gap.start, middle))
        yield from _parts(Gap(gap.codes, middle, gap.end))


def _joined(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """Join spans that follow each other, for the same currencies, while they fit together."""
    former: Gap | None = None
    for gap in sorted(gaps, key=lambda g: (g.codes, g.start)):
        joined = None if former is None else Gap(former.codes, former.start, gap.end)
        fits = former is not None and former.codes == gap.codes and former.end == gap.start
        if joined is not None and fits and joined.rows <= ROWS_A_CALL:
            former = joined
            continue
        if former is not None:
            yield former
        former = gap
    if former is not None:
        yield former


def _points(
    known: Mapping[tuple[str, datetime], Month],
    code: str,
    months: Sequence[datetime],
    start: datetime,
    end: datetime,
) -> Iterator[Point]:
    for month in months:
        chunk = known.get((code, month))
        for hour, value in sorted(chunk.values.items()) if chunk is not None else ():
            at = month + hour * HOUR
            if start <= at <= end:
                yield Point(at, value)
