"""The currencies the bot knows, and what people call them; from `currencies.json`.

The table is the bot's own: ISO 4217 with what rate sources sell beside it, and withdrawn money with
its fixed rate. A test lists every difference to Babel, pycountry and iso4217 with its reason.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).with_name("currencies.json")

_FIRST_FLAG_LETTER = 0x1F1E6
"""A flag is two of these letters. Source: Unicode, Regional Indicator Symbol Letter A."""

FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
"""Regular expression of a flag."""


class RussianNames(NamedTuple):
    """A currency's name where Russian inflects it: «российский рубль»."""

    one: str
    """1 российский рубль"""
    few: str
    """2 российских рубля"""
    many: str
    """5 российских рублей"""
    plural: str
    """российские рубли"""
    within: str
    """в российских рублях"""

    def counted(self, number: Decimal) -> str:
        """Return the form that stands after a number; a fraction takes the genitive singular."""
        if number != number.to_integral_value():
            return self.few
        last_two = abs(int(number)) % 100
        last = last_two % 10
        if last == 1 and last_two != 11:  # noqa: PLR2004  # eleven is «одиннадцать рублей»
            return self.one
        if 2 <= last <= 4 and not 12 <= last_two <= 14:  # noqa: PLR2004  # CLDR's rule for `few`
            return self.few
        return self.many


class Currency(NamedTuple):
    """One currency. `digits` are the minor units of ISO 4217, 4 where it has none."""

    code: str
    digits: int
    english: str
    english_plural: str
    russian: RussianNames
    symbols: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    flag: str = ""
    since: date | None = None
    until: date | None = None
    """The first day on which the successor was the money; None while it is current."""
    successor: str | None = None
    per_successor: Decimal | None = None
    """How much of this money is one unit of the successor, fixed by law."""

    def name(self, language: str) -> str:
        """Return the name in the singular, in `language`: "en" or "ru"."""
        return self.russian.one if language == "ru" else self.english

    def counted(self, number: Decimal, language: str) -> str:
        """Return the name as it stands after a number."""
        if language == "ru":
            return self.russian.counted(number)
        return self.english if number == 1 else self.english_plural


class Meaning(NamedTuple):
    """What a word stands for: one currency, or several that share it, the likeliest first."""

    codes: tuple[str, ...]
    assumed: bool = True
    """Whether the first may be taken without asking."""

    @property
    def code(self) -> str:
        """The likeliest currency."""
        return self.codes[0]


class Replacement(NamedTuple):
    """What withdrawn money has become: one unit of `code` is `per_unit` of the old money."""

    code: str
    per_unit: Decimal


class CurrencyTable:
    """All currencies by code, and all words by their meaning."""

    def __init__(
        self,
        currencies: Mapping[str, Currency],
        meanings: Mapping[str, Meaning],
        ordinary: frozenset[str],
    ) -> None:
        self.currencies = currencies
        self.meanings = meanings
        """Keys are normal (see `normal`): codes, names, inflected words, symbols."""
        self.ordinary = ordinary
        """Words that people say without thinking of money: `try`, `all`, `соль`."""

    def __getitem__(self, code: str) -> Currency:
        """Return the currency of a code in upper case."""
        return self.currencies[code]

    def __contains__(self, code: object) -> bool:
        """Tell whether a code in upper case is known."""
        return code in self.currencies

    def __iter__(self) -> Iterator[Currency]:
        """List the currencies by code."""
        return iter(self.currencies.values())

    def current(self, code: str) -> Replacement:
        """Return what is paid today for money: itself, where it is current or is not known."""
        replacement = self.replacement(code) if code in self else None
        return replacement or Replacement(code, Decimal(1))

    def replacement(self, code: str) -> Replacement | None:
        """Return what is paid today for withdrawn money, None for current money."""
        per_unit, currency = Decimal(1), self.currencies[code]
        while currency.successor is not None and currency.per_successor is not None:
            per_unit *= currency.per_successor
            currency = self.currencies[currency.successor]
        return None if currency.code == code else Replacement(currency.code, per_unit)


def normal(text: str) -> str:
    """Return a word as the table has it: lower case, `е` for `ё`, single spaces."""
    return " ".join(text.casefold().replace("ё", "е").replace("-", " ").split())


@cache
def currency_table() -> CurrencyTable:
    """Read the table, once."""
    data = json.loads(DATA.read_text("utf-8"))
    currencies = {code: _currency(code, row) for code, row in data["currencies"].items()}
    meanings = dict(_meanings(currencies, data))
    return CurrencyTable(
        currencies,
        meanings,
        frozenset(normal(word) for word in data["ordinary"]),
    )


def _currency(code: str, row: Mapping[str, Any]) -> Currency:
    english, english_plural = row["en"]
    flag = row.get("flag") or next(iter(row.get("countries", ())), "")
    return Currency(
        code,
        row["digits"],
        english,
        english_plural,
        RussianNames(*row["ru"]),
        tuple(row.get("symbols", ())),
        tuple(row.get("countries", ())),
        _flag(flag),
        _day(row.get("since")),
        _day(row.get("until")),
        row.get("successor"),
        Decimal(row["per_successor"]) if "per_successor" in row else None,
    )


def _flag(country: str) -> str:
    """Return the flag of a country's two letters."""
    return "".join(chr(_FIRST_FLAG_LETTER + ord(letter) - ord("A")) for letter in country)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _meanings(
    currencies: Mapping[str, Currency], data: Mapping[str, Any]
) -> Iterator[tuple[str, Meaning]]:
    """List the words from the weakest claim to the strongest: a code is always itself."""
    for shared in data["shared"]:
        meaning = Meaning(tuple(shared["codes"]), shared.get("assumed", False))
        yield from ((normal(word), meaning) for word in shared["words"])
    for code, currency in currencies.items():
        yield from ((normal(text), Meaning((code,))) for text in declined(currency.russian.one))
    for code, currency in currencies.items():
        meaning = Meaning((code,))
        words: Iterable[str] = data["currencies"][code].get("words", ())
        for word in (*words, *_names(currency), *currency.symbols):
            yield normal(word), meaning
    yield from _flags(currencies)
    for code in currencies:
        yield code.lower(), Meaning((code,))


def _flags(currencies: Mapping[str, Currency]) -> Iterator[tuple[str, Meaning]]:
    """List the flags with the money of their country, first that which is shown with the flag."""
    found: dict[str, list[str]] = {}
    for code, currency in currencies.items():
        if currency.until is None:
            for flag in dict.fromkeys([*map(_flag, currency.countries), currency.flag]):
                place = 0 if flag == currency.flag else len(found.get(flag, ()))
                found.setdefault(flag, []).insert(place, code)
    yield from ((flag, Meaning(tuple(codes))) for flag, codes in found.items() if flag)


def _names(currency: Currency) -> tuple[str, ...]:
    russian = currency.russian
    names = (currency.english, currency.english_plural, russian.one, russian.few, russian.many)
    return (*names, russian.plural, russian.within)


_ADJECTIVES = {
    "ий": "ого ому им ом",
    "ый": "ого ому ым ом",
    "ой": "ого ому ым ом",
    "ая": "ой ую",
}
"""The other endings of the singular, by that of the nominative."""

_NOUNS = {"ь": "я ю ем е", "а": "ы и е у ой", "я": "и е ю ей", "": "а у ом е"}
_VOWELS = "аеиоуыэюя"


def declined(name: str) -> Iterator[str]:
    """List the other cases of a Russian name of an adjective and a noun: «швейцарском франке».

    Of one word the table has all cases, and what follows the noun stays: «фунте стерлингов».
    """
    adjective, _, rest = name.partition(" ")
    endings = _ADJECTIVES.get(adjective[-2:])
    noun, _, after = rest.partition(" ")
    if endings is None or not noun or noun[-2:] in _ADJECTIVES:
        return
    ending = noun[-1] if noun[-1] in "ьая" else ""
    cases = [noun] if not ending and noun[-1] in _VOWELS else _cases(noun, ending)
    for first in endings.split():
        yield from (f"{adjective[:-2]}{first} {case} {after}".strip() for case in cases)


def _cases(noun: str, ending: str) -> list[str]:
    stem = noun.removesuffix(ending) if ending else noun
    return [f"{stem}{case}" for case in _NOUNS[ending].split()]
