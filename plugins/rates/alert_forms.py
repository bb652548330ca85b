"""/alert: what an alert waits for, read from a sentence, and asked for where it is not told."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Literal, cast

from sapp_bot import Ctx, Form, Item, Screen, Store, ask, bold, lines
from sapp_bot.services import SappError, Session, UserError

from . import words
from .alerts import MOST_PERCENT, SHARES, Alerts, read_level
from .buttons import NewAlert, OtherLevel
from .desk import Asker, RateDesk, asker_of
from .money.convert import convert
from .money.faults import RatesError
from .money.naming import NotOneCurrency, one_currency, read_naming
from .money.wishes import AlertKind, Wish, WishKind, asked_wish, read_wish
from .plugin import plugin
from .tastes import Tastes, marks_of, rate_text
from .times.hours import find_time
from .watch import add, level_key, nearby, new_alert

_PAIR = "For which pair? Write it as EUR/USD: the price of one EUR in USD."
_KIND = (
    "{now}. When shall I tell you? Above or below a rate, when it moves, rises or falls by "
    "some per cent, or daily."
)


class PairForm(Form):
    """For which pair an alert is, or all of it in words; and what was told of it before."""

    cancelled: ClassVar = "No alert was set."

    pair: str = ask(_PAIR)
    kind: str = ask("What is it to wait for?", default="", carried=True)
    given: str = ask("Which level?", default="", carried=True)


class AlertForm(Form):
    """What an alert for a pair waits for. `now` is its rate of today, or else its name.

    `given` is a level that was told already. The level has a form of its own for each kind, which
    explains no other.
    """

    cancelled: ClassVar = "No alert was set."

    pair: str = ask(_PAIR, carried=True)
    now: str = ask("What is its rate now?", default="", carried=True)
    kind: AlertKind = ask(_KIND)
    given: str = ask("Which level?", default="", carried=True)


class LevelForm(AlertForm):
    """The level of an alert; another kind has another form."""

    kind: AlertKind = ask(_KIND, carried=True)


class RateForm(LevelForm):
    """The level of an alert at a rate."""

    level: str = ask("{now}. At which rate shall I tell you?")


class MoveForm(LevelForm):
    """The level of an alert of a move."""

    level: str = ask("{now}. By how many per cent? For example 2.")


class TimeForm(LevelForm):
    """The time of a daily alert."""

    level: str = ask("{now}. At what time? For example 09:00.")


@plugin.command(
    private=True, aliases=["alarm"], examples={"/alert EUR/USD above 1.2": "EUR/USD at 1.20"}
)
async def alert(
    ctx: Ctx, me: Session | None, desk: RateDesk, tastes: Store[Tastes], wish: str = ""
) -> None:
    """Set an alert: /alert EUR/USD above 1.2, /alert EUR 2%, /alert EUR daily 9:00."""
    found = read_wish(wish, find_time)
    await begin(await asker_of(ctx, desk, me, tastes), found, explicit_pair(wish))


@plugin.command(private=True, hidden=True)
async def alert_for(
    ctx: Ctx, form: PairForm, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Set an alert for a pair."""
    asker = await asker_of(ctx, desk, me, tastes)
    text = _COLON.sub(r"\1/\2", form.pair)
    wish = read_wish(text, find_time)
    try:
        pair = explicit_pair(text) or pair_in(wish, asker.tastes)
        if not all(pair) or _names_many(text):
            raise _no_pair(asker, text)
    except UserError as error:
        ctx.ask_again("pair", error.reply, **error.values)
        return
    kind = wish.kind or cast("WishKind | None", form.kind or None)
    await begin(asker, wish._replace(kind=kind, level=wish.level or form.given), pair)


_COLON = re.compile(r"\b([A-Za-z]{3}):([A-Za-z]{3})\b")


def _names_many(text: str) -> bool:
    """Tell whether a text is a list of more currencies than a pair has."""
    try:
        return len(read_naming(text).codes) > 2  # noqa: PLR2004  # a pair
    except UserError:
        return False


def _no_pair(asker: Asker, text: str) -> UserError:
    """Return what is said of a text that names no pair."""
    try:
        codes = read_naming(text).codes
    except UserError as error:
        return error
    if len(codes) == 1:
        code, base = codes[0], asker.tastes.base
        other = "EUR" if code == "USD" else "USD"
        why = "{code} is your base currency. Name the other one of the pair, too: {code}/{other}."
        if code == base:
            return RatesError(why, code=code, other=other)
    return NotOneCurrency()


def asked_alert(text: str) -> Wish | None:
    """Return what a sentence such as `alert me when …` wishes for; None for all other texts."""
    return asked_wish(text, find_time)


@plugin.message(match=asked_alert, in_user_mode=False)
async def alert_text(
    ctx: Ctx, asked: Wish, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Begin an alert that somebody wants in their own words."""
    await begin(await asker_of(ctx, desk, me, tastes), asked)


def explicit_pair(text: str) -> tuple[str, str] | None:
    """Return the pair that a text begins with, as `EUR/USD`; None where it begins otherwise.

    Raises:
        UnknownCurrency, NoSuchCurrency: what stands there is none.

    """
    first = text.partition(" ")[0]
    if "/" not in first or not first.strip("/"):
        return None
    source, _, target = first.partition("/")
    return one_currency(source).code, one_currency(target).code


async def begin(asker: Asker, wish: Wish, pair: tuple[str, str] | None = None) -> None:
    """Ask for what a wish leaves open, or show how it may be meant.

    Raises:
        NeedsServiceAccount: nobody pays when nobody is there, so that nothing is asked.

    """
    asker.desk.need_service()
    source, target = pair or pair_in(wish, asker.tastes)
    if not (source and target):
        about = {"pair": wish.source} if wish.source else {}  # is told why it is no pair
        asker.ctx.start(alert_for, kind=wish.kind or "", given=wish.level, **about)
        return
    match wish.kind:
        case "reaches" | "gains" | "loses" as kind if wish.level:
            await decide(asker, (source, target), kind, wish.level)
        case "reaches" | "gains" | "loses" | None:
            await ask_kind(asker, (source, target), given=wish.level)
        case kind:
            await ask_kind(asker, (source, target), kind=kind, given=wish.level)


async def ask_kind(asker: Asker, pair: tuple[str, str], *, given: str = "", kind: str = "") -> None:
    """Ask what an alert for a pair waits for, or only for the level; both name today's rate."""
    known = {"pair": "/".join(pair), "now": await rate_now(asker, pair), "given": given}
    asker.ctx.start(choose_kind, **known, **({"kind": kind} if kind else {}))


async def rate_now(asker: Asker, pair: tuple[str, str]) -> str:
    """Return what a question says of a pair: its rate, or its name while there is none."""
    try:
        return f"1 {pair[0]} = {words.rate(asker, await rate_of(asker, pair), pair[1])}"
    except (SappError, UserError):
        return "/".join(pair)


def pair_in(wish: Wish, tastes: Tastes) -> tuple[str, str]:
    """Return the pair of a wish; what it leaves open is the person's base currency."""
    if wish.is_empty:
        return "", ""
    source, target = wish.source or tastes.base, wish.target or tastes.base
    return ("", "") if source == target else (source, target)


@plugin.command(private=True, hidden=True)
async def choose_kind(ctx: Ctx, form: AlertForm) -> None:
    """Set an alert for a pair."""
    answers = {"pair": form.pair, "now": form.now, "kind": form.kind, "given": ""}
    if form.given:  # where it is no level of this kind, the question is asked with the reason
        answers["level"] = form.given
    ctx.start(LEVELS[form.kind], **answers)


@plugin.command(private=True, hidden=True)
async def alert_at_rate(
    ctx: Ctx,
    form: RateForm,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    kept: Store[Alerts],
) -> None:
    """Set an alert at a rate."""
    await set_answered(await asker_of(ctx, desk, me, tastes), kept, tastes, form, form.level)


@plugin.command(private=True, hidden=True)
async def alert_of_move(
    ctx: Ctx,
    form: MoveForm,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    kept: Store[Alerts],
) -> None:
    """Set an alert of a move."""
    await set_answered(await asker_of(ctx, desk, me, tastes), kept, tastes, form, form.level)


@plugin.command(private=True, hidden=True)
async def alert_every_day(
    ctx: Ctx,
    form: TimeForm,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    kept: Store[Alerts],
) -> None:
    """Set an alert every day."""
    await set_answered(await asker_of(ctx, desk, me, tastes), kept, tastes, form, form.level)


LEVELS: Mapping[AlertKind, Callable[..., Any]] = {
    "above": alert_at_rate,
    "below": alert_at_rate,
    "moves": alert_of_move,
    "rises": alert_of_move,
    "falls": alert_of_move,
    "daily": alert_every_day,
}
"""The form that asks for the level, by kind."""


async def set_answered(
    asker: Asker, kept: Store[Alerts], tastes: Store[Tastes], form: AlertForm, text: str
) -> None:
    """Set the alert of a form, or ask for its level again."""
    source, _, target = form.pair.partition("/")
    style, language = asker.tastes.numbers, asker.ctx.language
    try:
        found = read_level(form.kind, text, target=target, marks=marks_of(style, language))
    except RatesError as error:
        asker.ctx.ask_again("level", error.reply, **error.values)
        return
    if len(found) > 1:
        rate = await rate_of(asker, (source, target))
        if [level for level in found if is_near(Decimal(level), rate)] != [found[0]]:
            options = [(form.kind, level) for level in sorted(found, key=Decimal)]
            await show_options(asker, (source, target), rate, text, options)
            return
    pair, level = (source, target), found[0]
    if form.kind in {"above", "below"} and words.successor(source) != words.successor(target):
        rate = await rate_of(asker, pair)
        if not is_near(Decimal(level), rate):
            await show_far(asker, pair, rate, form.kind, level)
            return
    await add(asker, kept, tastes, new_alert(asker, pair, form.kind, level))


async def show_far(
    asker: Asker, pair: tuple[str, str], rate: Decimal, kind: AlertKind, level: str
) -> None:
    """Say that a level is far from the rate of today, and offer what is likely to be meant."""
    ctx, (source, target) = asker.ctx, pair
    style, language = asker.tastes.numbers, ctx.language
    shown = rate_text(Decimal(level), style, language)
    text = lines(
        bold(f"1 {source} = {words.rate(asker, rate, target)}"),
        ctx.t("{level} is far away from that. Which do you mean?", level=f"{shown} {target}"),
    )
    rows: list[list[Item]] = []
    pairs = [pair] if not is_near(Decimal(level), 1 / rate) else [(target, source), pair]
    for first, second in pairs:
        button = NewAlert(code=first, base=second, kind=kind, level=level)
        both = f"{first}/{second}"
        if kind == "above":
            key = button.key("{pair} ≥ {rate}", pair=both, rate=shown)
        else:
            key = button.key("{pair} ≤ {rate}", pair=both, rate=shown)
        rows.append([key])
    other = OtherLevel(code=source, base=target).key("Another level…")
    await ctx.show(Screen(text, [*rows, [other, words.HOME]]), name="alert")


NEAR = 30
"""A level this many times the rate, or less, is one that may be meant. The two readings of
`100,000` are a thousand times apart, so that only one of them is near to any rate."""


def is_near(level: Decimal, rate: Decimal) -> bool:
    """Tell whether a level is so near to a rate that it is likely to be meant."""
    return rate / NEAR <= level <= rate * NEAR


async def rate_of(asker: Asker, pair: tuple[str, str]) -> Decimal:
    """Return the price of one unit now, where somebody pays for alerts.

    Raises:
        NeedsServiceAccount, SappError, NoRate: there is none.

    """
    asker.desk.need_service()
    return convert(Decimal(1), *pair, words.rates_of(await asker.desk.now(asker.purse)))


async def decide(
    asker: Asker, pair: tuple[str, str], kind: Literal["reaches", "gains", "loses"], text: str
) -> None:
    """Find out by the present rate what a wish is for; where it may be several things, ask."""
    marks = marks_of(asker.tastes.numbers, asker.ctx.language)
    is_money = text.endswith(pair[1])
    numbers = [Decimal(n) for n in read_level("above", text, target=pair[1], marks=marks)]
    rate = await rate_of(asker, pair)
    options: list[tuple[AlertKind, str]] = []
    for number in numbers:
        if kind == "reaches":
            options.append(("above" if number > rate else "below", f"{number:f}"))
            continue
        sign = 1 if kind == "gains" else -1
        if not is_money and number <= MOST_PERCENT:
            options.append(("rises" if kind == "gains" else "falls", f"{number:f}"))
        level = nearby(rate + sign * number, Decimal(1))
        if rate + sign * number > 0:
            options.append(("above" if kind == "gains" else "below", level))
    if not options:  # `falls by 5 USD`, where the rate is 1.1
        await ask_kind(asker, pair)
        return
    likely = [o for o in options if o[0] in SHARES or is_near(Decimal(o[1]), rate)]
    if len(likely) == 1 and len(numbers) == 1:
        ((chosen, level),) = likely
        known = {"pair": "/".join(pair), "now": await rate_now(asker, pair), "given": ""}
        asker.ctx.start(LEVELS[chosen], **known, kind=chosen, level=level)
        return
    if not likely and len(options) == 1:
        await show_far(asker, pair, rate, *options[0])
        return
    await show_options(asker, pair, rate, text, likely or options)


async def show_options(
    asker: Asker,
    pair: tuple[str, str],
    rate: Decimal,
    text: str,
    options: Sequence[tuple[AlertKind, str]],
) -> None:
    """Show what a level may mean, each as a button that sets the alert."""
    source, target = pair
    ctx = asker.ctx
    shown = lines(
        bold(ctx.t("“{text}” can be read in several ways. Which do you mean?", text=text[:40])),
        f"1 {source} = {words.rate(asker, rate, target)}",
    )
    rows = [[level_key(asker, pair, kind, level)] for kind, level in options]
    other: list[Item] = [OtherLevel(code=source, base=target).key("Another level…"), words.HOME]
    await ctx.show(Screen(shown, [*rows, other]), name="alert")


@plugin.button(typed_as="/alert {code}/{base}")
async def ask_level(
    ctx: Ctx, pressed: OtherLevel, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Ask for the kind and the level of an alert."""
    desk.need_service()
    await ask_kind(await asker_of(ctx, desk, me, tastes), (pressed.code, pressed.base))
