"""Past rates: each hour is read from the API once, and kept for ever by currency and month."""

import asyncio
from array import array
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import nan
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel

from sapp_bot import NextStep, Store
from sapp_bot.services import Clock, Locks, Rate, SappBotError, SappError, UserError

from .hours import HOUR, Hours, filled, hours_between
from .pause import FailurePause, is_about_payer

ROWS_A_CALL = 3000
"""Rows of one answer: the API sends about 250 bytes a row, and the client takes 1 MiB at most."""

MOST_CALLS = 12
"""Of one currency at once: some three years. Ten would spend a tenth of what a day has."""

SETTLED = timedelta(hours=2)
"""Hours this young may still get a rate: they are read again when they are asked for later."""

MONTHS_KNOWN = 128
"""Months of one currency that a process has at hand, 6 KB each: five currencies over a year are 65.
Without them a year costs 0.6 ms a month to read, which would hold up everybody."""

AT_ONCE = 4
"""Months that are read from Redis together: more would hold up everybody while they are parsed."""

LOCK_S = 60
WAIT_S = 0.25

ReadHistory = Callable[[Sequence[str], datetime, datetime], Awaitable[Sequence[Rate]]]
"""Reads the rates of some currencies from one moment to another, and pays for it."""


class PeriodTooDear(UserError):
    """So much of the past is missing that reading it would cost too much."""

    next_steps = (NextStep("rates", "‹ Rates"), NextStep("start", "‹ Home"))
    reply = "Reading all of that would cost {n} reads at once. Please ask for a shorter period."


class Month(BaseModel):
    """One currency in one month (UTC): its first rate in each hour, by the hour's number from 0.

    `until` is up to when the API has told all it has; an hour before it without a rate had none.
    `asked_at` is when it was asked last.
    """

    schema_version: ClassVar[int] = 2

    values: dict[int, Decimal]
    until: datetime
    asked_at: datetime

    @classmethod
    def migrate(cls, old: dict[str, Any], _version: int) -> dict[str, Any]:
        """Version 1 knew only one time, and believed a clock that ran ahead."""
        return {**old, "asked_at": old["until"]}


class KnownMonth(NamedTuple):
    """A month as a process has it at hand: the rates of its hours, NaN for none. See `Month`."""

    values: "array[float]"
    until: datetime
    asked_at: datetime

    def was_just_asked(self, now: datetime) -> bool:
        """Return whether the API was asked within the hour; a clock set back knows nothing."""
        return timedelta(0) <= now - self.asked_at < HOUR


Place = tuple[str, datetime]
"""A currency and the beginning of a month."""


class Missing(NamedTuple):
    """Rates that were asked for, and why they can't be had just now.

    `newest` is the newest rate that there is, where only later ones are missing.
    """

    error: SappBotError
    newest: datetime | None


class Past(NamedTuple):
    """What there is of a time, by currency, each of the same hours; `missing` is None for all."""

    hours: Mapping[str, Hours]
    missing: Missing | None = None


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
        self._pause = FailurePause(clock)
        self._at_hand: OrderedDict[Place, KnownMonth] = OrderedDict()
        self._newest_seen: datetime | None = None
        """The newest rate in any answer: the API knows no later time, whatever the clock says."""

    async def get(
        self, codes: Iterable[str], start: datetime, end: datetime, read: ReadHistory
    ) -> Past:
        """Return the rates from `start` to `end` (aware), by currency.

        `read` is called for what was never asked for before: once for up to 3,000 rows. Where it
        fails what there is is returned, with what is missing; for a while nothing is read then.

        Raises:
            SappBotError: the API gives none, and of some currency there is no rate at all.
            PeriodTooDear: more than `MOST_CALLS` are needed; nothing was read.

        """
        wanted = tuple(dict.fromkeys(codes))
        months = list(months_between(start, end))
        known, error = await self._load(wanted, months), None
        if self._gaps(known, wanted, start, end):
            try:
                await self._read_missing(wanted, start, end, read)
            except PeriodTooDear:
                raise
            except SappBotError as caught:
                error = caught
            known = await self._load(wanted, months)
        found = {code: _hours(known, code, months, start, end) for code in wanted}
        if error is None:
            return Past(found)
        newest = [hours.last() for hours in found.values()]
        if not all(newest):
            raise error
        gaps = self._gaps(known, wanted, start, end)
        last = min(point.at for point in newest if point is not None)
        are_later = all(gap.start >= last - SETTLED - HOUR for gap in gaps)
        return Past(found, Missing(error, last if are_later else None) if gaps else None)

    async def count_calls(
        self, steps: Iterable[Iterable[str]], start: datetime, end: datetime
    ) -> int:
        """Return how many calls `get` would make for some currencies after others."""
        months, calls = list(months_between(start, end)), 0
        done: set[str] = set()
        for step in steps:
            codes = tuple(code for code in dict.fromkeys(step) if code not in done)
            done.update(codes)
            calls += len(self._gaps(await self._load(codes, months), codes, start, end))
        return calls

    async def _read_missing(
        self, wanted: tuple[str, ...], start: datetime, end: datetime, read: ReadHistory
    ) -> None:
        """Read what is missing, unless the API has just failed; note whether it has now."""
        if self._pause.is_on and self._pause.error is not None:
            raise self._pause.error.with_traceback(None)
        try:
            async with self._lock:
                await self._fill(wanted, start, end, read)
        except SappError as error:
            if not is_about_payer(error):
                self._pause.failed(error)
            raise
        self._pause.succeeded()

    async def _fill(
        self, wanted: tuple[str, ...], start: datetime, end: datetime, read: ReadHistory
    ) -> None:
        """Read what is missing, unless another process does: then wait until it has."""
        months = list(months_between(start, end))
        while True:
            async with self._locks.hold("history", ttl_s=LOCK_S) as is_mine:
                known = await self._load(wanted, months, anew=True)
                gaps = self._gaps(known, wanted, start, end)
                if len(gaps) > MOST_CALLS:
                    raise PeriodTooDear(n=len(gaps))
                if is_mine:
                    # The latest first: it shows up to when the API has anything to tell.
                    for gap in sorted(gaps, key=lambda gap: gap.end, reverse=True):
                        await self._keep(gap, await read(gap.codes, gap.start, gap.end))
                if is_mine or not gaps:
                    return
            await self._clock.sleep(WAIT_S)

    def _gaps(
        self,
        known: Mapping[Place, KnownMonth],
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
                if last <= month:
                    continue  # it is still to come, and nothing can be known of it
                # The hour under way may get its rate later; one of a month that is over may not.
                is_over = last == next_month(month)
                needed = min(last, end - HOUR) if is_over else min(last, end) - HOUR
                if chunk is None:
                    found.setdefault((month, last), []).append(code)
                elif chunk.until < needed and not chunk.was_just_asked(now):
                    from_ = max(month, chunk.until - SETTLED)
                    found.setdefault((from_, last), []).append(code)
        gaps = [Gap(tuple(group), *span) for span, group in sorted(found.items())]
        return list(_joined(part for gap in gaps for part in _parts(gap)))

    async def _keep(self, gap: Gap, rows: Sequence[Rate]) -> None:
        """Keep an answer, up to when it can be believed.

        A clock that runs ahead asks for days that the API does not know yet: no rate of them is
        no proof that there will be none. So nothing is known behind the newest rate of all.
        """
        newest = max((row.timestamp for row in rows), default=self._newest_seen)
        if newest is not None and (self._newest_seen is None or newest > self._newest_seen):
            self._newest_seen = newest
        now, seen = self._clock.now(), self._newest_seen
        known_until = gap.start if seen is None else min(gap.end, seen + HOUR)
        for code in gap.codes:
            own = sorted((row for row in rows if row.currency == code), key=lambda r: r.timestamp)
            for month in months_between(gap.start, gap.end):
                end = min(next_month(month), gap.end)
                before = await self._store.get(_key(code, month))
                values = {} if before is None else dict(before.values)
                for row in own:
                    # Nothing is worth 0: that is what a source says of what it does not know.
                    if month <= row.timestamp < end and row.value > 0:
                        values.setdefault(int((row.timestamp - month) / HOUR), row.value)
                until = max(month, min(end, known_until))
                kept = Month(values=values, until=until, asked_at=now)
                await self._store.set(_key(code, month), kept)
                self._remember((code, month), kept)

    async def _load(
        self, codes: Sequence[str], months: Sequence[datetime], *, anew: bool = False
    ) -> dict[Place, KnownMonth]:
        """Return what is known; `anew` also looks for what another process has read meanwhile."""
        found: dict[Place, KnownMonth] = {}
        asked: list[Place] = []
        for place in ((code, month) for code in codes for month in months):
            chunk = self._at_hand.get(place)
            if chunk is None or (anew and chunk.until < next_month(place[1])):
                asked.append(place)
            else:
                self._at_hand.move_to_end(place)
                found[place] = chunk
        for at in range(0, len(asked), AT_ONCE):
            some = asked[at : at + AT_ONCE]
            kept = await asyncio.gather(*(self._store.get(_key(*place)) for place in some))
            for place, month in zip(some, kept, strict=True):
                if month is not None:
                    found[place] = self._remember(place, month)
        return found

    def _remember(self, place: Place, month: Month) -> KnownMonth:
        begins = place[1]
        values = array("d", [nan]) * int((next_month(begins) - begins) / HOUR)
        for hour, value in month.values.items():
            values[hour] = float(value)
        known = KnownMonth(values, month.until, month.asked_at)
        self._at_hand[place] = known
        self._at_hand.move_to_end(place)
        while len(self._at_hand) > MONTHS_KNOWN:
            self._at_hand.popitem(last=False)
        return known


def months_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Return the beginnings of the months (UTC) that the time from `start` to `end` touches."""
    month = start.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < end:
        yield month
        month = next_month(month)


def next_month(month: datetime) -> datetime:
    """Return the beginning of the month after."""
    return (month + timedelta(days=32)).replace(day=1)


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


def _hours(
    known: Mapping[Place, KnownMonth],
    code: str,
    months: Sequence[datetime],
    start: datetime,
    end: datetime,
) -> Hours:
    chunks = ((month, known.get((code, month))) for month in months)
    parts = [Hours(month, chunk.values) for month, chunk in chunks if chunk is not None]
    return filled(hours_between(start, end), parts)
