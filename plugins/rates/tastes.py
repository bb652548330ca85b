"""What a person likes: base currency, favourites, time zone, and how numbers are written."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.numbers import get_decimal_symbol, get_group_symbol
from pydantic import BaseModel

from sapp_bot.services import zone_names

from .money.faults import RatesError
from .money.tokens import CONTEXT
from .times.zones import CITIES, UnknownZone, zone, zone_of_offset, zone_title

MAJORS = ("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "RUB", "TRY", "KZT")
"""What is shown to who has no favourites."""

MOST_FAVOURITES = 20

NumberStyle = Literal["auto", "space", "comma", "dot"]
"""1 234,50 (space), 1,234.50 (comma), 1.234,50 (dot), or as the language has it."""

_MARKS = {"space": ("\N{NO-BREAK SPACE}", ","), "comma": (",", "."), "dot": (".", ",")}

SIGNIFICANT = 6
"""Digits of a rate: the sixth of a rate changes within the hour anyway."""

CENTS = 2


class TooManyFavourites(RatesError):
    """Somebody has as many favourites as there may be."""

    reply = "You can have {most} favourites at most."


class Tastes(BaseModel):
    """One person's choices. `zone` is an IANA name, empty while none was chosen.

    The bot keeps the zone, too, for the times of all plugins; see `asker.tastes_of`.
    """

    schema_version: ClassVar[int] = 1

    base: str = "USD"
    favourites: tuple[str, ...] = ()
    zone: str = ""
    numbers: NumberStyle = "auto"

    @property
    def shown(self) -> Sequence[str]:
        """Return the currencies of the rates card: favourites, else majors, without the base."""
        codes = self.favourites or MAJORS
        return [code for code in codes if code != self.base]

    @property
    def tz(self) -> ZoneInfo:
        """Return the zone that times are shown in; UTC while none was chosen.

        A zone that the database no longer has is UTC, too: /zone says so, and sets another.
        """
        return zone(self.known_zone or "UTC")

    @property
    def known_zone(self) -> str:
        """Return the name of the chosen zone, empty where none is, or is not known any more."""
        if not self.zone:
            return ""
        try:
            return zone(self.zone).key
        except UnknownZone:
            return ""

    def starred(self, code: str) -> Self:
        """Return them with a currency made a favourite, or no more one.

        Raises:
            TooManyFavourites: there is no place for one more.

        """
        if code in self.favourites:
            left = tuple(c for c in self.favourites if c != code)
            return self.model_copy(update={"favourites": left})
        if len(self.favourites) >= MOST_FAVOURITES:
            raise TooManyFavourites(most=MOST_FAVOURITES)
        return self.model_copy(update={"favourites": (*self.favourites, code)})


def find_zone(text: str) -> str | None:
    """Return the IANA name for what somebody typed: a name, its city or an offset, in any case.

    None when no zone or more than one fits.
    """
    wanted = text.strip().casefold().replace(" ", "_")
    if wanted in (russian := russian_cities()):
        return russian[wanted]
    if wanted in CITIES:
        return CITIES[wanted]
    if (fixed := zone_of_offset(wanted)) is not None:
        return fixed
    names = zone_names()
    exact = [name for name in names if name.casefold() == wanted]
    cities = [name for name in names if name.rpartition("/")[2].casefold() == wanted]
    found = exact or cities
    areas = [n for n in found if n.startswith(("Europe/", "Asia/", "America/", "Africa/"))]
    pool = areas if len(found) > 1 else found
    return pool[0] if len(pool) == 1 else None


@cache
def russian_cities() -> Mapping[str, str]:
    """Return the zones by what Russian calls their cities, where that means one zone only."""
    known, cities = frozenset(zone_names()), dict[str, list[str]]()
    for name, about in Locale("ru").time_zones.items():
        if name in known and "city" in about:
            cities.setdefault(about["city"].casefold().replace(" ", "_"), []).append(name)
    return {city: names[0] for city, names in cities.items() if len(names) == 1}


def city_name(name: str, language: str) -> str:
    """Return what a language calls the city of a zone: «Берлин» for Europe/Berlin."""
    if zone_title(name) != name:
        return zone_title(name)
    zones: Mapping[str, Mapping[str, str]] = Locale(language).time_zones
    # CLDR lists some cities under their former names: Kolkata as Calcutta.
    former = (old for old, new in get_global("zone_aliases").items() if new == name)
    about: Mapping[str, str] = next((zones[n] for n in (name, *former) if n in zones), {})
    return str(about.get("city") or name.rpartition("/")[2].replace("_", " "))


def amount_text(value: Decimal, style: NumberStyle, language: str) -> str:
    """Write an amount of money: two decimals, more where two would show nothing of it."""
    if value == 0 or abs(value) >= 1:
        return _grouped(_rounded(value, CENTS), style, language)
    return rate_text(value, style, language)


def short_amount_text(value: Decimal, style: NumberStyle, language: str) -> str:
    """Write an amount as short as it can be, for a button: 100, 1,500.5."""
    return _grouped(
        Decimal(f"{CONTEXT.create_decimal(value).normalize(CONTEXT):f}"), style, language
    )


def percent_text(value: Decimal, style: NumberStyle, language: str) -> str:
    """Write a change in per cent, with two decimals and its sign: +1.20, −0.28."""
    rounded = _rounded(value, CENTS)
    sign = "+" if rounded > 0 else ""
    return f"{sign}{_grouped(rounded, style, language)}"


def rate_text(value: Decimal, style: NumberStyle, language: str) -> str:
    """Write a rate with six significant digits, without zeros at its end, but two decimals."""
    if value == 0:
        return _grouped(Decimal("0.00"), style, language)
    places = max(CENTS, SIGNIFICANT - 1 - value.adjusted())
    rounded = _rounded(value, places)
    whole, _, decimals = f"{rounded:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(CENTS, "0")
    return _grouped(Decimal(f"{whole}.{decimals}"), style, language)


def _rounded(value: Decimal, places: int) -> Decimal:
    """Round to decimals; the precision of sums has room for the largest amount there is."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, CONTEXT)


def marks_of(style: NumberStyle, language: str) -> tuple[str, str]:
    """Return what parts thousands, and what decimals, in a person's numbers."""
    return _MARKS.get(style) or _marks_of(language)


def _grouped(value: Decimal, style: NumberStyle, language: str) -> str:
    group, mark = marks_of(style, language)
    text = f"{value.copy_abs():,f}".replace(",", "\0").replace(".", mark).replace("\0", group)
    return f"\N{MINUS SIGN}{text}" if value < 0 else text


@cache
def _marks_of(language: str) -> tuple[str, str]:
    return get_group_symbol(language), get_decimal_symbol(language)
