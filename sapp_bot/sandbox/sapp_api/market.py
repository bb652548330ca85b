"""The rates the API sells: made up, plausible, and the same for the same seed and hour."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Protocol
from zlib import crc32

from .refusals import NO_DOCUMENTS, ApiError
from .rows import RateRow
from .usual_rates import BASE, PEGGED, USUAL, WILD

__all__ = ["BASE", "UPSTREAM_ERRORS", "USUAL", "Market"]

HOUR = timedelta(hours=1)
DAY_H = 24
MONTH_DAYS = 30
DAYS = 400
"""Days for which rates are stored: a year, and some weeks to look before it."""

UPSTREAM_ERRORS = {
    "no JSON": "invalid character '<' looking for beginning of value",
    "other JSON": "json: cannot unmarshal string into Go struct field "
    "BeaconResponse.response.rates of type float64",
    "no time": 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": '
    'cannot parse "yesterday" as "2006"',
    "gone": 'Get "http://rates.test/latest/?base=USD&api_key=canary-upstream-key": '
    "dial tcp 10.0.0.9:80: connect: connection refused",
}
"""What the API says when its source cannot be read, by what is wrong. The last tells its key."""

_MONTHLY = 0.02
"""How far a currency is from its usual rate at the turn of a month: one deviation, as a share."""

_HOURLY = 0.0007
"""How far it goes in an hour. Over a year of working days that makes some 6 %, as euro and yen."""

_SWING = {"pegged": 0.002, "wild": 4.0}
_EXTRA = 2**31
_REPEATED = 0.06
"""Share of hours whose rates were fetched, and stored, more than once."""


class ReadsTime(Protocol):
    """Tells the server's time, aware."""

    def __call__(self) -> datetime: ...


class Market:
    """Live rates of the current hour, and stored rows of every hour before it, as they lie.

    A year of hourly rates is made as it is asked for, currency by currency and day by day.

    Attributes:
        error: the API's source of rates cannot be read, and this is what the API says of it: one
            of `UPSTREAM_ERRORS`. Stored rates are not touched.
        is_empty: the source answered without rates; the API keeps that for an hour.
    """

    def __init__(self, *, seed: object, now: ReadsTime, days: int = DAYS) -> None:
        """Make a market whose stored rates begin `days` before now."""
        self.error = ""
        self.is_empty = False
        self._seed = seed
        self._now = now
        self._since = _hour_number(now()) - days * DAY_H
        self._pinned: dict[str, float] = {}
        self._moved: dict[str, list[tuple[int, float]]] = {}
        self._live: tuple[int, dict[str, float]] | None = None
        self._extra: list[RateRow] = []
        self._days: dict[tuple[str, int], list[float]] = {}
        self._months: dict[tuple[str, int], list[float]] = {}
        self._stored: dict[int, list[int]] = {}
        self._random = Random(f"order {seed}")  # noqa: S311  # an order, not a secret

    def pin(self, currency: str, value: float) -> None:
        """Fix the rate of a currency, known or new, for live answers and for every hour."""
        self._pinned[currency] = value
        self._moved.pop(currency, None)
        self._live = None

    def move(self, currency: str, value: float) -> None:
        """Set the rate of a currency from the current hour on; what it was before stays.

        Raises:
            LookupError: the source has no such currency, or it is the base.

        """
        if currency not in {*USUAL, *self._pinned} - {BASE}:
            raise LookupError(f"the SAPP API has no rate of {currency} in {BASE}")
        self._moved.setdefault(currency, []).append((_hour_number(self._now()), value))
        self._live = None

    def add(self, currency: str, value: float, at: datetime) -> RateRow:
        """Store one more row, at any moment; it lies behind all others."""
        place = _EXTRA + len(self._extra)
        rate = RateRow(_id(currency, _hour_number(at), place), currency, value, at)
        self._extra.append(rate)
        return rate

    def live(self) -> tuple[datetime, dict[str, float] | None]:
        """Return the hour of the newest rates and the rates, sorted by currency; None is no rates.

        Raises:
            ApiError: the source cannot be read.
        """
        if self.error:
            raise ApiError(self.error)
        hour = _hour_number(self._now())
        if self.is_empty:
            return _moment(hour), None
        if self._live is None or self._live[0] != hour:
            codes = sorted({*USUAL, *self._pinned})
            self._live = hour, {code: self._value(code, hour) for code in codes}
        return _moment(hour), self._live[1]

    def currencies(self) -> list[str] | None:
        """Return the codes in an order that differs from call to call, as Go's maps do."""
        codes = list(self.live()[1] or ())
        self._random.shuffle(codes)
        return codes or None

    def convert(self, to: str, source: str, amount: float) -> float:
        """Turn an amount of `source` into `to`; 0 when one of them is not known, or its rate 0.

        The base has a rate of its own making. Source: the API's internal/services/service.go,
        GetConversion.
        """
        rates = self.live()[1] or {}
        rate, source_rate = (1.0 if code == BASE else rates.get(code, 0.0) for code in (to, source))
        if not rates or not rate or not source_rate:
            return 0.0
        return amount * rate / source_rate

    def prevailing(self, currency: str, at: datetime) -> RateRow:
        """Return the first stored rate in the 60 minutes from `at` on, which need not be the
        earliest.

        Raises:
            ApiError: there is none.
        """
        last = datetime.max.replace(tzinfo=UTC)
        end = at + HOUR if at < last - HOUR else last
        found = next(self._find([currency], at, end), None)
        if found is None:
            raise ApiError(NO_DOCUMENTS)
        return found

    def historical(
        self, currencies: Iterable[str], start: datetime, end: datetime
    ) -> list[RateRow]:
        """Return the stored rates from `start` to `end`, both included, as they lie: currencies
        mixed, hours not always in order, some rows more than once.
        """
        return list(self._find(currencies, start, end))

    def _find(self, currencies: Iterable[str], start: datetime, end: datetime) -> Iterator[RateRow]:
        wanted = set(currencies)
        codes = wanted & {*USUAL, *self._pinned}
        first = max(-((_EPOCH - start) // HOUR), self._since)
        last = _hour_number(min(end, self._now()))
        for day in range(first // DAY_H, last // DAY_H + 1) if codes else ():
            for place, hour in enumerate(self._hours(day)):
                if first <= hour <= last:
                    yield from self._batch(codes, hour, place)
        for rate in self._extra:
            if rate.currency in wanted and start <= rate.timestamp <= end:
                yield rate

    def _hours(self, day: int) -> list[int]:
        """Return the hours of a day as they were stored: some twice or more, some too late."""
        if day not in self._stored:
            chance = self._chance("stored", day)
            found: list[int] = []
            for hour in range(day * DAY_H, (day + 1) * DAY_H):
                times = chance.choice((2, 2, 3, 10)) if chance.random() < _REPEATED else 1
                place = len(found) - 1 if found and chance.random() < _REPEATED else len(found)
                found[place:place] = [hour] * times
            self._stored[day] = found
        return self._stored[day]

    def _batch(self, codes: Collection[str], hour: int, place: int) -> Iterator[RateRow]:
        """Make the rows of one fetch: in any order, as Go walks over a map."""
        moment = _moment(hour)

        def mixed(code: str) -> int:
            return crc32(f"{code}{hour}{place}".encode())

        for code in sorted(codes, key=mixed) if len(codes) > 1 else codes:
            yield RateRow(_id(code, hour, place), code, self._value(code, hour), moment)

    def _value(self, currency: str, hour: int) -> float:
        for since, value in reversed(self._moved.get(currency, ())):
            if hour >= since:
                return value
        if currency in self._pinned:
            return self._pinned[currency]
        if currency == BASE:
            return 1.0
        key = (currency, hour // DAY_H)
        if key not in self._days:
            self._days[key] = self._day(*key)
        return self._days[key][hour % DAY_H]

    def _day(self, currency: str, day: int) -> list[float]:
        """Make the rates of a day: a random walk of hours within one of days, which is tied to
        where it stands at the turn of each month.
        """
        month, number = divmod(day, MONTH_DAYS)
        ends = (self._anchor(currency, month), self._anchor(currency, month + 1))
        days = self._bridge(currency, DAY_H, month, MONTH_DAYS)
        hours = self._bridge(currency, 1, day, DAY_H)
        first, last = (
            ends[0] + (ends[1] - ends[0]) * n / MONTH_DAYS + days[n] for n in (number, number + 1)
        )
        kind = "pegged" if currency in PEGGED else "wild" if currency in WILD else ""
        swing, usual = _SWING.get(kind, 1.0), USUAL[currency]
        walk = (first + (last - first) * n / DAY_H + hours[n] for n in range(DAY_H))
        return [float(f"{usual * math.exp(swing * away):.6g}") for away in walk]

    def _anchor(self, currency: str, month: int) -> float:
        """Return where a month begins, as a logarithm of the share of the usual rate."""
        return self._chance(currency, "month", month).gauss(0, _MONTHLY)

    def _bridge(self, currency: str, step_h: int, number: int, steps: int) -> list[float]:
        """Make a random walk of steps of so many hours that ends where it began, at 0."""
        if step_h == DAY_H and (currency, number) in self._months:
            return self._months[currency, number]
        chance, width = self._chance(currency, str(step_h), number), _HOURLY * math.sqrt(step_h)
        walk = [0.0]
        for _ in range(steps):
            walk.append(walk[-1] + chance.gauss(0, width))
        found = [at - walk[-1] * n / steps for n, at in enumerate(walk)]
        if step_h == DAY_H:
            self._months[currency, number] = found
        return found

    def _chance(self, *key: str | int) -> Random:
        return Random(f"{self._seed} {key}")  # noqa: S311  # made-up rates, not a secret


def _id(currency: str, hour: int, place: int) -> str:
    """Return an id of a Mongo document's shape: 12 bytes in hex."""
    return f"{hour:08x}{crc32(currency.encode()):08x}{place:08x}"


def _hour_number(moment: datetime) -> int:
    """Count the hours since 1970."""
    return (moment - _EPOCH) // HOUR


def _moment(hour: int) -> datetime:
    return _EPOCH + hour * HOUR


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
