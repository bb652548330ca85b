"""Rate alerts: setting, listing and changing them, and the timer that looks at the rates."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sapp_bot import CommandButton, Ctx, Item, Rich, Screen, Store, bold, lines
from sapp_bot.services import Clock, SappError, Session, UserError

from . import words
from .alerts import MOST_ALERTS, SHARES, Alert, AlertMark, AlertMarks, Alerts
from .buttons import AlertOn, ChangeAlert, NewAlert, OneRate, OtherLevel
from .cache import Snapshot
from .desk import Asker, RateDesk, asker_of, tastes_of
from .money.convert import NoRate, convert
from .money.faults import RatesError
from .money.wishes import AlertKind
from .plugin import plugin
from .tastes import Tastes, percent_text, rate_text, short_amount_text
from .times.zones import UnknownZone, zone_title

LOOK_S = 60
"""How often the alerts are looked at: daily ones are told to the minute."""

BUDGET_LOOK_S = 300
"""How often it is looked whether the day's reads are used up."""

AT_ONCE = 8
"""People whose alerts are looked at, told and committed together: a message takes a millisecond or
two to make, and others come between."""

STEPS = (Decimal("0.99"), Decimal("1.01"))
MOVES = (1, 2, 5)
MORNING = "09:00"


@plugin.button(typed_as="/alert {code}/{base} {kind} {level}")
async def set_pressed(
    ctx: Ctx,
    pressed: NewAlert,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    kept: Store[Alerts],
) -> None:
    """Set an alert of the offered ones."""
    asker = await asker_of(ctx, desk, me, tastes)
    wanted = new_alert(asker, (pressed.code, pressed.base), pressed.kind, pressed.level)
    await add(asker, kept, tastes, wanted)


@plugin.button(typed_as="/alert {code}/{base}")
async def offer(
    ctx: Ctx, pressed: AlertOn, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Offer alerts around the rate there is now."""
    desk.need_service()
    asker = await asker_of(ctx, desk, me, tastes)
    source, target = pressed.code, pressed.base
    snapshot = await desk.now(asker.purse)
    value = convert(Decimal(1), source, target, words.rates_of(snapshot))
    text = lines(
        bold(f"1 {source} = {words.rate(asker, value, target)}"),
        ctx.t("When shall I tell you?"),
    )
    below, above = (nearby(value, step) for step in STEPS)
    pair = source, target
    rows: list[list[Item]] = [
        [level_key(asker, pair, "below", below), level_key(asker, pair, "above", above)],
        [level_key(asker, pair, "moves", str(n)) for n in MOVES],
        [level_key(asker, pair, "daily", MORNING)],
        [OtherLevel(code=source, base=target).key("Another level…")],
        [OneRate(code=source, base=target).key("‹ Back"), words.HOME],
    ]
    await ctx.show(Screen(text, rows), name="alert")


def level_key(asker: Asker, pair: tuple[str, str], kind: AlertKind, level: str) -> Item:
    """Return the button that sets an alert of a kind at a level."""
    style, language = asker.tastes.numbers, asker.ctx.language
    button = NewAlert(code=pair[0], base=pair[1], kind=kind, level=level)
    rate = "" if kind == "daily" else rate_text(Decimal(level), style, language)
    share = "" if kind == "daily" else short_amount_text(Decimal(level), style, language)
    match kind:
        case "above":
            return button.key("≥ {rate}", rate=rate)
        case "below":
            return button.key("≤ {rate}", rate=rate)
        case "moves":
            return button.key("± {n} %", n=share)
        case "rises":
            return button.key("+ {n} %", n=share)
        case "falls":
            return button.key("− {n} %", n=share)
        case "daily":
            return button.key("Daily at {time}", time=level)


@plugin.command(private=True)
async def alerts(ctx: Ctx, kept: Store[Alerts], tastes: Store[Tastes]) -> None:
    """List your alerts."""
    await ctx.show(await alert_list(ctx, kept, tastes), name="alerts")


@plugin.button(typed_as="/alerts")
async def change(
    ctx: Ctx, pressed: ChangeAlert, kept: Store[Alerts], tastes: Store[Tastes]
) -> None:
    """Pause, resume or delete an alert."""
    own = await kept.get(ctx.person.id) or Alerts()
    found = own.find(pressed.number)
    if found is None:
        await ctx.toast("That alert is gone already.")
    elif pressed.what == "delete":
        await kept.set(ctx.person.id, own.without(pressed.number))
    else:
        paused = found.model_copy(update={"is_paused": pressed.what == "pause"})
        await kept.set(ctx.person.id, own.replaced(paused))
    await ctx.show(await alert_list(ctx, kept, tastes), name="alerts")


def new_alert(asker: Asker, pair: tuple[str, str], kind: AlertKind, level: str) -> Alert:
    """Make an alert, not numbered yet."""
    daily = kind == "daily"
    return Alert(
        id=0,
        kind=kind,
        source=pair[0],
        target=pair[1],
        level=Decimal(0) if daily else Decimal(level),
        at=level if daily else "",
        zone=asker.tastes.known_zone or "UTC",
    )


async def add(asker: Asker, kept: Store[Alerts], tastes: Store[Tastes], wanted: Alert) -> None:
    """Keep an alert, seen from the rate there is now, and show it."""
    asker.desk.need_service()
    ctx, now = asker.ctx, asker.ctx.now
    own = await kept.get(ctx.person.id) or Alerts()
    if own.same_as(wanted) is not None:
        await ctx.toast("You have that alert already.")
        await ctx.show(await alert_list(ctx, kept, tastes), name="alerts")
        return
    if words.successor(wanted.source) == words.successor(wanted.target):
        await show_fixed(asker, wanted)
        return
    if len(own.items) >= MOST_ALERTS:
        raise RatesError("You have {most} alerts already. /alerts deletes one.", most=MOST_ALERTS)
    rate = price(wanted, await asker.desk.now(asker.purse))
    # What is so already is no news: it goes off when it comes to be so again.
    is_past = wanted.is_due(rate, now)
    fresh = wanted.after(rate, now, fired=is_past)
    await kept.set(ctx.person.id, own.with_new(fresh))
    pair = wanted.source, wanted.target
    text = lines(
        bold(ctx.t("I will tell you.")),
        described(asker.ctx, asker.tastes, fresh),
        *(words.withdrawn(asker, code) for code in pair),
    )
    if is_past and wanted.kind != "daily":
        text = lines(
            text,
            ctx.t("The rate is there already. I will tell you when it has left and comes back."),
        )
    if wanted.kind == "daily" and not asker.tastes.known_zone:
        text = lines(text, ctx.t("That is UTC: /zone sets your time zone."))
    keys: list[Item] = [
        ChangeAlert(number=own.last_id + 1, what="delete").key("Delete"),
        OneRate(code=wanted.source, base=wanted.target).key("Rate"),
        words.HOME,
    ]
    instead = words.succeeded(pair)
    others: list[Item] = []
    if instead is not None:
        card = AlertOn(code=instead[0], base=instead[1])
        others.append(card.key("Alert for {pair}", pair="/".join(instead)))
    await ctx.show(Screen(text, [row for row in (others, keys) if row]), name="alert")


async def show_fixed(asker: Asker, wanted: Alert) -> None:
    """Say that a rate never moves, as its money has become the same, and offer what does."""
    new, base = words.successor(wanted.source), asker.tastes.base
    other = base if base != new else "EUR" if new == "USD" else "USD"
    why = asker.ctx.t("The rate of {pair} is fixed by law: it never moves.", pair=wanted.pair)
    gone = (words.withdrawn(asker, code) for code in (wanted.source, wanted.target))
    key = AlertOn(code=new, base=other).key("Alert for {pair}", pair=f"{new}/{other}")
    screen = Screen(lines(bold(why), *gone), [[key], [words.RATES, words.HOME]])
    await asker.ctx.show(screen, name="alert")


async def alert_list(ctx: Ctx, kept: Store[Alerts], tastes: Store[Tastes]) -> Screen:
    """Show all alerts of a person, each with its buttons."""
    found, mine = await asyncio.gather(kept.get(ctx.person.id), tastes_of(ctx, tastes))
    own = found or Alerts()
    new = CommandButton(command="alert").key("Set an alert", style="primary")
    if not own.items:
        text = ctx.t("You have no alerts.")
        return Screen(text, [[new], [words.RATES, words.HOME]])
    text = lines(
        bold(ctx.n("{n} alert", "{n} alerts", len(own.items))),
        *(numbered(ctx, mine, a) for a in own.items),
    )
    rows = [alert_row(a) for a in own.items]
    if len(own.items) < MOST_ALERTS:
        rows.append([new])
    return Screen(text, [*rows, [words.RATES, words.HOME]])


def alert_row(watched: Alert) -> list[Item]:
    """Return the buttons of one alert."""
    number = watched.id
    pause = (
        ChangeAlert(number=number, what="resume").key("Resume {n}", n=number)
        if watched.is_paused
        else ChangeAlert(number=number, what="pause").key("Pause {n}", n=number)
    )
    return [pause, ChangeAlert(number=number, what="delete").key("Delete {n}", n=number)]


def numbered(ctx: Ctx, tastes: Tastes, watched: Alert) -> Rich:
    """Write one alert of the list, with its number."""
    text = described(ctx, tastes, watched)
    if watched.is_paused:
        return ctx.t("{n}. {alert} (paused)", n=watched.id, alert=text)
    return ctx.t("{n}. {alert}", n=watched.id, alert=text)


def described(ctx: Ctx, tastes: Tastes, watched: Alert) -> Rich:
    """Say what an alert waits for."""
    pair = watched.pair
    level = rate_text(watched.level, tastes.numbers, ctx.language)
    match watched.kind:
        case "above":
            return ctx.t("{pair} at {level} or above", pair=pair, level=level)
        case "below":
            return ctx.t("{pair} at {level} or below", pair=pair, level=level)
        case "moves":
            percent = short_amount_text(watched.level, tastes.numbers, ctx.language)
            return ctx.t("{pair} moves by {percent} %", pair=pair, percent=percent)
        case "rises" | "falls":
            text = (
                "{pair} rises by {percent} %"
                if watched.kind == "rises"
                else "{pair} falls by {percent} %"
            )
            percent = short_amount_text(watched.level, tastes.numbers, ctx.language)
            return ctx.t(text, pair=pair, percent=percent)
        case "daily":
            here = zone_title(watched.zone)
            return ctx.t("{pair} daily at {time}, {zone}", pair=pair, time=watched.at, zone=here)


def nearby(value: Decimal, factor: Decimal) -> str:
    """Return a level near a rate, with as many digits as a rate has."""
    level = value * factor
    return f"{level:.{max(2, 4 - level.adjusted())}f}"


def price(watched: Alert, snapshot: Snapshot) -> Decimal:
    """Return the rate that an alert waits for.

    Raises:
        NoRate: one of its currencies has none any more.

    """
    return convert(Decimal(1), watched.source, watched.target, words.rates_of(snapshot))


@plugin.every(LOOK_S)
async def look(
    ctx: Ctx,
    *,
    clock: Clock,
    desk: RateDesk,
    kept: Store[Alerts],
    marks: Store[AlertMarks],
    tastes: Store[Tastes],
) -> None:
    """Look at all alerts, some people at a time: what is said and noted is committed together."""
    if not desk.is_shared or not await somebody_waits(kept):
        return  # nobody waits for a rate, so none is paid for
    try:
        snapshot = await desk.now(desk.purse(None))
    except (SappError, UserError):
        return
    noted = {person: own async for person, own in marks.all()}
    some: list[Look] = []
    async for person, own in kept.all():
        if isinstance(person, int) and own.items:
            some.append(Look(person, own, noted.pop(person, AlertMarks())))
        if len(some) >= AT_ONCE:
            await look_at_some(Round(ctx, snapshot, clock.now(), desk, marks, tastes), some)
            some = []
    await look_at_some(Round(ctx, snapshot, clock.now(), desk, marks, tastes), some)
    for person in noted:
        await marks.delete(person)  # those who have deleted all their alerts


class Look(NamedTuple):
    """A person's alerts, and what the timer noted of them at the last look."""

    person: int
    own: Alerts
    noted: AlertMarks


class Round(NamedTuple):
    """What is the same for all alerts of a round of the timer."""

    ctx: Ctx
    snapshot: Snapshot
    now: datetime
    desk: RateDesk
    marks: Store[AlertMarks]
    tastes: Store[Tastes]


async def somebody_waits(kept: Store[Alerts]) -> bool:
    """Return whether there is an alert that is not paused."""
    async for _, own in kept.all():
        if any(not watched.is_paused for watched in own.items):
            return True
    return False


async def look_at_some(now: Round, some: Sequence[Look]) -> None:
    """Look at the alerts of some people, and commit what came of it."""
    await asyncio.gather(*(look_at(now, looked) for looked in some))
    await now.ctx.commit()


async def look_at(now: Round, looked: Look) -> None:
    """Tell one person what has come, and note how it goes on."""
    marks: dict[int, AlertMark] = {}
    for stored in looked.own.items:
        watched = stored.marked(looked.noted.marks.get(stored.id))
        try:
            rate = price(watched, now.snapshot)
            due = watched.is_due(rate, now.now)
        except (NoRate, UnknownZone):
            marks[stored.id] = watched.mark
            continue  # it waits on; those of other people must not wait with it
        fired = due and not (now.snapshot.is_stale and watched.kind != "daily")
        if fired:
            there = await now.ctx.to(looked.person)
            mine = await tastes_of(there, now.tastes)
            await tell(Asker(there, mine, now.desk.purse(None)), watched, rate, now.snapshot)
        marks[stored.id] = watched.after(rate, now.now, fired=fired).mark
    noted = {n: m for n, m in marks.items() if n in looked.noted.marks or m != unmarked(looked, n)}
    if noted != looked.noted.marks:
        await now.marks.set(looked.person, AlertMarks(marks=noted))


def unmarked(looked: Look, number: int) -> AlertMark | None:
    """Return the mark that an alert was set with."""
    found = looked.own.find(number)
    return None if found is None else found.mark


@plugin.every(BUDGET_LOOK_S)
async def warn_operators(ctx: Ctx, desk: RateDesk) -> None:
    """Tell operators, once a day, that the reads which may be paid for are used up."""
    if not desk.is_shared or not await desk.budget.is_news():
        return
    limit = desk.budget.limit
    ctx.log.warning("rates.reads_used_up", limit=limit)
    for operator in sorted(ctx.settings.admins):
        there = await ctx.to(operator)
        await there.say(
            "The {limit} reads of rates that may be paid for in a day are used up: charts and "
            "histories wait until midnight UTC, and live rates have the rest. "
            "SAPP_RATES_READS_PER_DAY sets the limit.",
            limit=limit,
            rows=[[words.HOME]],
        )


async def tell(asker: Asker, watched: Alert, rate: Decimal, snapshot: Snapshot) -> None:
    """Tell a person that an alert has gone off, and how old the rate is where it is not fresh."""
    there, tastes = asker.ctx, asker.tastes
    fact = f"1 {watched.source} = {words.rate(asker, rate, watched.target)}"
    if watched.kind in SHARES:
        moved = percent_text(watched.moved(rate), tastes.numbers, there.language)
        fact += f" ({moved} %)"
    old = words.age(asker, snapshot) if snapshot.is_stale else None
    text = lines(bold(fact), described(there, tastes, watched), old)
    keys: list[Item] = [
        OneRate(code=watched.source, base=watched.target).key("Rate"),
        ChangeAlert(number=watched.id, what="pause").key("Pause"),
        ChangeAlert(number=watched.id, what="delete").key("Delete"),
    ]
    await there.say(text, rows=[keys])
