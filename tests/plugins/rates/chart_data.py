"""Rates for charts: made up, the same each time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from plugins.rates.drawing.chart_layout import ChartRequest, Series
from plugins.rates.times.zones import zone

FIRST = datetime(2026, 11, 1, 9, tzinfo=UTC)


def wander(
    code: str, start: float, days: int, *, daily: float, first: datetime = FIRST, seed: int = 3
) -> Series:
    """Let a rate go up and down by about `daily` of itself."""
    dice, value, points = random.Random(seed), start, []  # noqa: S311  # nothing secret
    for day in range(days):
        points.append((first + timedelta(days=day), Decimal(str(round(value, 4)))))
        value *= 1 + dice.gauss(0, daily)
    return Series(code, tuple(points))


def one_line() -> ChartRequest:
    """Show a month of one currency in English."""
    return ChartRequest("USD", (wander("RUB", 91.2, 30, daily=0.008),), "en", zone("Europe/London"))


def five_lines() -> ChartRequest:
    """Show a month of five currencies in Russian."""
    starts = {"USD": 1.08, "RUB": 98.0, "KZT": 520.0, "GBP": 0.86, "CNY": 7.8}
    first = datetime(2026, 10, 29, 9, tzinfo=UTC)
    series = tuple(
        wander(code, start, 31, daily=0.005, first=first, seed=index)
        for index, (code, start) in enumerate(starts.items(), 5)
    )
    return ChartRequest("EUR", series, "ru", zone("Europe/Moscow"))


def one_year() -> ChartRequest:
    """Show a year of one currency in Russian."""
    first = datetime(2025, 11, 29, 9, tzinfo=UTC)
    series = wander("JPY", 161.2, 366, daily=0.006, first=first, seed=11)
    return ChartRequest("EUR", (series,), "ru", zone("Asia/Almaty"))
