"""The rates the API sells: made up, smooth, and the same for the same seed and hour."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from random import Random

from .refusals import ApiError
from .rows import RateRow

HOUR = timedelta(hours=1)
BASE = "USD"

# Units for one US dollar, of the right order of magnitude, so that texts look like real ones.
# The extremes are wanted: tiny, huge and without decimals.
USUAL: dict[str, float] = {
    "AED": 3.6725, "AUD": 1.52, "BRL": 5.41, "BTC": 0.0000098, "CAD": 1.39, "CHF": 0.81,
    "CNY": 7.12, "CZK": 21.1, "DKK": 6.44, "EUR": 0.8626, "GBP": 0.7571, "GEL": 2.71,
    "HKD": 7.78, "HUF": 335.2, "IDR": 16650.0, "ILS": 3.27, "INR": 88.6, "IRR": 42105.0,
    "ISK": 126.4, "JPY": 154.7, "KES": 129.2, "KRW": 1462.0, "KWD": 0.307, "KZT": 521.5,
    "LBP": 89500.0, "MXN": 18.4, "NGN": 1445.0, "NOK": 10.12, "NZD": 1.77, "PKR": 281.0,
    "PLN": 3.66, "RON": 4.39, "RUB": 81.2, "SEK": 9.5, "SGD": 1.3, "THB": 32.4,
    "TRY": 42.3, "TZS": 2450.0, "UAH": 42.1, "UGX": 3620.0, "USD": 1.0, "VND": 26330.0,
    "ZAR": 17.2,
}  # fmt: skip

_SWINGS_H = (31.0, 173.0, 811.0)
"""Periods of the waves a rate is made of, in hours: a day and a bit, a week, a month."""


class Market:
    """Live rates of the current hour, and one stored row per currency and hour before it."""

    def __init__(self, *, seed: object, now: Callable[[], datetime], days: int = 60) -> None:
        """Make a market whose stored rates begin `days` before now."""
        self._seed = seed
        self._now = now
        self._since = _hour(now()) - timedelta(days=days)
        self._pinned: dict[str, float] = {}
        self._live: tuple[datetime, dict[str, float]] | None = None
        self._extra: list[RateRow] = []
        wave = Random(f"waves {seed}")  # noqa: S311  # made-up rates, not a secret
        self._waves = {
            code: [(wave.uniform(0.001, 0.006), wave.random()) for _ in _SWINGS_H] for code in USUAL
        }
        self._random = Random(f"order {seed}")  # noqa: S311  # an order, not a secret

    def pin(self, currency: str, value: float) -> None:
        """Fix the rate of a currency, known or new, for live answers and for every hour."""
        self._pinned[currency] = value
        self._live = None

    def add(self, currency: str, value: float, at: datetime) -> RateRow:
        """Store one more row, at any moment."""
        rate = RateRow(self._id(currency, at), currency, value, at)
        self._extra.append(rate)
        return rate

    def live(self) -> tuple[datetime, dict[str, float]]:
        """Return the hour of the newest rates and the rates, sorted by currency."""
        hour = _hour(self._now())
        if self._live is None or self._live[0] != hour:
            codes = sorted({*USUAL, *self._pinned})
            self._live = hour, {code: self._value(code, hour) for code in codes}
        return self._live

    def currencies(self) -> list[str]:
        """Return the codes in an order that differs from call to call, as Go's maps do."""
        codes = list(self.live()[1])
        self._random.shuffle(codes)
        return codes

    def convert(self, to: str, source: str, amount: float) -> float:
        """Turn an amount of `source` into `to`; 0 when one of them is not known."""
        rates = self.live()[1]
        if to not in rates or source not in rates:
            return 0.0
        return amount * rates[to] / rates[source]

    def prevailing(self, currency: str, at: datetime) -> RateRow:
        """Return the first stored rate in the 60 minutes from `at` on.

        Raises:
            Refused: there is none.
        """
        found = self.historical([currency], at, at + HOUR)
        if not found:
            raise ApiError("mongo: no documents in result")
        return found[0]

    def historical(
        self, currencies: Iterable[str], start: datetime, end: datetime
    ) -> list[RateRow]:
        """Return the stored rates from `start` to `end`, both included, oldest first."""
        wanted = set(currencies)
        codes = sorted(wanted & {*USUAL, *self._pinned})
        found = [
            rate
            for rate in self._extra
            if rate.currency in wanted and start <= rate.timestamp <= end
        ]
        hour = max(_hour(start), self._since)
        last = min(end, self._now())
        while hour <= last:
            if hour >= start:
                found += [self._row(code, hour) for code in codes]
            hour += HOUR
        return sorted(found, key=lambda rate: (rate.timestamp, rate.currency))

    def _row(self, currency: str, hour: datetime) -> RateRow:
        return RateRow(self._id(currency, hour), currency, self._value(currency, hour), hour)

    def _value(self, currency: str, hour: datetime) -> float:
        if currency in self._pinned:
            return self._pinned[currency]
        if currency == BASE:
            return 1.0
        hours = hour.timestamp() / HOUR.total_seconds()
        swing = sum(
            height * math.sin(math.tau * (hours / period_h + shift))
            for period_h, (height, shift) in zip(_SWINGS_H, self._waves[currency], strict=True)
        )
        return float(f"{USUAL[currency] * (1 + swing):.6g}")

    def _id(self, currency: str, at: datetime) -> str:
        """Return an id of a Mongo document's shape: 12 bytes in hex."""
        return hashlib.sha256(f"{self._seed} {currency} {at}".encode()).hexdigest()[:24]


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
