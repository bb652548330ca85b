"""Texts that several screens share: amounts, ages, who paid, and the place of a mistake."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date, format_timedelta

from sapp_bot import CommandButton, Ctx, Item, Rich, isolate, join, lines, pre
from sapp_bot.services import NoReadsLeft, SappBotError

from .cache import Snapshot
from .desk import Asker, LoginToPay, ServiceCannotPay
from .money.convert import NoRate, Rates
from .money.currencies import currency_table
from .money.faults import AmountError, Fault
from .money.naming import Naming, NotOneCurrency
from .reading.budget import DailyLimitReached
from .reading.history import PeriodTooDear
from .reading.hours import Point
from .tastes import Tastes, amount_text, rate_text

PHONE_COLUMNS = 32
"""Characters of one monospaced line on a phone."""

JUST_NOW_S = 10
"""Rates younger than this are of "just now"."""

HOME = CommandButton(command="start").key("‹ Home")
SETTINGS = CommandButton(command="settings").key("‹ Settings")
RATES = CommandButton(command="rates").key("‹ Rates")


async def too_dear(asker: Asker, error: PeriodTooDear, shorter: list[Item]) -> None:
    """Say that a period is too dear to be read, with shorter ones as buttons."""
    text = asker.ctx.t(error.reply, **error.values)
    await asker.ctx.say(text, rows=[shorter, [RATES, HOME]])


def asked_pair(named: Naming, tastes: Tastes) -> tuple[str, str]:
    """Return the pair that was named, or one currency, by default the first favourite, in the base.

    Raises:
        NotOneCurrency: more than a pair was named.

    """
    if len(named.codes) > 2:  # noqa: PLR2004  # a pair
        raise NotOneCurrency
    if len(named.codes) > 1:
        return named.codes[0], named.codes[1]
    source = named.codes[0] if named.codes else tastes.shown[0]
    if source != tastes.base:
        return source, tastes.base
    return source, "EUR" if source == "USD" else "USD"


def rates_of(snapshot: Snapshot) -> Rates:
    """Return a reading as what sums are converted with."""
    return Rates(snapshot.base, snapshot.rates)


def money(asker: Asker, amount: Decimal, code: str) -> str:
    """Write an amount with its code: `1,000.50 EUR`."""
    return f"{amount_text(amount, asker.tastes.numbers, asker.ctx.language)} {code}"


def rate(asker: Asker, value: Decimal, code: str) -> str:
    """Write a rate with its code: `0.921346 EUR`."""
    return f"{rate_text(value, asker.tastes.numbers, asker.ctx.language)} {code}"


def clock_time(moment: datetime, tastes: Tastes) -> str:
    """Write a time of day in the person's zone, which is named where they chose none."""
    local = moment.astimezone(tastes.tz)
    return f"{local:%H:%M}" if tastes.known_zone else f"{local:%H:%M} UTC"


def day(ctx: Ctx, moment: date) -> str:
    """Write a day as all cards do: 30 Nov 2026, «30 нояб. 2026»."""
    return str(format_date(moment, "d MMM y", locale=ctx.language))


def last_rate(asker: Asker, found: Point) -> Rich:
    """Say of which day and time a past rate is."""
    local = day(asker.ctx, found.at.astimezone(asker.tastes.tz))
    at = clock_time(found.at, asker.tastes)
    return asker.ctx.t("The last rate of {day}, at {at}.", day=local, at=at)


def age(asker: Asker, snapshot: Snapshot) -> Rich:
    """Say of when the rates are, and how old that is; stale ones are marked."""
    seconds = (asker.ctx.now - snapshot.read_at).total_seconds()
    at = isolate(clock_time(snapshot.read_at, asker.tastes))
    ago = just_now(asker.ctx) if seconds < JUST_NOW_S else isolate(ago_text(asker.ctx, seconds))
    if snapshot.is_stale:
        text = "⚠ Rates of {at}, {ago}: newer ones can't be had just now."
        return join([asker.ctx.t(text, at=at, ago=ago), *reasons(asker, snapshot.error)], " ")
    return asker.ctx.t("Rates of {at}, {ago}.", at=at, ago=ago)


def reasons(asker: Asker, error: SappBotError | None) -> list[Rich]:
    """Say why rates can't be had where that is more than an API that is away: who cannot pay."""
    if not isinstance(error, (DailyLimitReached, ServiceCannotPay, LoginToPay, NoReadsLeft)):
        return []
    return [asker.ctx.t(error.reply, **error.values)]


def missing(asker: Asker) -> Rich | None:
    """Say which rates of the past can't be had just now, for who is shown the rest; else None."""
    gap = asker.purse.missing
    if gap is None:
        return None
    if gap.newest is None:
        text = asker.ctx.t("⚠ Some rates of that time are missing: they can't be had just now.")
    else:
        ago = ago_text(asker.ctx, (asker.ctx.now - gap.newest).total_seconds())
        text = asker.ctx.t(
            "⚠ Rates up to {day}, {at}, {ago}: newer ones can't be had just now.",
            day=day(asker.ctx, gap.newest.astimezone(asker.tastes.tz)),
            at=isolate(clock_time(gap.newest, asker.tastes)),
            ago=isolate(ago),
        )
    return join([text, *reasons(asker, gap.error)], " ")


def just_now(ctx: Ctx) -> Rich:
    """Return the age of what is as good as new, or of the future where a clock was set back."""
    return ctx.t("just now")


def ago_text(ctx: Ctx, seconds: float) -> str:
    """Return an age in words: 5 minutes ago, «1 минуту назад»."""
    # Babel inflects what stands before «назад»: «1 минуту», not «1 минута».
    delta = timedelta(seconds=-seconds)
    return format_timedelta(delta, threshold=1, add_direction=True, locale=ctx.language)


def freshness(asker: Asker, snapshot: Snapshot) -> Rich:
    """Say how old the rates are, and what it cost to ask for newer ones, for who has asked."""
    return lines(age(asker, snapshot), cost(asker))


def cost(asker: Asker) -> Rich | None:
    """Say what a question cost the person, if anything, or may cost that goes on behind."""
    if asker.purse.is_unsure:
        return asker.ctx.t("Newer rates cost a read of your client, even if they do not come.")
    if not asker.purse.reads:
        return None
    return asker.ctx.n(
        "This cost {n} read of your client; {left} left.",
        "This cost {n} reads of your client; {left} left.",
        asker.purse.reads,
        left=asker.purse.left or 0,
    )


def pointed(ctx: Ctx, text: str, error: AmountError) -> Rich:
    """Say what is wrong with a text, then show where: a line of marks below its place.

    Only what stands around the place is shown: a phone breaks longer lines, and the marks would be
    under something else. Where all of it is too long there is no place.
    """
    why = ctx.t(error.reply, **error.values)
    if error.fault is Fault.TOO_LONG:
        return why
    flat = "".join(" " if c.isspace() else c for c in text)
    first = 0 if len(flat) <= PHONE_COLUMNS else max(0, error.start - PHONE_COLUMNS // 2)
    shown = flat[first : first + PHONE_COLUMNS]
    marks = min(max(1, error.end - error.start), max(1, PHONE_COLUMNS - (error.start - first)))
    return lines(why, pre(f"{shown}\n{' ' * (error.start - first)}{'^' * marks}"))


def withdrawn(asker: Asker, code: str) -> Rich | None:
    """Say that money is withdrawn, since when, and what it has become; None for current money."""
    return withdrawn_for(asker.ctx, asker.tastes, code)


def withdrawn_for(ctx: Ctx, tastes: Tastes, code: str) -> Rich | None:
    """Say the same to a person of whom only the choices are known."""
    table = currency_table()
    if code not in table or (currency := table[code]).until is None:
        return None
    name, until = currency.name(ctx.language), day(ctx, currency.until)
    replacement = table.replacement(code)
    if replacement is None:
        text = "{code} ({name}) was withdrawn on {day}."
        return ctx.t(text, code=code, name=name, day=until)
    return ctx.t(
        "{code} ({name}) was withdrawn on {day}; {new} has taken its place, at the fixed rate of "
        "{rate} for 1 {new}.",
        code=code,
        name=name,
        day=until,
        new=replacement.code,
        rate=f"{rate_text(replacement.per_unit, tastes.numbers, ctx.language)} {code}",
    )


def withdrawn_past(asker: Asker, pair: Sequence[str], first: date) -> Rich | None:
    """Say of withdrawn money in a pair what it has become, and what its rates of the past are.

    `first` is the first day shown: before it was withdrawn, money had a rate of its own.
    """
    notes = [(code, note) for code in pair if (note := withdrawn(asker, code)) is not None]
    said = [note for _, note in notes]
    for code, _ in notes:
        until = currency_table()[code].until
        new = successor(code)
        if until is not None and first < until and new != code:
            text = "Before that {code} had a rate of its own; what is shown is that of {new}."
            said.append(asker.ctx.t(text, code=code, new=new))
    return lines(*said) if said else None


def successor(code: str) -> str:
    """Return the money that has taken the place of withdrawn money; the same for current money."""
    return currency_table().current(code).code


def succeeded(pair: tuple[str, str]) -> tuple[str, str] | None:
    """Return a pair with the successors of what is withdrawn in it.

    None where nothing is, and where both have become the same.
    """
    now = successor(pair[0]), successor(pair[1])
    return None if now == pair or now[0] == now[1] else now


def no_rate(asker: Asker, error: NoRate) -> Rich:
    """Say that a currency has no rate, and why if that is known."""
    why = withdrawn(asker, error.code)
    return lines(asker.ctx.t(NoRate.reply, code=error.code), why)
