"""The buttons of this plugin: what each carries, and what it does when it is pressed."""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import cache
from typing import Literal

from sapp_bot import Button, Item

from . import words
from .money.currencies import currency_table
from .money.wishes import AlertKind

_PACKED = "~"
_BITS = 9
"""Of the place of a currency in the table, which has less than 512."""

_GUARD_BITS = 12
_MOST_PLAIN = 8
"""Codes that a button can carry as they are: with the base they are 48 bytes of 49."""


def carried_codes(codes: Sequence[str]) -> str:
    """Return currencies of the table as a button carries them: up to 20 in 33 bytes.

    Few are written with spaces. Of many it is their places in the table, behind a check of that:
    a later version of the bot may have another.
    """
    if len(codes) <= _MOST_PLAIN:
        return " ".join(codes)
    known, number = _places(), _check_of_table()
    for code in codes:
        number = number << _BITS | known.index(code)
    size = -(-(_GUARD_BITS + _BITS * len(codes)) // 8)
    packed = urlsafe_b64encode(number.to_bytes(size, "big")).decode().rstrip("=")
    return f"{_PACKED}{packed}"


def codes_in(text: str) -> tuple[str, ...]:
    """Return the currencies that a button carries; none where the table is another by now."""
    if not text.startswith(_PACKED):
        return tuple(text.split())
    packed = text.removeprefix(_PACKED)
    data = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    number, count = int.from_bytes(data, "big"), (len(data) * 8 - _GUARD_BITS) // _BITS
    known, places = _places(), list[int]()
    for _ in range(count):
        places.insert(0, number & ((1 << _BITS) - 1))
        number >>= _BITS
    is_known = number == _check_of_table() and max(places) < len(known)
    return tuple(known[place] for place in places) if is_known else ()


@cache
def _places() -> list[str]:
    """Return the codes by their places in the table."""
    return [currency.code for currency in currency_table()]


@cache
def _check_of_table() -> int:
    """Return a number of 12 bits, its first one set, that another table hardly has."""
    return zlib.crc32(" ".join(_places()).encode()) % (1 << _GUARD_BITS) | 1 << (_GUARD_BITS - 1)


class Swap(Button):
    """Converts `amount` of `source` into `target`."""

    amount: str
    source: str
    target: str


class RatesPage(Button):
    """Shows rates in a base currency: page 0 is `codes` or the favourites, others are all."""

    base: str
    page: int = 0
    codes: str = ""
    """As `carried_codes` writes them."""
    again: bool = False
    """Whether the same page is there already: then a pop-up says how old it is."""


class OneRate(Button):
    """Shows one currency in another. `again` says that it is there already.

    `back` is where it was opened from: a page of rates by its number, or by the currencies that
    were named for it, as `carried_codes` writes them; a page of the list of currencies as
    `listed_page` does; empty is none of them.
    """

    code: str
    base: str
    again: Literal[0, 1] = 0
    """No bool: `false` takes five bytes, and 20 named currencies leave room for one."""
    back: str = ""


class Star(Button):
    """Makes a currency a favourite, or no more one. `back` is that of its card."""

    code: str
    base: str
    back: str = ""


_LISTED = "="


def listed_page(page: int) -> str:
    """Return a page of the list of currencies as a card carries it."""
    return f"{_LISTED}{page}"


def back_key(card: OneRate) -> Item:
    """Return the button that leads to the page that a card was opened from."""
    if card.back.startswith(_LISTED):
        return CurrencyPage(page=int(card.back.removeprefix(_LISTED))).key("‹ Currencies")
    if card.back.isdecimal():
        return RatesPage(base=card.base, page=int(card.back)).key("‹ Rates")
    if card.back:
        return RatesPage(base=card.base, codes=card.back).key("‹ Rates")
    return words.RATES


class CurrencyPage(Button):
    """Shows a page of the list of currencies, or of those that a search has found."""

    page: int
    query: str = ""


class HistoryOf(Button):
    """Shows the days of one currency: so many of them, up to `end`."""

    code: str
    base: str
    days: int
    end: int = 0
    """The ordinal of the last day; 0 is today."""
    page: int = 0
    """0 has the last days, 1 those before them."""
    beside: str = ""
    """The other currencies of the chart that it came from, separated by spaces."""
    agreed: int = 0
    """Reads of their own client that the person has agreed to spend."""


class ChartOf(Button):
    """Draws currencies, separated by spaces: so many days, up to `end`."""

    codes: str
    base: str
    days: int
    end: int = 0
    """The ordinal of the last day; 0 is today."""
    agreed: int = 0
    """Reads of their own client that the person has agreed to spend."""


PERIOD_BUTTONS_DAYS = (7, 30, 90, 365)
"""What the buttons below a chart, and below a history, offer: one each."""

YEAR_DAYS = 365


def chart_keys(codes: Sequence[str], base: str) -> list[Item]:
    """Return the buttons of the usual periods of a chart."""
    joined = " ".join(codes)
    return [
        _period_key(ChartOf(codes=joined, base=base, days=days), days)
        for days in PERIOD_BUTTONS_DAYS
    ]


def history_keys(codes: Sequence[str], base: str) -> list[Item]:
    """Return the buttons of the usual periods of a history."""
    beside = " ".join(codes[1:])
    return [
        _period_key(HistoryOf(code=codes[0], base=base, days=days, beside=beside), days)
        for days in PERIOD_BUTTONS_DAYS
    ]


def _period_key(button: ChartOf | HistoryOf, days: int) -> Item:
    """Return a button labelled with its days, or with its years where it is whole ones."""
    if days % YEAR_DAYS:
        return button.key("{n} d", n=days)
    return button.key("{n} y", n=days // YEAR_DAYS)


class AlertOn(Button):
    """Offers the alerts for a pair."""

    code: str
    base: str


class OtherLevel(Button):
    """Asks for an alert for a pair that has no button."""

    code: str
    base: str


class NewAlert(Button):
    """Sets an alert for a pair. `level` is a rate, per cent, or "HH:MM"."""

    code: str
    base: str
    kind: AlertKind
    level: str


class ChangeAlert(Button):
    """Pauses, resumes or deletes an alert, by its number."""

    number: int
    what: Literal["pause", "resume", "delete"]


class PickNumbers(Button):
    """Chooses how numbers are written."""

    style: Literal["auto", "space", "comma", "dot"]


class PickBase(Button):
    """Chooses the base currency."""

    code: str


class PickFavourite(Button):
    """Makes a currency a favourite, or no more one, in the list of them."""

    code: str


class PickZone(Button):
    """Chooses the time zone, by its IANA name."""

    name: str


class AskOther(Button):
    """Asks for a choice that has no button."""

    what: Literal["base", "favourite", "zone"]
