"""What a person chooses: /base, /favourites, /zone and /numbers, and their lines in /settings."""

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar, Literal

from sapp_bot import Ctx, Form, Item, Rich, Screen, Store, ask, bold, lines
from sapp_bot.services import Preferences, SettingRow, UserError, ascii_digits

from . import words
from .alerts import AlertMarks, Alerts
from .buttons import AskOther, PickBase, PickFavourite, PickNumbers, PickZone
from .desk import tastes_of
from .money.amounts import is_sum
from .money.faults import RatesError
from .money.naming import one_currency, read_naming
from .money.search import find
from .plugin import plugin
from .reading.budget import Share
from .tastes import MAJORS, NumberStyle, Tastes, amount_text, city_name, find_zone
from .times.zones import zone as find_tz
from .times.zones import zone_title

SAMPLE = Decimal("1234567.5")
STYLES: tuple[NumberStyle, ...] = ("auto", "space", "comma", "dot")
AUTOMATIC = "auto"
ZONES = (
    *("UTC", "Europe/London", "Europe/Berlin", "Europe/Moscow", "Asia/Yekaterinburg"),
    *("Asia/Dubai", "Asia/Almaty", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo"),
    *("America/New_York", "America/Los_Angeles"),
)
"""Zones with a button: most people that the languages of the bot are spoken by."""
NO_ZONE = "I don't know the zone “{text}”, or there are several. Write it as Berlin or UTC+3."
NO_ZONE_HERE = (
    "I don't know the zone “{text}”, or there are several. Write it as Berlin or UTC+3; /cancel "
    "leaves the question."
)
FOLLOWED = "{n} daily alerts come by that time now."
A_SUM = (
    "“{text}” is a sum. Here I need one currency: its code, name or symbol. /cancel leaves the "
    "question."
)
STYLE_COMMANDS = ", ".join(f"/numbers {style}" for style in STYLES)


@plugin.command(private=True, examples={"/base EUR": "EUR"})
async def base(ctx: Ctx, tastes: Store[Tastes], currency: str = "") -> None:
    """Choose your base currency: /base EUR."""
    await show_base(ctx, tastes, one_currency(currency, command="base").code if currency else "")


@plugin.button(typed_as="/base {code}")
async def pick_base(ctx: Ctx, pressed: PickBase, tastes: Store[Tastes]) -> None:
    """Choose one of the offered currencies."""
    await show_base(ctx, tastes, pressed.code)


class OtherBase(Form):
    """A base currency that has no button."""

    cancelled: ClassVar = "Your base currency stays as it is."

    currency: str = ask("Which currency? Send its code, name or symbol: EUR, pound, ₽.")


@plugin.command(private=True, hidden=True)
async def other_base(ctx: Ctx, form: OtherBase, tastes: Store[Tastes]) -> None:
    """Choose any currency as your base currency."""
    code = asked_currency(ctx, form.currency)
    if code:
        await show_base(ctx, tastes, code)


async def show_base(ctx: Ctx, tastes: Store[Tastes], code: str) -> None:
    """Keep a choice, if there is one, and offer others."""
    mine = await tastes_of(ctx, tastes)
    if code:
        mine = mine.model_copy(update={"base": code})
        await tastes.set(ctx.person.id, mine)
    text = lines(
        bold(ctx.t("Base currency: {code}", code=mine.base)),
        ctx.t("Rates are shown in it. /base and a currency changes it: /base EUR"),
        words.withdrawn_for(ctx, mine, mine.base),
    )
    codes = dict.fromkeys([mine.base, words.successor(mine.base), *MAJORS])
    keys = [PickBase(code=c).key(marked(c == mine.base, "✓ {code}"), code=c) for c in codes]
    await ctx.show(chooser(text, keys, "base"), name="base")


@plugin.command(private=True, aliases=["fav", "favorites"], examples={"/favourites EUR GBP": "GBP"})
async def favourites(ctx: Ctx, tastes: Store[Tastes], codes: str = "") -> None:
    """Choose your favourite currencies: /favourites EUR GBP; a second time takes away."""
    await show_favourites(ctx, tastes, read_naming(codes, command="favourites").codes)


@plugin.button(typed_as="/favourites {code}")
async def pick_favourite(ctx: Ctx, pressed: PickFavourite, tastes: Store[Tastes]) -> None:
    """Add one of the offered currencies, or take it away."""
    await show_favourites(ctx, tastes, [pressed.code])


class OtherFavourite(Form):
    """A favourite that has no button."""

    cancelled: ClassVar = "Your favourites stay as they are."

    currency: str = ask("Which currency shall be a favourite? Send its code, name or symbol.")


@plugin.command(private=True, hidden=True)
async def other_favourite(ctx: Ctx, form: OtherFavourite, tastes: Store[Tastes]) -> None:
    """Add any currency to your favourites."""
    code = asked_currency(ctx, form.currency)
    if code:
        await show_favourites(ctx, tastes, [code])


async def show_favourites(ctx: Ctx, tastes: Store[Tastes], changed: Sequence[str]) -> None:
    """Add or take away currencies, and offer others."""
    mine = await tastes_of(ctx, tastes)
    for code in dict.fromkeys(changed):
        mine = mine.starred(code)
    if changed:
        await tastes.set(ctx.person.id, mine)
    own = " ".join(mine.favourites)
    added = [code for code in dict.fromkeys(changed) if code in mine.favourites]
    gone = [code for code in dict.fromkeys(changed) if code not in mine.favourites]
    text = lines(
        ctx.t("Added: {codes}.", codes=" ".join(added)) if added else None,
        ctx.t("Taken off: {codes}.", codes=" ".join(gone)) if gone else None,
        bold(ctx.t("Favourites: {codes}", codes=own))
        if own
        else bold(ctx.t("You have no favourites; I show {codes}.", codes=" ".join(MAJORS))),
        ctx.t("/favourites and a code adds it, or takes it away: /favourites EUR"),
        *(words.withdrawn_for(ctx, mine, code) for code in mine.favourites),
    )
    codes = dict.fromkeys([*mine.favourites, *map(words.successor, mine.favourites), *MAJORS])
    keys = [
        PickFavourite(code=c).key(marked(c in mine.favourites, "★ {code}"), code=c) for c in codes
    ]
    await ctx.show(chooser(text, keys, "favourite"), name="favourites")


@plugin.command(private=True, examples={"/zone Moscow": "Europe/Moscow"})
async def zone(
    ctx: Ctx,
    *,
    tastes: Store[Tastes],
    kept: Store[Alerts],
    preferences: Preferences,
    name: str = "",
) -> None:
    """Choose your time zone: /zone Moscow."""
    found = find_zone(name) if name else ""
    if found is None:
        raise RatesError(NO_ZONE, text=name[:40])
    followed = await follow(ctx, kept, found)
    await show_zone(ctx, tastes, preferences, found, followed=followed)


@plugin.button(typed_as="/zone {name}")
async def pick_zone(
    ctx: Ctx,
    pressed: PickZone,
    *,
    tastes: Store[Tastes],
    kept: Store[Alerts],
    preferences: Preferences,
) -> None:
    """Choose one of the offered zones."""
    followed = await follow(ctx, kept, pressed.name)
    await show_zone(ctx, tastes, preferences, pressed.name, followed=followed)


class OtherZone(Form):
    """A time zone that has no button."""

    cancelled: ClassVar = "Your time zone stays as it is."

    city: str = ask("Which city's time? Send a large city of your zone: Berlin, Novosibirsk.")


@plugin.command(private=True, hidden=True)
async def other_zone(
    ctx: Ctx,
    form: OtherZone,
    *,
    tastes: Store[Tastes],
    kept: Store[Alerts],
    preferences: Preferences,
) -> None:
    """Choose any time zone."""
    found = find_zone(form.city)
    if found is None:
        ctx.ask_again("city", NO_ZONE_HERE, text=form.city[:40])
        return
    followed = await follow(ctx, kept, found)
    await show_zone(ctx, tastes, preferences, found, followed=followed)


async def follow(ctx: Ctx, kept: Store[Alerts], name: str) -> int:
    """Move the person's daily alerts to the zone that they chose; return how many there are."""
    own = await kept.get(ctx.person.id) if name else None
    if own is None:
        return 0
    moved = own.in_zone(name, ctx.now)
    if moved == own:
        return 0
    await kept.set(ctx.person.id, moved)
    return sum(alert.kind == "daily" for alert in moved.items)


async def show_zone(
    ctx: Ctx, tastes: Store[Tastes], preferences: Preferences, name: str, *, followed: int
) -> None:
    """Keep a choice, if there is one, for the times of all plugins, and offer others.

    `followed` is how many daily alerts have gone along.
    """
    mine = await tastes_of(ctx, tastes)
    if name or not preferences.zone:
        preferences.set_zone(name or mine.known_zone)
    if name:
        mine = mine.model_copy(update={"zone": name})
        await tastes.set(ctx.person.id, mine)
    local = ctx.now.astimezone(mine.tz)
    text = lines(
        bold(ctx.t("Time zone: {zone}", zone=zone_title(mine.known_zone or "UTC"))),
        ctx.t("It is {time} there.", time=f"{local:%H:%M}"),
        ctx.n("{n} daily alert comes by that time now.", FOLLOWED, followed) if followed else None,
        ctx.t("/zone and a city changes it: /zone Berlin"),
    )
    own = mine.known_zone or "UTC"
    zones = ZONES if own in ZONES else (own, *ZONES)
    keys = [zone_key(ctx, offered, mine) for offered in zones]
    await ctx.show(chooser(text, keys, "zone", columns=2), name="zone")


def zone_key(ctx: Ctx, name: str, tastes: Tastes) -> Item:
    """Return the button of a zone: a city, and what its clocks show."""
    label = marked(name == (tastes.known_zone or "UTC"), "✓ {city} {time}", "{city} {time}")
    now = ctx.now.astimezone(find_tz(name))
    city = city_name(name, ctx.language)
    return PickZone(name=name).key(label, city=city, time=f"{now:%H:%M}")


def asked_currency(ctx: Ctx, text: str) -> str | None:
    """Return the code of what was answered, None when it is asked again."""
    try:
        return one_currency(text).code
    except UserError as error:
        found = find(text)
        if len(found.currencies) == 1 and not found.is_guess:
            return found.currencies[0].code  # `swiss`
        if is_sum(ascii_digits(text)):
            ctx.ask_again("currency", A_SUM, text=text[:40])
            return None
        ctx.ask_again("currency", error.reply, **error.values)
        return None


def marked(is_chosen: bool, label: str, other: str = "{code}") -> str:  # noqa: FBT001  # a question
    """Return the label of a choice: one that is chosen has a mark."""
    return label if is_chosen else other


@plugin.button(typed_as="/other_{what}")
async def ask_other(ctx: Ctx, pressed: AskOther) -> None:
    """Ask for a choice that has no button."""
    match pressed.what:
        case "base":
            ctx.start(other_base)
        case "favourite":
            ctx.start(other_favourite)
        case "zone":
            ctx.start(other_zone)


def chooser(
    text: Rich,
    keys: Sequence[Item],
    other: Literal["base", "favourite", "zone"],
    *,
    columns: int = 4,
) -> Screen:
    """Return a screen of choices in rows, with one that asks for any other."""
    rows = [keys[at : at + columns] for at in range(0, len(keys), columns)]
    label = "Other zone…" if other == "zone" else "Other currency…"
    if not rows or len(rows[-1]) > columns // 4:  # no room for both
        rows.append([])
    rows[-1] = [*rows[-1], AskOther(what=other).key(label)]
    return Screen(text, [*rows, [words.SETTINGS, words.RATES, words.HOME]])


@plugin.command(private=True, examples={"/numbers": "1"})
async def numbers(ctx: Ctx, tastes: Store[Tastes], style: str = "") -> None:
    """Choose how numbers are written."""
    chosen = next((known for known in STYLES if known == style.lower()), None)
    if style and chosen is None:
        raise RatesError("Please choose one: {styles}.", styles=STYLE_COMMANDS)
    await show_numbers(ctx, tastes, chosen)


@plugin.button(typed_as="/numbers {style}")
async def pick_numbers(ctx: Ctx, pressed: PickNumbers, tastes: Store[Tastes]) -> None:
    """Choose one of the offered ways."""
    await show_numbers(ctx, tastes, pressed.style)


async def show_numbers(ctx: Ctx, tastes: Store[Tastes], style: NumberStyle | None) -> None:
    """Keep a choice, if there is one, and show the ways there are."""
    mine = await tastes_of(ctx, tastes)
    if style is not None:
        mine = mine.model_copy(update={"numbers": style})
        await tastes.set(ctx.person.id, mine)
    sample = amount_text(SAMPLE, mine.numbers, ctx.language)
    keys: list[Item] = [
        PickNumbers(style=s).key(
            marked(s == mine.numbers, "✓ {sample}", "{sample}"),
            sample=amount_text(SAMPLE, s, ctx.language),
        )
        for s in STYLES
        if s != AUTOMATIC
    ]
    label = "✓ As in my language" if mine.numbers == AUTOMATIC else "As in my language"
    auto = PickNumbers(style=AUTOMATIC).key(label)
    text = bold(ctx.t("Numbers: {sample}", sample=sample))
    await ctx.show(
        Screen(text, [keys, [auto], [words.SETTINGS, words.RATES, words.HOME]]), name="numbers"
    )


@plugin.setting
async def base_row(ctx: Ctx, tastes: Store[Tastes]) -> SettingRow:
    """Show the base currency."""
    mine = await tastes_of(ctx, tastes)
    return SettingRow(ctx.t("Base currency").plain, mine.base, "base")


@plugin.setting
async def favourites_row(ctx: Ctx, tastes: Store[Tastes]) -> SettingRow:
    """Show the favourites."""
    mine = await tastes_of(ctx, tastes)
    own = " ".join(mine.favourites) or "–"
    return SettingRow(ctx.t("Favourites").plain, own, "favourites")


@plugin.setting
async def zone_row(ctx: Ctx, tastes: Store[Tastes], preferences: Preferences) -> SettingRow:
    """Show the time zone; one that only this plugin knew becomes that of the bot."""
    mine = await tastes_of(ctx, tastes)
    if not preferences.zone:
        preferences.set_zone(mine.known_zone)
    return SettingRow(ctx.t("Time zone").plain, zone_title(mine.known_zone or "UTC"), "zone")


@plugin.setting
async def numbers_row(ctx: Ctx, tastes: Store[Tastes]) -> SettingRow:
    """Show how numbers are written."""
    mine = await tastes_of(ctx, tastes)
    sample = amount_text(SAMPLE, mine.numbers, ctx.language)
    return SettingRow(ctx.t("Numbers").plain, sample, "numbers")


@plugin.keeps()
async def keeps_tastes(ctx: Ctx, tastes: Store[Tastes]) -> str | None:
    """Say that choices are kept, where any was made."""
    if await tastes.get(ctx.person.id) is None:
        return None
    return "your base currency, favourites, time zone and how numbers are written for you"


@plugin.keeps()
async def keeps_alerts(ctx: Ctx, kept: Store[Alerts]) -> Rich | None:
    """Say how many alerts there are."""
    mine = await kept.get(ctx.person.id)
    count = len(mine.items) if mine is not None else 0
    return ctx.n("{n} alert of yours", "{n} alerts of yours", count) if count else None


@plugin.keeps(stays=True)
async def keeps_share(ctx: Ctx, shares: Store[Share]) -> str | None:
    """Say that the share of the day's reads stays counted."""
    if await shares.get(ctx.person.id) is None:
        return None
    return "how many of the day's free reads of past rates you have had, for two days"


@plugin.forget
async def forget(
    ctx: Ctx, tastes: Store[Tastes], kept: Store[Alerts], marks: Store[AlertMarks]
) -> None:
    """Delete choices, favourites and alerts with their marks.

    A person's share of the day's reads stays its two days: else who forgets has a new one each
    time. The other stores hold what is nobody's.
    """
    await tastes.delete(ctx.person.id)
    await kept.delete(ctx.person.id)
    await marks.delete(ctx.person.id)
