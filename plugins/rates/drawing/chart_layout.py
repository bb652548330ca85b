"""What is on a chart: lines, ticks, labels and texts, in the language and zone of a person.

All that is written is made here, so the process that draws knows neither languages nor zones.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from sapp_bot import NextStep
from sapp_bot.services import UserError

WIDTH, HEIGHT = 1000, 600
"""Pixels."""
MOST_LINES = 5
MOST_POINTS = 400
"""Of one line: more cannot be seen on the pixels there are."""

COLORS = ("#0055aa", "#bb4411", "#007755", "#883399", "#665500")
"""Told apart by people who see colours differently, and at least 5:1 on white."""

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "value": "1 {code} in {base}",
        "change": "Prices in {base}, change in %",
        "footer": "▲ highest {high}, {high_day}    ▼ lowest {low}, {low_day}",
    },
    "ru": {
        "value": "1 {code} в {base}",
        "change": "Цены в {base}, изменение в %",
        "footer": "▲ максимум {high}, {high_day}    ▼ минимум {low}, {low_day}",
    },
}
LANGUAGES = tuple(_TEXTS)
_MONTH = "LLL yyyy"
_DAY, _DAY_AND_YEAR = "d MMM", "d MMM y"
"""As the cards write days, in every language: 30 Nov, 30 Nov 2026."""
_SHORT_DAYS, _LONG_DAYS = 3, 300
"""Up to so many days the ticks are times of day; from so many on they are months."""
_TICKS = 5
_HUNDRED = Decimal(100)


class NoChart(UserError):
    """There are too few rates to draw a line."""

    next_steps = (NextStep("rates", "‹ Rates"), NextStep("start", "‹ Home"))

    reply = "There are too few rates for a chart of {code}."

    def __init__(self, code: str) -> None:
        super().__init__(code=code)


Point = tuple[datetime, Decimal]
"""A rate at an aware time."""


class Series(NamedTuple):
    """The rates of a currency: how much of the base one unit of `code` was, by time, rising."""

    code: str
    points: tuple[Point, ...]


class ChartRequest(NamedTuple):
    """What is wanted: one line shows its values, several their change since the first day in %."""

    base: str
    series: tuple[Series, ...]
    language: str
    zone: tzinfo


def layout(request: ChartRequest) -> dict[str, Any]:
    """Return a chart as JSON for `chart_worker.draw`.

    Raises:
        NoChart: a line has fewer than two points, or no value above zero to begin with.
        ValueError: there are no lines, or more than five.

    """
    if not 1 <= len(request.series) <= MOST_LINES:
        raise ValueError(f"{len(request.series)} lines; a chart has 1 to {MOST_LINES}")
    for series in request.series:
        if len(series.points) < 2 or series.points[0][1] <= 0:  # noqa: PLR2004  # a line has two ends
            raise NoChart(series.code)
    single = len(request.series) == 1
    shown = [series.points if single else _changes(series.points) for series in request.series]
    values = [value for points in shown for _, value in points]
    y_range = _widened(float(min(values)), float(max(values)))
    y_ticks = _nice_ticks(*y_range)
    times = [points[end][0].timestamp() for points in shown for end in (0, -1)]
    x_range = (min(times), max(*times, min(times) + 1))
    step = y_ticks[1] - y_ticks[0]
    written = [_number(Decimal(str(tick)), request.language, step=step) for tick in y_ticks]
    widest = max(map(len, written))
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": 0.05 + 0.0145 * widest,
        "right": 0.04 if single else 0.235,
        "x_range": x_range,
        "y_range": y_range,
        "x_ticks": _x_ticks(*x_range, request),
        "y_ticks": list(zip(y_ticks, written, strict=True)),
        "zero": not single,
        "lines": [
            _line(series, points, color, request)
            for series, points, color in zip(request.series, shown, COLORS, strict=False)
        ],
        **_texts(request),
    }


def _changes(points: Sequence[Point]) -> tuple[Point, ...]:
    first = points[0][1]
    return tuple((when, value / first * _HUNDRED - _HUNDRED) for when, value in points)


def _line(
    series: Series,
    points: Sequence[Point],
    color: str,
    request: ChartRequest,
) -> dict[str, Any]:
    single = len(request.series) == 1
    thin = thinned(points)
    high, low = _extremes(points)
    marks = [(*_place(high), True), (*_place(low), False)]
    label = "" if single else f"{series.code} {percent(points[-1][1], request.language)}"
    return {
        "xs": [round(when.timestamp()) for when, _ in thin],
        "ys": [float(value) for _, value in thin],
        "color": color,
        "label": label,
        "marks": marks if single else [],
    }


def _place(point: Point) -> tuple[float, float]:
    return point[0].timestamp(), float(point[1])


def _extremes(
    points: Sequence[Point],
) -> tuple[Point, Point]:
    """Return the highest and the lowest point, the earliest of equals."""
    high = max(points, key=lambda point: point[1])
    low = min(points, key=lambda point: point[1])
    return high, low


def thinned(
    points: Sequence[Point],
) -> list[Point]:
    """Return at most 400 points: the highest and lowest of each stretch, so no peak is lost."""
    if len(points) <= MOST_POINTS:
        return list(points)
    stretches = (MOST_POINTS - 2) // 2
    kept = {0, len(points) - 1}
    for index in range(stretches):
        start, end = (i * len(points) // stretches for i in (index, index + 1))
        places = range(start, end)
        kept.add(max(places, key=lambda place: points[place][1]))
        kept.add(min(places, key=lambda place: points[place][1]))
    return [points[place] for place in sorted(kept)]


def _widened(low: float, high: float) -> tuple[float, float]:
    """Leave room above and below the lines; a flat line is in the middle."""
    room = (high - low) * 0.14 or abs(high) * 0.01 or 1.0
    return low - room, high + room


def _nice_ticks(low: float, high: float) -> list[float]:
    """Return round numbers in a range, 3 to 7 of them."""
    rough = (high - low) / (_TICKS + 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [round((first + index) * step, 12) + 0.0 for index in range(max(count, 2))]


def _x_ticks(first: float, last: float, request: ChartRequest) -> list[tuple[float, str]]:
    """Place up to five ticks: at midnights of the person's zone, or evenly within some days."""
    start = datetime.fromtimestamp(first, request.zone)
    days = (last - first) / timedelta(days=1).total_seconds()
    if days <= _SHORT_DAYS:
        step = (last - first) / (_TICKS - 1) or 1.0
        times = [first + index * step for index in range(_TICKS)]
    else:
        fewer = days >= _LONG_DAYS or len(request.series) > 1  # longer labels, or less room
        apart = max(1, int(days // (_TICKS - 2 if fewer else _TICKS - 1)))
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        moments = (midnight + timedelta(days=index * apart) for index in range(_TICKS + 1))
        times = [moment.timestamp() for moment in moments]
        times = [time for time in times if time <= last]
        times[0] = max(times[0], first)
    return [(time, _tick_text(time, days, request)) for time in times]


def _tick_text(time: float, days: float, request: ChartRequest) -> str:
    when = datetime.fromtimestamp(time, request.zone)
    if days <= _SHORT_DAYS:
        return str(format_time(when, "HH:mm", tzinfo=request.zone, locale=request.language))
    if days >= _LONG_DAYS:
        return str(format_date(when, _MONTH, locale=request.language))
    return _day_text(when, request)


def _texts(request: ChartRequest) -> dict[str, str]:
    texts, language = _TEXTS.get(request.language, _TEXTS["en"]), request.language
    points = request.series[0].points
    start, end = (_date_text(points[index][0], request) for index in (0, -1))
    if len(request.series) > 1:
        return {
            "title": texts["change"].format(base=request.base),
            "subtitle": f"{start} – {end}",
            "footer": "",
        }
    first, last = points[0][1], points[-1][1]
    (high_time, high), (low_time, low) = _extremes(points)
    change = percent(last / first * _HUNDRED - _HUNDRED, language)
    value = texts["value"].format(base=request.base, code=request.series[0].code)
    return {
        "title": f"{value}: {_number(last, language)}  ({change})",
        "subtitle": f"{start} – {end}",
        "footer": texts["footer"].format(
            high=_number(high, language),
            high_day=_day_text(high_time, request),
            low=_number(low, language),
            low_day=_day_text(low_time, request),
        ),
    }


def _date_text(when: datetime, request: ChartRequest) -> str:
    return str(format_date(when.astimezone(request.zone), _DAY_AND_YEAR, locale=request.language))


def _day_text(when: datetime, request: ChartRequest) -> str:
    return str(format_date(when.astimezone(request.zone), _DAY, locale=request.language))


def percent(value: Decimal, language: str) -> str:
    """Write a change: `+1.5 %`, with a real minus."""
    places = 1 if abs(value) >= 10 else 2  # noqa: PLR2004  # four digits at most
    text = str(format_decimal(abs(round(value, places)), locale=language))
    sign = "" if not round(value, places) else "+" if value > 0 else "−"
    return f"{sign}{text} %"


def _number(value: Decimal, language: str, *, step: float | None = None) -> str:
    """Write a rate with as many places as its size, or the step of the ticks, asks for."""
    if step is not None:
        places = max(0, -math.floor(math.log10(step) + 1e-9))
        places += round(step * 10**places, 6) % 1 > 0
    elif value:
        places = max(0, 3 - value.adjusted()) if value < _HUNDRED else 2
    else:
        places = 0
    text = format_decimal(round(value, places), f"#,##0.{'0' * places}", locale=language)
    return str(text).replace("-", "−")
