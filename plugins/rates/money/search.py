"""Finding currencies by code, name or country, in both languages, with slips of the finger."""

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel import Locale

from .currencies import Currency, CurrencyTable, currency_table, normal

OTHER_NAMES = Path(__file__).with_name("countries.json")
"""What people call countries beside their names in CLDR: England, «Голландия», Burma, `usa`."""

LANGUAGES = ("en", "ru")
LONGEST_QUERY = 64
CLOSE = 0.75
"""How alike two words are at least, by difflib, when one is taken for a slip of the other."""

_LENGTHS_APART = 2
"""Words of other lengths are not compared: it would take ten times as long."""

_LIKELY = ("USD", "EUR", "GBP", "RUB", "CNY", "JPY", "CHF")
"""Of equally good finds these come first."""

_CODE, _WORD, _COUNTRY, _CODE_PREFIX, _NAME, _COUNTRY_PART, _SLIP = range(7)
"""The reasons for finding a currency, the best first."""

_SAINT = re.compile(r"(?<!\w)st\.? ")
_STATE = re.compile(
    r"(?:(?:\w+ ){0,3}(?:republic|kingdom|states?|federation|principality|sultanate|duchy) of "
    r"|республика |королевство )(?:the )?"
)
_BRACKETS = re.compile(r"\(.*?\)")
_ISLANDS = re.compile(r"\bо-в(?=а?\b)")
_INITIALS = re.compile(r"(?<=\b\w)\.")
_MARKS = re.compile(r"[^\w]+")

# Source: how passports write Russian, with one letter for all that sounds like i.
_LATIN: Mapping[int, str] = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziiklmnoprstufie", strict=True)),
        **{row[0]: row[1:] for row in ("жzh", "хkh", "цts", "чch", "шsh", "щshch", "юiu", "яia")},
        **dict.fromkeys("ъь", ""),
    }
)
_SHORTEST_SOUND = 4
"""Letters of a name of which `y` and `i` are the same: of shorter ones they are not."""


class _Entry(NamedTuple):
    currency: Currency
    names: tuple[str, ...]
    countries: tuple[str, ...]


class Finds(NamedTuple):
    """What a search has found, the likeliest first. `is_guess` is so where only a slip fits."""

    currencies: tuple[Currency, ...] = ()
    is_guess: bool = False


def search(text: str, *, limit: int = 10) -> tuple[Currency, ...]:
    """Return the currencies that a text may mean, the likeliest first, at most `limit`."""
    return find(text).currencies[:limit]


def find(text: str) -> Finds:
    """Return all currencies that a text may mean, the likeliest first.

    Withdrawn money is found like any other, after current money of the same rank.
    """
    text = text[:LONGEST_QUERY]
    query = _plain(text)
    if not query:
        return Finds()
    table = currency_table()
    found = {entry.currency.code: rank for entry in _index() if (rank := _rank(entry, query))}
    for place, code in enumerate(_country(text)):
        found[code] = (_COUNTRY, place)
    meaning = table.meanings.get(normal(text))
    for place, code in enumerate(meaning.codes if meaning else ()):
        exact = query == code.lower()
        found[code] = (_CODE if exact else _WORD, place)
    is_guess = not found
    if is_guess:
        found = _slips(_place(text))
    best = sorted(found, key=lambda code: (found[code], _unlikely(table[code]), code))
    return Finds(tuple(table[code] for code in best), is_guess and bool(best))


def _unlikely(currency: Currency) -> int:
    if currency.code in _LIKELY:
        return _LIKELY.index(currency.code)
    return len(_LIKELY) + (currency.until is not None)


def _rank(entry: _Entry, query: str) -> tuple[int, int] | None:
    if len(query) <= 3 and entry.currency.code.lower().startswith(query):  # noqa: PLR2004  # a code
        return _CODE_PREFIX, 0
    if place := _prefix(entry.names, query):
        return _NAME, place
    if place := _prefix(entry.countries, query):
        return _COUNTRY_PART, place
    return None


def _prefix(names: Iterable[str], query: str) -> int:
    """Return 1 when a name begins with the query, 2 when a later word of it does, else 0."""
    if any(name.startswith(query) for name in names):
        return 1
    return 2 if any(f" {query}" in name for name in names) else 0


def _slips(query: str) -> dict[str, tuple[int, int]]:
    words = _words()
    alike = [word for word in words if abs(len(word) - len(query)) <= _LENGTHS_APART]
    found: dict[str, tuple[int, int]] = {}
    for word in difflib.get_close_matches(query, alike, n=3, cutoff=CLOSE):
        for code in words[word]:
            found.setdefault(code, (_SLIP, len(found)))
    return found


def _country(text: str) -> tuple[str, ...]:
    """Return the money of the country that a text names, also as `Korea, Republic of`."""
    before, comma, after = text.partition(",")
    for said in (_place(text), *([_place(f"{after} {before}")] if comma else [])):
        for name in (said, _STATE.sub("", said, count=1)):
            if name in _countries():
                return _countries()[name]
    return ()


@cache
def _countries() -> Mapping[str, tuple[str, ...]]:
    """Return the money of all countries by what they are called, their own current money first."""
    data = json.loads(OTHER_NAMES.read_text("utf-8"))
    money: dict[str, list[Currency]] = {}
    for currency in currency_table():
        for country in (*currency.countries, *_NO_COUNTRIES.get(currency.code, ())):
            money.setdefault(country, []).append(currency)
    found: dict[str, tuple[str, ...]] = {}
    for country, own in money.items():
        codes = _by_use(country, own, data["main"].get(country))
        for name in _called(country, data["names"].get(country, ())):
            found.setdefault(_place(name), codes)
    return found


_NO_COUNTRIES: Mapping[str, tuple[str, ...]] = {"EUR": ("EU",)}
"""What is no country, and has money."""


def _by_use(country: str, money: Iterable[Currency], main: str | None) -> tuple[str, ...]:
    """Return the codes of a country's money, first what is paid with there now."""
    return tuple(
        currency.code
        for currency in sorted(
            money,
            key=lambda c: (c.code != main, c.until is not None, c.countries[:1] != (country,)),
        )
    )


def _called(country: str, other_names: Iterable[str]) -> Iterator[str]:
    """List the names of a country: the usual ones first, at last those in other letters."""
    yield from (*other_names, country)
    russian = Locale("ru").territories.get(country, "")
    islands = _ISLANDS.sub("остров", russian)
    yield from filter(None, (Locale("en").territories.get(country, ""), russian, islands))
    yield from (_in_latin(name) for name in (*other_names, russian) if not name.isascii())


def _in_latin(text: str) -> str:
    """Write a Russian name in Latin letters: kitai."""
    return normal(text).translate(_LATIN)


@cache
def _index() -> tuple[_Entry, ...]:
    places = [Locale(language).territories for language in LANGUAGES]
    return tuple(
        _Entry(
            currency,
            tuple({_plain(name) for name in _names(currency)}),
            tuple({_plain(names[c]) for names in places for c in currency.countries if c in names}),
        )
        for currency in currency_table()
    )


def _names(currency: Currency) -> tuple[str, ...]:
    russian = currency.russian
    return (currency.english, currency.english_plural, russian.one, russian.plural, russian.many)


@cache
def _words() -> dict[str, list[str]]:
    """Return the words that can be mistyped, with the codes that they stand for."""
    table: CurrencyTable = currency_table()
    words: dict[str, list[str]] = {}
    for word, meaning in table.meanings.items():
        if len(word) > 3:  # noqa: PLR2004  # every three letters are close to some code
            words.setdefault(_plain(word), []).extend(meaning.codes)
    for entry in _index():
        for name in entry.names:
            words.setdefault(name, []).append(entry.currency.code)
    for name, codes in _countries().items():
        if len(name) > 3:  # noqa: PLR2004  # as above
            words.setdefault(name, []).extend(codes)
    return words


def _place(text: str) -> str:
    """Return what a country is called, without marks and `the`, and in one spelling of its sounds.

    `y` and `i` are one, since Russian names are written with either: Kitay, Kitai.
    """
    plain = _INITIALS.sub("", _SAINT.sub("saint ", _BRACKETS.sub(" ", _plain(text))))
    plain = plain.replace("&", " and ")
    plain = " ".join(_MARKS.sub(" ", plain).split()).removeprefix("the ")
    is_latin = plain.isascii() and len(plain) >= _SHORTEST_SOUND
    return plain.replace("y", "i") if is_latin else plain


def _plain(text: str) -> str:
    """Return a text without accents, so that `colon` finds `colón`."""
    letters = unicodedata.normalize("NFD", normal(text).replace("й", "\0"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return bare.replace("\0", "й")
