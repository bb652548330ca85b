"""The table of currencies: whole, in both languages, and different from others only on purpose."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import iso4217
import pycountry
import pytest
from babel import localedata
from babel.core import get_global
from babel.numbers import get_currency_precision

from plugins.rates.money.currencies import Currency, Meaning, currency_table, normal

TABLE = currency_table()
RUSSIAN = localedata.load("ru")["currency_names_plural"]

NOT_SOLD = {
    **dict.fromkeys(["BOV", "CHE", "CHW", "COU", "MXV", "USN", "UYI", "UYW"], "a fund's code"),
    **dict.fromkeys(["XBA", "XBB", "XBC", "XBD"], "a bond market's unit, used by nobody"),
    **dict.fromkeys(["XAD", "XSU", "XUA"], "a unit of account between banks of states"),
    **dict.fromkeys(["XTS", "XXX"], "a code for tests, and for no currency"),
}
"""ISO has them; no source sells a rate."""

NOT_ISO = {
    "CNH": "the yuan outside of China has a rate of its own",
    "GGP": "pounds of the Channel Islands, sold by many sources",
    "JEP": "pounds of the Channel Islands, sold by many sources",
    "IMP": "the pound of the Isle of Man, sold by many sources",
    "FOK": "the króna of the Faroes, sold by some sources",
    "BTC": "a coin",
    "ETH": "a coin",
}
"""Sources sell them; ISO has no such code."""

BABEL_LAGS = {"BGN": "Bulgaria has had the euro since 2026-01-01; CLDR 47 is of 2025"}
"""Babel still calls them current."""

FEWER_DIGITS = frozenset(
    ["AFN", "ALL", "IQD", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"]
)
"""Babel gives the digits in daily use (0), ISO those of accounts."""

OTHER_NAMES = {
    "CNH": "Babel has lower forms only",
    "FKP": "«Островов» is a part of the name",
    "GBP": "«британский фунт стерлингов» is more than people say",
    "ILS": "«новый» is more than people say",
    "TWD": "«новый» is more than people say",
    "TMT": "«новый» is more than people say; the old one is TMM",
    "KZT": "«казахстанский» is of the state, «казахский» of the people",
    "PGK": "Babel has a short dash",
    "SZL": "Swaziland has been called Eswatini since 2018",
    "XAF": "the bank's name in Latin letters",
    "XOF": "the bank's name in Latin letters",
    **dict.fromkeys(["BYR", "MRO", "STD", "TRL", "VEF"], "Babel adds years to the old name"),
}
"""Names whose Russian plurals are not Babel's."""


def current() -> set[str]:
    """List the codes of current money."""
    return {currency.code for currency in TABLE if currency.until is None}


def test_iso_is_covered() -> None:
    """Every code of ISO 4217 that is sold is here, and what is more has its reason."""
    iso = {str(currency.code) for currency in iso4217.Currency}

    assert iso - current() == set(NOT_SOLD)
    assert current() - iso == set(NOT_ISO)


def test_pycountry_agrees() -> None:
    """The codes of pycountry are those of ISO's own list."""
    codes = {currency.alpha_3 for currency in pycountry.currencies}

    assert codes - current() == set(NOT_SOLD)
    assert current() - codes == set(NOT_ISO)


def test_babel_agrees_about_tender() -> None:
    """What Babel calls tender somewhere is current, but what it has not heard of yet."""
    tender = {
        code
        for uses in get_global("territory_currencies").values()
        for code, _, until, is_tender in uses
        if until is None and is_tender
    }

    assert tender - current() == set(BABEL_LAGS)


def test_digits_are_those_of_iso() -> None:
    """Minor units are ISO's; 4 where it has none."""
    for currency in iso4217.Currency:
        if str(currency.code) in TABLE:
            exponent = 4 if currency.exponent is None else currency.exponent
            assert TABLE[str(currency.code)].digits == exponent, currency.code


def test_babel_has_fewer_digits() -> None:
    """Babel's digits differ where daily life has no small coins, and nowhere else."""
    iso = {str(c.code) for c in iso4217.Currency if c.exponent is not None}
    differs = {c for c in iso & current() if get_currency_precision(c) != TABLE[c].digits}

    assert differs == FEWER_DIGITS


def test_russian_plurals_are_those_of_babel() -> None:
    """The forms after 2 and 5 are Babel's, where it has them, but for the names listed."""
    differs = {
        currency.code
        for currency in TABLE
        if "few" in (forms := RUSSIAN.get(currency.code, {}))
        and (currency.russian.few, currency.russian.many) != (forms["few"], forms["many"])
    }

    assert differs == {*OTHER_NAMES} - {"CNH"}


@pytest.mark.parametrize("currency", list(TABLE), ids=lambda currency: currency.code)
def test_every_currency_is_whole(currency: Currency) -> None:
    """Each has names in both languages, and all its names lead back to it."""
    russian = currency.russian
    assert all("а" <= letter <= "я" or letter in "ёС" for letter in russian.one[0])
    for name in (currency.english, russian.one, russian.many, russian.within, currency.code):
        meaning = TABLE.meanings[normal(name)]
        assert currency.code in meaning.codes or TABLE[meaning.code].english == currency.english


@pytest.mark.parametrize("currency", [c for c in TABLE if c.until], ids=lambda c: c.code)
def test_withdrawn_money_has_a_successor(currency: Currency) -> None:
    """Each withdrawn currency leads to a current one, at a fixed rate, from a day in the past."""
    replacement = TABLE.replacement(currency.code)

    assert replacement is not None
    assert TABLE[replacement.code].until is None
    assert replacement.per_unit > 0
    assert currency.until is not None
    assert currency.until < date(2026, 11, 1)


@pytest.mark.parametrize(
    ("code", "successor", "per_unit"),
    [
        ("BGN", "EUR", "1.95583"),
        ("HRK", "EUR", "7.53450"),
        ("DEM", "EUR", "1.95583"),
        ("VEF", "VES", "100000"),
        ("VEB", "VES", "100000000"),
        ("BYB", "BYN", "10000000"),
        ("ANG", "XCG", "1"),
        ("ZWL", "ZWG", "2498.7242"),
    ],
)
def test_fixed_rates(code: str, successor: str, per_unit: str) -> None:
    """Withdrawn money is worth what the law says, over several successors too."""
    replacement = TABLE.replacement(code)

    assert replacement is not None
    assert (replacement.code, replacement.per_unit) == (successor, Decimal(per_unit))


def test_current_money_is_not_replaced() -> None:
    """The dollar has no successor."""
    assert TABLE.replacement("USD") is None


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1", "российский рубль"),
        ("2", "российских рубля"),
        ("5", "российских рублей"),
        ("11", "российских рублей"),
        ("12", "российских рублей"),
        ("21", "российский рубль"),
        ("22", "российских рубля"),
        ("111", "российских рублей"),
        ("1.5", "российских рубля"),
        ("0", "российских рублей"),
    ],
)
def test_names_after_numbers(number: str, words: str) -> None:
    """Russian names are inflected as numbers ask."""
    assert TABLE["RUB"].counted(Decimal(number), "ru") == words


def test_names_in_english() -> None:
    """English has two forms."""
    dollar = TABLE["USD"]

    assert dollar.counted(Decimal(1), "en") == "US dollar"
    assert dollar.counted(Decimal("1.5"), "en") == "US dollars"
    assert (dollar.name("en"), dollar.name("ru")) == ("US dollar", "доллар США")


def test_names_within() -> None:
    """«В» takes the prepositional case."""
    assert TABLE["USD"].russian.within == "долларах США"
    assert TABLE["UAH"].russian.within == "украинских гривнах"
    assert TABLE["TRY"].russian.plural == "турецкие лиры"


@pytest.mark.parametrize(
    ("word", "codes", "assumed"),
    [
        ("bucks", ["USD"], True),
        ("баксов", ["USD"], True),
        ("гривен", ["UAH"], True),
        ("₽", ["RUB"], True),
        ("£", ["GBP"], True),
        ("¥", ["JPY", "CNY"], False),
        ("крон", ["SEK", "NOK", "DKK", "CZK", "ISK"], False),
        ("рублей", ["RUB", "BYN"], True),
    ],
)
def test_words_mean_currencies(word: str, codes: list[str], assumed: bool) -> None:  # noqa: FBT001  # a table's column
    """Words have one meaning, a likely one, or several that have to be asked for."""
    assert TABLE.meanings[word] == Meaning(tuple(codes), assumed)


def test_flags() -> None:
    """A flag is of the first country; metals and coins have none."""
    assert (TABLE["EUR"].flag, TABLE["KZT"].flag, TABLE["XAU"].flag) == ("🇪🇺", "🇰🇿", "")
