"""/history and /chart: the past of currencies as days, as a line of text and as a picture."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sapp_bot import Ctx, Item, Picture, Rich, Screen, Store, bold, code, lines
from sapp_bot.services import Session

from . import words
from .buttons import ChartOf, HistoryOf, OneRate
from .desk import Asker, RateDesk, asker_of
from .drawing.chart_layout import MOST_LINES, MOST_POINTS, ChartRequest, Series
from .drawing.sparkline import sparkline
from .history import Point, daily
from .money.currencies import currency_table, normal
from .money.faults import RatesError
from .past import INSTANT, Span, by_day, pair_points
from .plugin import plugin
from .tastes import Tastes, percent_text
from .times.dates import EARLIEST, Period, begins_period, parse_period, today_in
from .times.zones import zone

PERIOD_BUTTONS_DAYS = (7, 30, 90, 365)
"""What the buttons below a chart, and below a history, offer: one each."""

YEAR_DAYS = 365
DAYS_SHOWN = 14
"""Days of one page of a history: as many as a phone shows beside the buttons."""

LONGEST_DAYS = 3660
"""Of one period: ten years and some days."""

CHARTS_KEPT = 24
"""Drawn charts that are kept, about 30 KB each: the same one is asked for again and again."""


class View(NamedTuple):
    """What a chart or a list of days shows: prices of `codes` in `base`; days have the first."""

    codes: tuple[str, ...]
    base: str
    days: Period


class RateChart(Picture):
    """A chart: what one unit of each currency was in the base. `start` and `end` are UTC."""

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
        series = [await series_of(desk, chart, source) for source in chart.codes]
        request = ChartRequest(chart.base, tuple(series), chart.language, zone(chart.zone))
        drawn[key] = await desk.charts.draw(request)
        while len(drawn) > CHARTS_KEPT:
            del drawn[next(iter(drawn))]
    return drawn[key]


async def series_of(desk: RateDesk, chart: RateChart, source: str) -> Series:
    """Return one line of a chart."""
    pair = (source, chart.base)
    points = await pair_points(desk, desk.purse(None), pair, chart.start, chart.end)
    return Series(source, tuple((p.at, p.value) for p in daily(points, MOST_POINTS)))


@plugin.command(examples={"/history EUR 7d": "EUR"})
async def history(
    ctx: Ctx,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    currency: str = "",
    period: str = "30d",
) -> None:
    """Show how a rate went: /history EUR 30d, /history EUR 2026-01-01..2026-01-31."""
    asker = await asker_of(ctx, desk, me, tastes)
    if currency and not is_currency(currency):
        currency, period = "", currency  # `/history 7d`
    source, base = words.pair_of(currency, asker.tastes)
    days = parse_period(period, today_in(asker.tastes.tz, ctx.now))
    await show_history(asker, View((source,), base, days))


@plugin.button(typed_as="/history {code} {days}d")
async def turn_history(
    ctx: Ctx, pressed: HistoryOf, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Show another period, or other days of it."""
    asker = await asker_of(ctx, desk, me, tastes)
    days = days_up_to(asker, pressed.days, pressed.end)
    codes = (pressed.code, *pressed.beside.split())
    await show_history(asker, View(codes, pressed.base, days), page=pressed.page)


async def show_history(asker: Asker, view: View, *, page: int = 0) -> None:
    """Show the days of a period: the change first, then a line, then a page of days."""
    start, end = bounds(asker, view.days)
    source, base = pair = view.codes[0], view.base
    points = await pair_points(asker.desk, asker.purse, pair, start, end)
    beside = " ".join(view.codes[1:])
    keys = [
        period_key(HistoryOf(code=source, base=base, days=days, beside=beside), days)
        for days in PERIOD_BUTTONS_DAYS
    ]
    around: list[Item] = [
        chart_of(asker, view).key("Chart"),
        OneRate(code=source, base=base).key("Now"),
        words.HOME,
    ]
    turns: list[Item] = []
    if not points:
        text = lines(
            asker.ctx.t("There are no rates of {code} for that time.", code=source),
            words.withdrawn(asker, source),
            words.cost(asker),
        )
    else:
        by_days = by_day(points, asker.tastes.tz)
        page, shown = page_of(by_days, page)
        turns = turn_keys(asker, view, page, len(by_days))
        text = lines(
            summary(asker, pair, Span(tuple(points)), view.days),
            code(sparkline([p.value for p in points])),
            *(day_line(asker, p, base) for p in shown),
            part_of_days(asker, len(shown), len(by_days)),
            words.cost(asker),
        )
    await asker.ctx.show(Screen(text, [keys, turns, around]), name="history")


def page_of(days: Sequence[Point], page: int) -> tuple[int, Sequence[Point]]:
    """Return a page of days, and its number: 0 has the last ones, 1 those before them."""
    page = min(max(page, 0), (len(days) - 1) // DAYS_SHOWN)
    after = len(days) - page * DAYS_SHOWN
    return page, days[max(0, after - DAYS_SHOWN) : after]


def turn_keys(asker: Asker, view: View, page: int, count: int) -> list[Item]:
    """Return the buttons that lead to the earlier and to the later days of a period."""
    turns: list[Item] = []
    if (page + 1) * DAYS_SHOWN < count:
        turns.append(history_of(asker, view, page=page + 1).key("‹ Earlier"))
    if page:
        turns.append(history_of(asker, view, page=page - 1).key("Later ›"))
    return turns


def part_of_days(asker: Asker, shown: int, count: int) -> Rich | None:
    """Say that the days listed are not all there are; None when they are."""
    if shown == count:
        return None
    text = "{shown} of {count} days are listed; the buttons lead to the others."
    return asker.ctx.t(text, shown=shown, count=count)


@plugin.command(examples={"/chart EUR 7d": "EUR"})
async def chart(
    ctx: Ctx, me: Session | None, desk: RateDesk, tastes: Store[Tastes], what: str = ""
) -> None:
    """Draw rates: /chart EUR 90d, /chart EUR GBP 1y."""
    asker = await asker_of(ctx, desk, me, tastes)
    codes, period = split_period(what)
    wanted = tuple(words.one_currency(word).code for word in codes) or (asker.tastes.shown[0],)
    days = parse_period(period or "30d", today_in(asker.tastes.tz, ctx.now))
    await show_chart(asker, View(wanted, asker.tastes.base, days))


@plugin.button(typed_as="/chart {codes} {days}d")
async def turn_chart(
    ctx: Ctx, pressed: ChartOf, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Draw another period, in place of the picture that is there."""
    asker = await asker_of(ctx, desk, me, tastes)
    days = days_up_to(asker, pressed.days, pressed.end)
    await show_chart(asker, View(tuple(pressed.codes.split()), pressed.base, days))


async def show_chart(asker: Asker, view: View) -> None:
    """Show a picture, whose caption says the same in words for who cannot see it."""
    base = view.base
    codes = tuple(dict.fromkeys(c for c in view.codes if c != base))
    if not codes:
        codes, base = (base,), "EUR" if base == "USD" else "USD"
    view = View(codes, base, view.days)
    if len(codes) > MOST_LINES:
        raise RatesError("A chart has {most} lines at most.", most=MOST_LINES)
    start, end = bounds(asker, view.days)
    spans = [
        (source, await pair_points(asker.desk, asker.purse, (source, base), start, end))
        for source in codes
    ]
    drawable = [source for source, points in spans if len(points) > 1]
    text = lines(
        *(caption(asker, (source, base), points, view.days) for source, points in spans),
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
    keys = [
        period_key(ChartOf(codes=joined, base=base, days=days), days)
        for days in PERIOD_BUTTONS_DAYS
    ]
    around: list[Item] = [
        history_of(asker, view).key("Days"),
        OneRate(code=codes[0], base=base).key("Now"),
        words.HOME,
    ]
    screen = Screen(text, [keys, around], picture=picture if drawable else None)
    await asker.ctx.show(screen, name="chart")


def caption(asker: Asker, pair: tuple[str, str], points: Sequence[Point], days: Period) -> Rich:
    """Say in words what a line of the chart shows."""
    if not points:
        return asker.ctx.t("There are no rates of {code} for that time.", code=pair[0])
    line = code(sparkline([p.value for p in points]))
    return lines(summary(asker, pair, Span(tuple(points)), days), line)


def summary(asker: Asker, pair: tuple[str, str], span: Span, days: Period) -> Rich:
    """Write the last value, the change in so many days, and the extremes of a period."""
    source, base = pair
    last = span.points[-1]
    change = asker.ctx.n(
        "1 {source} = {rate} ({change} % in {n} day)",
        "1 {source} = {rate} ({change} % in {n} days)",
        (days.end - days.start).days or 1,
        source=source,
        rate=words.rate(asker, last.value, base),
        change=percent_text(span.change, asker.tastes.numbers, asker.ctx.language),
    )
    return lines(
        bold(change),
        dates_of(asker, days),
        asker.ctx.t(
            "Lowest {low} on {low_day}, highest {high} on {high_day}.",
            low=words.rate(asker, span.low.value, base),
            low_day=day_text(asker, span.low),
            high=words.rate(asker, span.high.value, base),
            high_day=day_text(asker, span.high),
        ),
    )


def dates_of(asker: Asker, days: Period) -> str | None:
    """Write the first and the last day of a period that is over; None for one up to today."""
    if days.end == today_in(asker.tastes.tz, asker.ctx.now):
        return None
    return f"{words.day(asker.ctx, days.start)} – {words.day(asker.ctx, days.end)}"


def day_line(asker: Asker, point: Point, base: str) -> str:
    """Write the last rate of a day."""
    return f"{day_text(asker, point)}  {words.rate(asker, point.value, base)}"


def day_text(asker: Asker, point: Point) -> str:
    """Write the day of a rate in the person's zone."""
    return words.day(asker.ctx, point.at.astimezone(asker.tastes.tz))


def split_period(text: str) -> tuple[list[str], str]:
    """Part `EUR GBP 90d` into its currencies and its period."""
    found = text.replace(",", " ").split()
    at = next((n for n, word in enumerate(found) if not is_currency(word)), len(found))
    return found[:at], " ".join(found[at:])


def is_currency(word: str) -> bool:
    """Return whether a word names money, or may be meant to: no period begins with it."""
    table = currency_table()
    if word.upper() in table or normal(word) in table.meanings:
        return True
    return not begins_period(word)


def period_key(button: ChartOf | HistoryOf, days: int) -> Item:
    """Return a button labelled with its days, or with its years where it is whole ones."""
    if days % YEAR_DAYS:
        return button.key("{n} d", n=days)
    return button.key("{n} y", n=days // YEAR_DAYS)


def chart_of(asker: Asker, view: View) -> ChartOf:
    """Return the button of the same as a chart."""
    days, end = carried(asker, view.days)
    return ChartOf(codes=" ".join(view.codes), base=view.base, days=days, end=end)


def history_of(asker: Asker, view: View, *, page: int = 0) -> HistoryOf:
    """Return the button of the same as days."""
    (code, *others), (days, end) = view.codes, carried(asker, view.days)
    beside = " ".join(others)
    return HistoryOf(code=code, base=view.base, days=days, end=end, page=page, beside=beside)


def carried(asker: Asker, days: Period) -> tuple[int, int]:
    """Return a period as buttons carry it; `days_up_to` reads it."""
    is_open = days.end == today_in(asker.tastes.tz, asker.ctx.now)
    return (days.end - days.start).days, 0 if is_open else days.end.toordinal()


def days_up_to(asker: Asker, count: int, end: int) -> Period:
    """Return so many days up to one, which is a day's ordinal; 0 is today."""
    today = today_in(asker.tastes.tz, asker.ctx.now)
    last = min(max(end, EARLIEST.toordinal()), today.toordinal()) if end else today.toordinal()
    first = last - max(0, min(count, LONGEST_DAYS))
    return Period(date.fromordinal(first), date.fromordinal(last))


def bounds(asker: Asker, days: Period) -> tuple[datetime, datetime]:
    """Return a period in UTC, up to the last full hour: the same question has the same answer."""
    start, end = days.moments(asker.tastes.tz)
    full_hour = asker.ctx.now.replace(minute=0, second=0, microsecond=0)
    return start, min(end - INSTANT, full_hour)
