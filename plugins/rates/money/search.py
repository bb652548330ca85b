"""Finding currencies by code, name or country, in both languages, with slips of the finger."""

import difflib
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from babel import Locale

from .currencies import Currency, CurrencyTable, currency_table, normal

LANGUAGES = ("en", "ru")
LONGEST_QUERY = 64
CLOSE = 0.75
"""How alike two words are at least, by difflib, when one is taken for a slip of the other."""

_LENGTHS_APART = 2
"""Words of other lengths are not compared: it would take ten times as long."""

_LIKELY = ("USD", "EUR", "GBP", "RUB", "CNY", "JPY", "CHF")
"""Of equally good finds these come first."""

_CODE, _WORD, _CODE_PREFIX, _NAME, _COUNTRY, _SLIP = range(6)
"""The reasons for finding a currency, the best first."""


class _Entry(NamedTuple):
    currency: Currency
    names: tuple[str, ...]
    countries: tuple[str, ...]


def search(text: str, *, limit: int = 10) -> tuple[Currency, ...]:
    """Return the currencies that a text may mean, the likeliest first, at most `limit`.

    Withdrawn money is found like any other, after current money of the same rank.
    """
    query = _plain(text[:LONGEST_QUERY])
    if not query:
        return ()
    table = currency_table()
    found = {entry.currency.code: rank for entry in _index() if (rank := _rank(entry, query))}
    meaning = table.meanings.get(normal(text[:LONGEST_QUERY]))
    for place, code in enumerate(meaning.codes if meaning else ()):
        exact = query == code.lower()
        found[code] = (_CODE if exact else _WORD, place)
    if not found:
        found = _slips(query)
    best = sorted(found, key=lambda code: (found[code], _unlikely(table[code]), code))
    return tuple(table[code] for code in best[:limit])


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
        return _COUNTRY, place
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
    for word in difflib.get_close_matches(query, alike, n=5, cutoff=CLOSE):
        for code in words[word]:
            found.setdefault(code, (_SLIP, len(found)))
    return found


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
        for name in (*entry.names, *entry.countries):
            words.setdefault(name, []).append(entry.currency.code)
    return words


def _plain(text: str) -> str:
    """Return a text without accents, so that `colon` finds `colón`."""
    letters = unicodedata.normalize("NFD", normal(text).replace("й", "\0"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return bare.replace("\0", "й")
