"""Cards: /rates, /rate and /currencies, with favourites."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from sapp_bot import CommandButton, Ctx, Item, Rich, Screen, Store, bold, lines
from sapp_bot.services import Commands, Session

from . import words
from .buttons import (
    AlertOn,
    ChartOf,
    CurrencyPage,
    HistoryOf,
    OneRate,
    RatesPage,
    Star,
    back_key,
    carried_codes,
    codes_in,
    listed_page,
)
from .cache import Snapshot
from .desk import Asker, RateDesk, asker_of, tastes_of
from .money.convert import NoRate, convert
from .money.currencies import Currency, currency_table
from .money.faults import RatesError
from .money.naming import UnknownCurrency, nothing_follows, read_naming
from .money.search import find
from .past import last_of_day
from .plugin import plugin
from .spoken.typed import Typed, typed_ways
from .tastes import Tastes, find_zone
from .times.dates import begins_period, parse_day, today_in

PAGE = 15
"""Currencies of one page: as many as a phone shows at once."""

MOST_CODES = 20
MOST_QUERY = 30
"""Bytes of a search that a button can carry."""

KEYS_IN_ROW = 5
"""Codes side by side: as many as a phone shows in full."""


@plugin.command(examples={"/rates": "USD", "/rates EUR USD GBP": "EUR"})
async def rates(
    ctx: Ctx, me: Session | None, desk: RateDesk, tastes: Store[Tastes], codes: str = ""
) -> None:
    """Show live rates: /rates, /rates EUR, /rates EUR USD GBP."""
    asker = await asker_of(ctx, desk, me, tastes)
    wanted = read_naming(codes, command="rates").codes
    if len(wanted) > MOST_CODES:
        raise RatesError("I show {most} currencies at once at most.", most=MOST_CODES)
    base = wanted[0] if wanted else asker.tastes.base
    await show_rates(asker, base, without(base, wanted[1:]) or own_codes(asker, base), page=0)


@plugin.button(typed_as="/rates {base}")
async def turn_page(
    ctx: Ctx, pressed: RatesPage, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Show another page, or the same one with fresh rates."""
    asker = await asker_of(ctx, desk, me, tastes)
    shown = without(pressed.base, codes_in(pressed.codes)) or own_codes(asker, pressed.base)
    snapshot = await show_rates(asker, pressed.base, shown, page=pressed.page)
    if pressed.again:
        await ctx.toast(words.freshness(asker, snapshot))


def own_codes(asker: Asker, base: str) -> list[str]:
    """Return what is shown to who named no currencies."""
    return without(base, (*asker.tastes.shown, asker.tastes.base))


def without(base: str, codes: Sequence[str]) -> list[str]:
    """Return codes once each, without the base: one euro in euros is no news."""
    return list(dict.fromkeys(code for code in codes if code != base))


async def show_rates(
    asker: Asker,
    base: str,
    shown: Sequence[str],
    *,
    page: int,
) -> Snapshot:
    """Show one page of rates; return what it was made of."""
    snapshot = await asker.desk.now(asker.purse)
    everything = [c for c in sorted(snapshot.rates) if c != base]
    pages = -(-len(everything) // PAGE)
    page = min(max(page, 0), pages)
    codes = everything[(page - 1) * PAGE : page * PAGE] if page else list(shown)
    # The named ones go along with every page: the way back leads to them.
    named = "" if shown == own_codes(asker, base) else carried_codes(shown)
    text = lines(
        bold(asker.ctx.t("1 {base} is", base=base)),
        *(line(asker, snapshot, base, code) for code in codes),
        words.withdrawn(asker, base),
        words.age(asker, snapshot),
        words.cost(asker),
    )
    around: list[Item] = [
        RatesPage(base=base, page=page - 1 if page else pages, codes=named).key("‹"),
        again(base, named, page=page, pages=pages),
        RatesPage(base=base, page=page + 1 if page < pages else 0, codes=named).key("›"),
    ]
    back = named if named and not page else str(page)
    picks = in_rows(OneRate(code=c, base=base, back=back).key("{code}", code=c) for c in codes)
    if (now := words.successor(base)) != base:
        picks.append([RatesPage(base=now).key("Show {pair}", pair=now)])
    last = [CommandButton(command="currencies").key("Currencies"), words.HOME]
    await asker.ctx.show(Screen(text, [*picks, around, last]), name="rates")
    return snapshot


def in_rows(keys: Iterable[Item]) -> list[list[Item]]:
    """Return the buttons of all that a page shows, in rows."""
    keys = list(keys)
    return [keys[at : at + KEYS_IN_ROW] for at in range(0, len(keys), KEYS_IN_ROW)]


def again(base: str, named: str, *, page: int, pages: int) -> Item:
    """Return the button that shows the same page with fresh rates."""
    button = RatesPage(base=base, page=page, codes=named, again=True)
    return button.key("{page}/{pages} ⟳", page=page, pages=pages) if page else button.key("⟳")


def line(asker: Asker, snapshot: Snapshot, base: str, code: str) -> Rich | str:
    """Write one rate: flag, value, code; a currency without a rate is said to have none."""
    table = currency_table()
    flag = table[code].flag if code in table else ""
    try:
        value = convert(Decimal(1), base, code, words.rates_of(snapshot))
    except NoRate as error:
        return asker.ctx.t(NoRate.reply, code=error.code)
    return f"{flag} {words.rate(asker, value, code)}".strip()


@plugin.command(examples={"/rate EUR": "EUR", "/rate EUR yesterday": "EUR"})
async def rate(
    ctx: Ctx,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    currency: str = "",
    when: str = "",
) -> None:
    """Show one rate, now or on a day: /rate EUR, /rate EUR RUB, /rate EUR yesterday."""
    asker = await asker_of(ctx, desk, me, tastes)
    named = read_naming(f"{currency} {when}", begins_period, command="rate")
    code, base = words.asked_pair(named, asker.tastes)
    if named.rest:
        await show_past(asker, code, base, named.rest)
    else:
        await show_one(asker, OneRate(code=code, base=base))


@plugin.button(typed_as="/rate {code}")
async def show_pressed(
    ctx: Ctx, pressed: OneRate, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Show the card of a currency."""
    asker = await asker_of(ctx, desk, me, tastes)
    snapshot = await show_one(asker, pressed)
    if pressed.again:
        await ctx.toast(words.freshness(asker, snapshot))


@plugin.button(typed_as="/favourites {code}")
async def star(
    ctx: Ctx, pressed: Star, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Change the favourites, and show the card anew."""
    mine = (await tastes_of(ctx, tastes)).starred(pressed.code)
    await tastes.set(ctx.person.id, mine)
    asker = Asker(ctx, mine, desk.purse(me, ctx.person.id))
    card = OneRate(code=pressed.code, base=pressed.base, back=pressed.back)
    await show_one(asker, card)


async def show_one(asker: Asker, card: OneRate) -> Snapshot:
    """Show one currency in another, both ways round; return what it was made of."""
    code, base, back = card.code, card.base, card.back
    snapshot = await asker.desk.now(asker.purse)
    rates_now = words.rates_of(snapshot)
    try:
        there = convert(Decimal(1), code, base, rates_now)
        inverse = convert(Decimal(1), base, code, rates_now)
    except NoRate as error:
        await asker.ctx.show(
            Screen(words.no_rate(asker, error), [[back_key(card), words.HOME]]), name="rate"
        )
        return snapshot
    currency = currency_table().currencies.get(code)
    text = lines(
        bold(f"1 {code} = {words.rate(asker, there, base)}"),
        f"1 {base} = {words.rate(asker, inverse, code)}",
        f"{currency.flag} {currency.name(asker.ctx.language)}".strip() if currency else None,
        words.withdrawn(asker, code),
        words.withdrawn(asker, base),
        words.age(asker, snapshot),
        words.cost(asker),
    )
    is_liked = code in asker.tastes.favourites
    label = "★ Take off favourites" if is_liked else "☆ Add to favourites"
    rows: list[list[Item]] = [
        [
            ChartOf(codes=code, base=base, days=30).key("Chart"),
            HistoryOf(code=code, base=base, days=30).key("History"),
            AlertOn(code=code, base=base).key("Alert me"),
        ],
        [
            *instead(code, base, back=back),
            Star(code=code, base=base, back=back).key(label),
        ],
        [
            OneRate(code=code, base=base, again=1, back=back).key("Refresh"),
            back_key(card),
            words.HOME,
        ],
    ]
    await asker.ctx.show(Screen(text, rows), name="rate")
    return snapshot


def instead(code: str, base: str, *, back: str = "") -> list[Item]:
    """Return a button of the money that has taken the place of a withdrawn pair's, if any has."""
    now = words.succeeded((code, base))
    if now is None:
        return []
    card = OneRate(code=now[0], base=now[1], back=back)
    return [card.key("Show {pair}", pair="/".join(now))]


async def show_past(asker: Asker, code: str, base: str, when: str) -> None:
    """Show the last rate of a day in the person's zone."""
    day = parse_day(when, today_in(asker.tastes.tz, asker.ctx.now))
    found = await last_of_day(asker.desk, asker.purse, (code, base), day, asker.tastes.tz)
    if found is None:
        text = lines(
            asker.ctx.t(
                "There is no rate of {code} for {day}.", code=code, day=words.day(asker.ctx, day)
            ),
            words.withdrawn_past(asker, (code, base), day),
            words.missing(asker),
            words.cost(asker),
        )
    else:
        text = lines(
            bold(f"1 {code} = {words.rate(asker, found.value, base)}"),
            words.last_rate(asker, found),
            words.withdrawn_past(asker, (code, base), day),
            words.missing(asker),
            words.cost(asker),
        )
    now = OneRate(code=code, base=base).key("Now")
    chart = ChartOf(codes=code, base=base, days=30).key("Chart")
    rows: list[list[Item]] = [[now, chart], instead(code, base), [words.RATES, words.HOME]]
    await asker.ctx.show(Screen(text, [row for row in rows if row]), name="rate")


@plugin.command(examples={"/currencies": "AED", "/currencies japan": "JPY"})
async def currencies(ctx: Ctx, query: str = "") -> None:
    """Find a currency by code, name or country."""
    await ctx.show(
        found_currencies(ctx, query, 1) if query else all_currencies(ctx, 1), name="currencies"
    )


@plugin.button(typed_as="/currencies {query}")
async def turn_currencies(ctx: Ctx, pressed: CurrencyPage) -> None:
    """Show another page of the list."""
    query, page = pressed.query, pressed.page
    shown = found_currencies(ctx, query, page) if query else all_currencies(ctx, page)
    await ctx.show(shown, name="currencies")


def found_currencies(ctx: Ctx, query: str, page: int) -> Screen:
    """Show one page of what is called so; what may only be meant is said to be a guess.

    Raises:
        RatesError: nothing is like it.

    """
    found, is_guess = find(query)
    if not found:
        raise RatesError("Nothing is called “{text}”. /currencies lists all.", text=query[:40])
    title = ctx.t("Currencies")
    if is_guess:
        title = ctx.t("Nothing is called “{text}”. Did you mean one of these?", text=query[:40])
    if len(query.encode()) > MOST_QUERY:  # no button can carry it: what is found is few
        found = found[:PAGE]
    return currency_pages(title, ctx, found, page, query=query)


def all_currencies(ctx: Ctx, page: int) -> Screen:
    """Show one page of all current money."""
    current = [c for c in currency_table() if c.until is None]
    return currency_pages(ctx.t("Currencies"), ctx, current, page)


def currency_pages(
    title: Rich, ctx: Ctx, found: Sequence[Currency], page: int, *, query: str = ""
) -> Screen:
    """Show one page of currencies: flag, code and name; withdrawn ones with what they became."""
    pages = -(-len(found) // PAGE)
    page = (page - 1) % pages + 1
    shown = found[(page - 1) * PAGE : page * PAGE]
    around: list[Item] = [
        CurrencyPage(page=page - 1, query=query).key("‹"),
        CurrencyPage(page=page + 1, query=query).key("{page}/{pages} ›", page=page, pages=pages),
    ]
    part = "{shown} of {count} are listed; the buttons lead to the others."
    text = lines(
        bold(title),
        *(currency_line(ctx, currency) for currency in shown),
        ctx.t(part, shown=len(shown), count=len(found)) if pages > 1 and query else None,
        ctx.t("/currencies and a word finds one: /currencies japan"),
    )
    back = "" if query else listed_page(page)
    picks = in_rows(
        OneRate(code=code, base="EUR" if code == "USD" else "USD", back=back).key(
            "{code}", code=code
        )
        for code in (currency.code for currency in shown)
    )
    turns = [around] if pages > 1 else []
    return Screen(text, [*picks, *turns, [words.RATES, words.HOME]])


def currency_line(ctx: Ctx, currency: Currency) -> Rich | str:
    """Write one currency of the list."""
    name = f"{currency.flag} {currency.code} – {currency.name(ctx.language)}".strip()
    if currency.until is None:
        return name
    replacement = currency_table().replacement(currency.code)
    if replacement is None:
        return ctx.t("{name} (withdrawn)", name=name)
    return ctx.t("{name} (now {new})", name=name, new=replacement.code)


def read_typed(text: str) -> Typed | None:
    """Return the command that a text is in other words; None where the rest is nothing of it."""
    return next((way for way in typed_ways(text) if is_for(way.command, way.rest)), None)


def is_for(name: str, rest: str) -> bool:
    """Tell whether a text may stand behind a command; `history of rome` is no history of money."""
    if not rest or name == "zone":
        return not rest or find_zone(rest) is not None
    if name == "currencies":
        found, is_guess = find(rest)
        return bool(found) and not is_guess
    try:
        named = read_naming(
            rest, begins_period if name in {"chart", "history"} else nothing_follows
        )
    except UnknownCurrency:
        return len(rest.split()) <= 2  # noqa: PLR2004  # a slip: who typed it is told
    except RatesError:
        return False
    return len(named.codes) == 1 if name == "base" else bool(named.codes or named.rest)


@plugin.message(match=read_typed, in_user_mode=False)
async def typed(asked: Typed, commands: Commands) -> None:
    """Do what a command does that was typed in other words."""
    commands.start(asked.command, words=asked.rest)
