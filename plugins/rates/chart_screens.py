"""/history and /chart: the past of currencies as days, as a line of text and as a picture."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sapp_bot import Ctx, Item, Rich, Screen, Store, bold, code, join, lines
from sapp_bot.services import SappBotError, Session

from . import words
from .buttons import ChartOf, HistoryOf, OneRate, chart_keys, history_keys
from .chart_pictures import RateChart
from .desk import Asker, RateDesk, asker_of
from .drawing.chart_layout import MOST_LINES
from .drawing.sparkline import sparkline
from .money.faults import RatesError
from .money.naming import Naming, read_naming
from .past import INSTANT, line_from, pair_hours, pair_line, reads_for
from .plugin import plugin
from .reading.history import PeriodTooDear
from .reading.hours import Line, Point, by_day
from .tastes import Tastes, percent_text
from .times.dates import EARLIEST, Period, begins_period, parse_period, today_in

DAYS_SHOWN = 14
"""Days of one page of a history: as many as a phone shows beside the buttons."""

FREELY_SPENT = 1
"""Reads of their own client that a question may cost a person unasked."""

MONTH = "30d"
"""The period of who names none."""

LONGEST_DAYS = 3660
"""Of one period: ten years and some days."""


class View(NamedTuple):
    """What a chart or a list of days shows: prices of `codes` in `base`; days have the first."""

    codes: tuple[str, ...]
    base: str
    days: Period


@plugin.command(examples={"/history EUR 7d": "EUR"})
async def history(
    ctx: Ctx,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    currency: str = "",
    period: str = "",
) -> None:
    """Show how a rate went: /history EUR 30d, /history EUR 2026-01-01..2026-01-31."""
    asker = await asker_of(ctx, desk, me, tastes)
    # `/history 7d` names no currency.
    named = read_naming(f"{currency} {period}", begins_period, command="history")
    source, base = words.asked_pair(named, asker.tastes)
    days = parse_period(named.rest or MONTH, today_in(asker.tastes.tz, ctx.now))
    await show_history(asker, View((source,), base, days))


@plugin.button(typed_as="/history {code} {days}d")
async def turn_history(
    ctx: Ctx, pressed: HistoryOf, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Show another period, or other days of it."""
    asker = await asker_of(ctx, desk, me, tastes)
    days = days_up_to(asker, pressed.days, pressed.end)
    codes = (pressed.code, *pressed.beside.split())
    view = View(codes, pressed.base, days)
    await show_history(asker, view, page=pressed.page, agreed=pressed.agreed)


async def show_history(asker: Asker, view: View, *, page: int = 0, agreed: int = 0) -> None:
    """Show the days of a period: the change first, then a line, then a page of days."""
    if not await may_spend(asker, view, (view.codes[0],), history_of(asker, view), agreed):
        return
    start, end = bounds(asker, view.days)
    source, base = pair = view.codes[0], view.base
    try:
        hours = await pair_hours(asker.desk, asker.purse, pair, start, end)
        line = await line_from(asker.desk, asker.purse, (pair, start, end), hours)
    except PeriodTooDear as error:
        await words.too_dear(asker, error, history_keys(view.codes, base))
        return
    around: list[Item] = [
        chart_of(asker, view).key("Chart"),
        OneRate(code=source, base=base).key("Now"),
        words.HOME,
    ]
    turns: list[Item] = []
    if hours is None or line is None:
        text = lines(
            asker.ctx.t("There are no rates of {code} for that time.", code=source),
            words.withdrawn_past(asker, pair, view.days.start),
            words.cost(asker),
        )
    else:
        by_days = by_day(hours, asker.tastes.tz)
        await asyncio.sleep(0)  # a year of days takes some milliseconds, and so do the words
        page, shown = page_of(by_days, page)
        turns = turn_keys(asker, view, page, len(by_days))
        text = lines(
            summary(asker, pair, line, view.days),
            code(bars(line)),
            *(day_line(asker, p, base) for p in shown),
            part_of_days(asker, len(shown), len(by_days)),
            *coverage(asker, [line], view.days),
            words.withdrawn_past(asker, pair, view.days.start),
            words.missing(asker),
            words.cost(asker),
        )
    instead = successor_keys(asker, view, to_chart=False)
    rows = [row for row in (history_keys(view.codes, view.base), turns, instead, around) if row]
    await asker.ctx.show(Screen(text, rows), name="history")


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
    """Draw rates: /chart EUR 90d, /chart EUR GBP 1y, /chart EUR/RUB."""
    asker = await asker_of(ctx, desk, me, tastes)
    named = read_naming(what, begins_period, command="chart")
    days = parse_period(named.rest or MONTH, today_in(asker.tastes.tz, ctx.now))
    await show_chart(asker, view_of(named, asker.tastes, days))


def view_of(named: Naming, tastes: Tastes, days: Period) -> View:
    """Return what a chart is asked to show: a pair, or prices of some currencies in the base.

    Two currencies are a pair where they are written as one, and where one of them is the base.
    """
    codes = named.codes or (tastes.shown[0],)
    if named.is_pair or (len(codes) == 2 and tastes.base in codes):  # noqa: PLR2004  # a pair
        return View(codes[:1], codes[1], days)
    return View(codes, tastes.base, days)


@plugin.button(typed_as="/chart {codes} {days}d")
async def turn_chart(
    ctx: Ctx, pressed: ChartOf, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Draw another period, in place of the picture that is there."""
    asker = await asker_of(ctx, desk, me, tastes)
    days = days_up_to(asker, pressed.days, pressed.end)
    view = View(tuple(pressed.codes.split()), pressed.base, days)
    await show_chart(asker, view, agreed=pressed.agreed)


async def show_chart(asker: Asker, view: View, *, agreed: int = 0) -> None:
    """Show a picture, whose caption says the same in words for who cannot see it."""
    base = view.base
    codes = tuple(dict.fromkeys(c for c in view.codes if c != base))
    if not codes:
        codes, base = (base,), "EUR" if base == "USD" else "USD"
    view = View(codes, base, view.days)
    if len(codes) > MOST_LINES:
        raise RatesError("A chart has {most} lines at most.", most=MOST_LINES)
    if not await may_spend(asker, view, codes, chart_of(asker, view), agreed):
        return
    start, end = bounds(asker, view.days)
    if any(((source, base), start, end) not in asker.desk.lines for source in codes):
        await asker.desk.charts.wake()  # its rates are looked for meanwhile
    try:
        found = await found_lines(asker, view, start, end)
    except PeriodTooDear as error:
        await words.too_dear(asker, error, chart_keys(view.codes, base))
        return
    there = [line for line in found.values() if isinstance(line, Line)]
    text = lines(
        *(caption(asker, (source, base), line, view.days) for source, line in found.items()),
        *coverage(asker, there, view.days),
        *(words.withdrawn_past(asker, (code,), view.days.start) for code in (*codes, base)),
        words.missing(asker),
        words.cost(asker),
    )
    drawable = [c for c, line in found.items() if isinstance(line, Line) and len(line.drawn) > 1]
    picture = RateChart(
        base=base,
        codes=tuple(drawable),
        start=start,
        end=end,
        language=asker.ctx.language,
        zone=asker.tastes.known_zone or "UTC",
    )
    around: list[Item] = [
        history_of(asker, view).key("Days"),
        OneRate(code=codes[0], base=base).key("Now"),
        words.HOME,
    ]
    instead = successor_keys(asker, view, to_chart=True)
    rows = [row for row in (chart_keys(view.codes, view.base), instead, around) if row]
    screen = Screen(text, rows, picture=picture if drawable else None)
    await asker.ctx.show(screen, name="chart")


def successor_keys(asker: Asker, view: View, *, to_chart: bool) -> list[Item]:
    """Return a button of the same with what has taken the place of withdrawn money, if any has."""
    base = words.successor(view.base)
    codes = tuple(dict.fromkeys(words.successor(code) for code in view.codes))
    others = tuple(code for code in codes if code != base)
    if (codes, base) == (view.codes, view.base) or not others:
        return []
    now = View(others, base, view.days)
    button = chart_of(asker, now) if to_chart else history_of(asker, now)
    return [button.key("Show {pair}", pair=f"{' '.join(others)}/{base}")]


async def found_lines(
    asker: Asker, view: View, start: datetime, end: datetime
) -> dict[str, Line | SappBotError | None]:
    """Return the line of each currency, None where there are no rates, or why there is none.

    Raises:
        SappBotError: as `pair_line`, where nothing was spent and nothing can be shown.

    """
    found: dict[str, Line | SappBotError | None] = {}
    for source in view.codes:
        pair = (source, view.base)
        try:
            found[source] = await pair_line(asker.desk, asker.purse, pair, start, end)
        except SappBotError as error:
            if not asker.purse.reads and not any(found.values()):
                raise
            found[source] = error
    return found


def caption(
    asker: Asker, pair: tuple[str, str], line: Line | SappBotError | None, days: Period
) -> Rich:
    """Say in words what a line of the chart shows, or why it is not there."""
    if line is None:
        return asker.ctx.t("There are no rates of {code} for that time.", code=pair[0])
    if isinstance(line, Line):
        return lines(summary(asker, pair, line, days), code(bars(line)))
    return join([bold(pair[0]), asker.ctx.t(line.reply, **line.values)], ": ")


def bars(line: Line) -> str:
    """Draw a line as text."""
    return sparkline([Decimal(mean) for mean in line.bars])


def summary(asker: Asker, pair: tuple[str, str], line: Line, days: Period) -> Rich:
    """Write the last value, the change in the days from the first on, and the extremes."""
    source, base = pair
    change = asker.ctx.n(
        "1 {source} = {rate} ({change} % in {n} day)",
        "1 {source} = {rate} ({change} % in {n} days)",
        days.between(*line.days(asker.tastes.tz)) or 1,
        source=source,
        rate=words.rate(asker, line.last.value, base),
        change=percent_text(line.change, asker.tastes.numbers, asker.ctx.language),
    )
    return lines(
        bold(change),
        dates_of(asker, days),
        asker.ctx.t(
            "Lowest {low} on {low_day}, highest {high} on {high_day}.",
            low=words.rate(asker, line.low.value, base),
            low_day=day_text(asker, line.low),
            high=words.rate(asker, line.high.value, base),
            high_day=day_text(asker, line.high),
        ),
    )


def coverage(asker: Asker, shown: Sequence[Line], days: Period) -> list[Rich]:
    """Say which of the days that were asked for have no rates, where some have none: once each."""
    ctx, found = asker.ctx, dict[str, Rich]()
    for line in shown:
        first, last = line.days(asker.tastes.tz)
        texts: list[Rich] = []
        if not days.begins_near(first):
            texts.append(ctx.t("There are no rates before {day}.", day=words.day(ctx, first)))
        if not days.ends_near(last) and asker.purse.missing is None:
            texts.append(ctx.t("There are no rates after {day}.", day=words.day(ctx, last)))
        if line.empty_days:
            one, many = "There are none for {n} day.", "There are none for {n} days in between."
            texts.append(ctx.n(one, many, line.empty_days))
        found.update((text.plain, text) for text in texts)
    return list(found.values())


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


async def may_spend(
    asker: Asker, view: View, codes: Sequence[str], again: ChartOf | HistoryOf, agreed: int
) -> bool:
    """Return whether a view may be read; ask who pays for it themselves, when it is dear."""
    desk, purse = asker.desk, asker.purse
    if desk.is_shared or purse.me is None:
        return True
    pairs = [(source, view.base) for source in codes]
    reads = await reads_for(desk, pairs, *bounds(asker, view.days))
    if reads <= max(FREELY_SPENT, agreed) or (client := await purse.client()) is None:
        return True
    left = client.reads_left
    text = asker.ctx.n(
        "That takes {n} read of your client, of {left} left.",
        "That takes {n} reads of your client, of {left} left.",
        reads,
        left=left,
    )
    keys = (
        chart_keys(view.codes, view.base)
        if isinstance(again, ChartOf)
        else history_keys(view.codes, view.base)
    )
    rows: list[list[Item]] = [keys, [OneRate(code=codes[0], base=view.base).key("Now"), words.HOME]]
    if reads <= left:
        yes = again.model_copy(update={"agreed": reads}).key("Read it", style="primary")
        rows.insert(0, [yes])
    shorter = asker.ctx.t("Nothing was spent yet. A shorter period takes fewer.")
    await asker.ctx.show(Screen(lines(bold(text), shorter), rows), name="consent")
    return False


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
