"""/history and /chart: the past of currencies as days, as a line of text and as a picture."""

from collections.abc import Sequence
from datetime import date, datetime

from sapp_bot import Ctx, Item, Picture, Rich, Screen, Store, bold, code, lines
from sapp_bot.services import Session

from . import words
from .asker import Asker, asker_of
from .buttons import ChartOf, HistoryOf, OneRate
from .desk import RateDesk
from .drawing.chart_layout import MOST_LINES, MOST_POINTS, ChartRequest, Series
from .drawing.sparkline import sparkline
from .history import Point, daily
from .money.currencies import currency_table
from .money.faults import RatesError
from .past import INSTANT, Span, by_day, pair_points
from .plugin import plugin
from .tastes import Tastes, percent_text
from .times.dates import Period, parse_period, today_in
from .times.zones import zone

PERIODS = (7, 30, 90, 365)
DAYS_SHOWN = 14
CHARTS_KEPT = 24
"""Drawn charts that are kept, about 30 KB each: the same one is asked for again and again."""


class RateChart(Picture):
    """A chart: what one unit of the base was in each currency. `start` and `end` are UTC."""

    base: str
    codes: tuple[str, ...]
    start: datetime
    end: datetime
    language: str
    zone: str


@plugin.picture
async def draw_chart(chart: RateChart, desk: RateDesk) -> bytes:
    """Draw a chart from rates that were paid for when it was asked for."""
    key = chart.model_dump_json()
    drawn = desk.drawn
    if key not in drawn:
        series = [await series_of(desk, chart, target) for target in chart.codes]
        request = ChartRequest(chart.base, tuple(series), chart.language, zone(chart.zone))
        drawn[key] = await desk.charts.draw(request)
        while len(drawn) > CHARTS_KEPT:
            del drawn[next(iter(drawn))]
    return drawn[key]


async def series_of(desk: RateDesk, chart: RateChart, target: str) -> Series:
    """Return one line of a chart."""
    pair = (chart.base, target)
    points = await pair_points(desk, desk.purse(None), pair, chart.start, chart.end)
    return Series(target, tuple((p.at, p.value) for p in daily(points, MOST_POINTS)))


@plugin.command(examples={"/history EUR 7d": "EUR"})
async def history(
    ctx: Ctx,
    *,
    me: Session | None,
    desk: RateDesk,
    liked: Store[Tastes],
    currency: str = "",
    period: str = "30d",
) -> None:
    """Show how a rate went: /history EUR 30d, /history EUR 2026-01-01..2026-01-31."""
    asker = await asker_of(ctx, desk, me, liked)
    if currency and not is_currency(currency):
        currency, period = "", currency  # `/history 7d`
    source, base = words.pair_of(currency, asker.tastes)
    days = parse_period(period, today_in(asker.tastes.tz, ctx.now))
    await show_history(asker, (source, base), days)


@plugin.button(typed_as="/history {code} {days}d")
async def turn_history(
    ctx: Ctx, pressed: HistoryOf, me: Session | None, desk: RateDesk, liked: Store[Tastes]
) -> None:
    """Show another period."""
    asker = await asker_of(ctx, desk, me, liked)
    days = last_days(asker, pressed.days)
    await show_history(asker, (pressed.code, pressed.base), days)


async def show_history(
    asker: Asker,
    pair: tuple[str, str],
    days: Period,
) -> None:
    """Show the days of a period: the change first, then a line, then the last days."""
    start, end = bounds(asker, days)
    points = await pair_points(asker.desk, asker.purse, pair, start, end)
    source, base = pair
    keys = [HistoryOf(code=source, base=base, days=n).key("{n} d", n=n) for n in PERIODS]
    around: list[Item] = [
        ChartOf(codes=source, base=base, days=(days.end - days.start).days or 1).key("Chart"),
        OneRate(code=source, base=base).key("Now"),
        words.HOME,
    ]
    if not points:
        text = lines(
            asker.ctx.t("There are no rates of {code} for that time.", code=source),
            words.withdrawn(asker, source),
            words.cost(asker),
        )
    else:
        text = lines(
            summary(asker, pair, Span(tuple(points))),
            code(sparkline([p.value for p in points])),
            *(day_line(asker, p, base) for p in by_day(points, asker.tastes.tz)[-DAYS_SHOWN:]),
            words.cost(asker),
        )
    await asker.ctx.show(Screen(text, [keys, around]), name="history")


@plugin.command(examples={"/chart EUR 7d": "EUR"})
async def chart(
    ctx: Ctx, me: Session | None, desk: RateDesk, liked: Store[Tastes], what: str = ""
) -> None:
    """Draw rates: /chart EUR 90d, /chart EUR GBP 1y."""
    asker = await asker_of(ctx, desk, me, liked)
    codes, period = split_period(what)
    wanted = [words.one_currency(word).code for word in codes] or [asker.tastes.shown[0]]
    days = parse_period(period or "30d", today_in(asker.tastes.tz, ctx.now))
    await show_chart(asker, wanted, asker.tastes.base, days)


@plugin.button(typed_as="/chart {codes} {days}d")
async def turn_chart(
    ctx: Ctx, pressed: ChartOf, me: Session | None, desk: RateDesk, liked: Store[Tastes]
) -> None:
    """Draw another period, in place of the picture that is there."""
    asker = await asker_of(ctx, desk, me, liked)
    days = last_days(asker, pressed.days)
    await show_chart(asker, pressed.codes.split(), pressed.base, days)


async def show_chart(
    asker: Asker,
    wanted: Sequence[str],
    base: str,
    days: Period,
) -> None:
    """Show a picture, whose caption says the same in words for who cannot see it."""
    codes = list(dict.fromkeys(c for c in wanted if c != base))
    if not codes:
        codes, base = [base], "EUR" if base == "USD" else "USD"
    if len(codes) > MOST_LINES:
        raise RatesError("A chart has {most} lines at most.", most=MOST_LINES)
    start, end = bounds(asker, days)
    spans = [
        (target, await pair_points(asker.desk, asker.purse, (base, target), start, end))
        for target in codes
    ]
    drawable = [target for target, points in spans if len(points) > 1]
    text = lines(
        *(caption(asker, (base, target), points) for target, points in spans),
        words.cost(asker),
    )
    picture = RateChart(
        base=base,
        codes=tuple(drawable),
        start=start,
        end=end,
        language=asker.ctx.language,
        zone=asker.tastes.known_zone or "UTC",
    )
    joined = " ".join(codes)
    keys = [ChartOf(codes=joined, base=base, days=n).key("{n} d", n=n) for n in PERIODS]
    around: list[Item] = [
        HistoryOf(code=codes[0], base=base, days=30).key("Days"),
        OneRate(code=codes[0], base=base).key("Now"),
        words.HOME,
    ]
    screen = Screen(text, [keys, around], picture=picture if drawable else None)
    await asker.ctx.show(screen, name="chart")


def caption(asker: Asker, pair: tuple[str, str], points: Sequence[Point]) -> Rich:
    """Say in words what a line of the chart shows."""
    if not points:
        return asker.ctx.t("There are no rates of {code} for that time.", code=pair[1])
    line = code(sparkline([p.value for p in points]))
    return lines(summary(asker, pair, Span(tuple(points))), line)


def summary(asker: Asker, pair: tuple[str, str], span: Span) -> Rich:
    """Write the last value, the change, and the extremes of a period."""
    source, base = pair
    last = span.points[-1]
    change = f"{percent_text(span.change, asker.tastes.numbers, asker.ctx.language)} %"
    return lines(
        bold(f"1 {source} = {words.rate(asker, last.value, base)} ({change})"),
        asker.ctx.t(
            "Lowest {low} on {low_day}, highest {high} on {high_day}.",
            low=words.rate(asker, span.low.value, base),
            low_day=day_text(span.low, asker.tastes),
            high=words.rate(asker, span.high.value, base),
            high_day=day_text(span.high, asker.tastes),
        ),
    )


def day_line(asker: Asker, point: Point, base: str) -> str:
    """Write the last rate of a day."""
    return f"{day_text(point, asker.tastes)}  {words.rate(asker, point.value, base)}"


def day_text(point: Point, tastes: Tastes) -> str:
    """Write the day of a rate in the person's zone."""
    return f"{point.at.astimezone(tastes.tz):%d.%m.%Y}"


def split_period(text: str) -> tuple[list[str], str]:
    """Part `EUR GBP 90d` into its currencies and its period, which begins with a digit."""
    found = text.replace(",", " ").split()
    at = next((n for n, word in enumerate(found) if not is_currency(word)), len(found))
    return found[:at], " ".join(found[at:])


def is_currency(word: str) -> bool:
    """Return whether a word is a code, or could be the name of money: it has no digit."""
    return word.upper() in currency_table() or not any(c.isdigit() for c in word)


def last_days(asker: Asker, count: int) -> Period:
    """Return so many days up to today."""
    today = today_in(asker.tastes.tz, asker.ctx.now)
    return Period(date.fromordinal(today.toordinal() - max(1, min(count, 3660))), today)


def bounds(asker: Asker, days: Period) -> tuple[datetime, datetime]:
    """Return a period in UTC, up to the last full hour: the same question has the same answer."""
    start, end = days.moments(asker.tastes.tz)
    full_hour = asker.ctx.now.replace(minute=0, second=0, microsecond=0)
    return start, min(end - INSTANT, full_hour)
