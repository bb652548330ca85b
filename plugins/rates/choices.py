"""What a person chooses: /base, /favourites, /zone and /numbers, and their lines in /settings."""

from decimal import Decimal

from sapp_bot import Ctx, Item, Screen, Store, bold, lines
from sapp_bot.services import SettingRow, UserError

from . import words
from .asker import tastes_of
from .keys import PickNumbers
from .plugin import plugin
from .tastes import MAJORS, NumberStyle, Tastes, amount_text, find_zone

SAMPLE = Decimal("1234567.5")
STYLES: tuple[NumberStyle, ...] = ("auto", "space", "comma", "dot")
AUTOMATIC = "auto"
STYLE_COMMANDS = ", ".join(f"/numbers {style}" for style in STYLES)


@plugin.command(private=True, examples={"/base EUR": "EUR"})
async def base(ctx: Ctx, liked: Store[Tastes], currency: str = "") -> None:
    """Choose your base currency: /base EUR."""
    tastes = await tastes_of(ctx, liked)
    if currency:
        tastes = tastes.model_copy(update={"base": words.one_currency(currency).code})
        await liked.set(ctx.person.id, tastes)
    text = lines(
        bold(ctx.t("Base currency: {code}", code=tastes.base)),
        ctx.t("Rates are shown in it. /base and a currency changes it: /base EUR"),
    )
    await ctx.show(Screen(text, [[words.RATES, words.HOME]]), name="base")


@plugin.command(private=True, aliases=["fav"], examples={"/favourites EUR GBP": "GBP"})
async def favourites(ctx: Ctx, liked: Store[Tastes], codes: str = "") -> None:
    """Choose your favourite currencies: /favourites EUR GBP; one that is there goes."""
    tastes = await tastes_of(ctx, liked)
    found = [words.one_currency(word).code for word in codes.replace(",", " ").split()]
    for code in dict.fromkeys(found):
        tastes = tastes.starred(code)
    if found:
        await liked.set(ctx.person.id, tastes)
    own = " ".join(tastes.favourites)
    text = lines(
        bold(ctx.t("Favourites: {codes}", codes=own))
        if own
        else bold(ctx.t("You have no favourites; I show {codes}.", codes=" ".join(MAJORS))),
        ctx.t("/favourites and a code adds it, or takes it away: /favourites EUR"),
    )
    await ctx.show(Screen(text, [[words.RATES, words.HOME]]), name="favourites")


@plugin.command(private=True, examples={"/zone Moscow": "Europe/Moscow"})
async def zone(ctx: Ctx, liked: Store[Tastes], name: str = "") -> None:
    """Choose your time zone: /zone Moscow."""
    tastes = await tastes_of(ctx, liked)
    if name:
        found = find_zone(name)
        if found is None:
            raise UserError(
                "I don't know the zone “{text}”, or there are several. Write it as Europe/Moscow.",
                text=name[:40],
            )
        tastes = tastes.model_copy(update={"zone": found})
        await liked.set(ctx.person.id, tastes)
    local = ctx.now.astimezone(tastes.tz)
    text = lines(
        bold(ctx.t("Time zone: {zone}", zone=tastes.known_zone or "UTC")),
        ctx.t("It is {time} there.", time=f"{local:%H:%M}"),
        ctx.t("/zone and a city changes it: /zone Berlin"),
    )
    await ctx.show(Screen(text, [[words.RATES, words.HOME]]), name="zone")


@plugin.command(private=True, examples={"/numbers": "1"})
async def numbers(ctx: Ctx, liked: Store[Tastes], style: str = "") -> None:
    """Choose how numbers are written."""
    chosen = next((known for known in STYLES if known == style.lower()), None)
    if style and chosen is None:
        raise UserError("Please choose one: {styles}.", styles=STYLE_COMMANDS)
    await show_numbers(ctx, liked, chosen)


@plugin.button(typed_as="/numbers {style}")
async def pick_numbers(ctx: Ctx, pressed: PickNumbers, liked: Store[Tastes]) -> None:
    """Choose one of the offered ways."""
    await show_numbers(ctx, liked, pressed.style)


async def show_numbers(ctx: Ctx, liked: Store[Tastes], style: NumberStyle | None) -> None:
    """Keep a choice, if there is one, and show the ways there are."""
    tastes = await tastes_of(ctx, liked)
    if style is not None:
        tastes = tastes.model_copy(update={"numbers": style})
        await liked.set(ctx.person.id, tastes)
    sample = amount_text(SAMPLE, tastes.numbers, ctx.language)
    keys: list[Item] = [
        PickNumbers(style=s).key("{sample}", sample=amount_text(SAMPLE, s, ctx.language))
        for s in STYLES
        if s != AUTOMATIC
    ]
    auto = PickNumbers(style=AUTOMATIC).key("As in my language")
    text = bold(ctx.t("Numbers: {sample}", sample=sample))
    await ctx.show(Screen(text, [keys, [auto], [words.RATES, words.HOME]]), name="numbers")


@plugin.setting
async def base_row(ctx: Ctx, liked: Store[Tastes]) -> SettingRow:
    """Show the base currency."""
    tastes = await tastes_of(ctx, liked)
    return SettingRow(ctx.t("Base currency").plain, tastes.base, "base")


@plugin.setting
async def favourites_row(ctx: Ctx, liked: Store[Tastes]) -> SettingRow:
    """Show the favourites."""
    tastes = await tastes_of(ctx, liked)
    own = " ".join(tastes.favourites) or "–"
    return SettingRow(ctx.t("Favourites").plain, own, "favourites")


@plugin.setting
async def zone_row(ctx: Ctx, liked: Store[Tastes]) -> SettingRow:
    """Show the time zone."""
    tastes = await tastes_of(ctx, liked)
    return SettingRow(ctx.t("Time zone").plain, tastes.known_zone or "UTC", "zone")


@plugin.setting
async def numbers_row(ctx: Ctx, liked: Store[Tastes]) -> SettingRow:
    """Show how numbers are written."""
    tastes = await tastes_of(ctx, liked)
    sample = amount_text(SAMPLE, tastes.numbers, ctx.language)
    return SettingRow(ctx.t("Numbers").plain, sample, "numbers")
