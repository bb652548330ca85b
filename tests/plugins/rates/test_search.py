"""Currencies are found by code, name and country, in both languages, with slips."""

from __future__ import annotations

import pycountry
import pytest
from babel import Locale
from babel.numbers import get_territory_currencies

from plugins.rates.money.search import find, search
from sapp_bot.testing import Stage

COUNTRIES = {country.alpha_2: country for country in pycountry.countries}

OTHER_MONEY = {
    "BG": "EUR",  # since 2026; CLDR 47 is of 2025
    "GG": "GGP",  # its own pounds, beside those of the kingdom, as the next two
    "IM": "IMP",
    "JE": "JEP",
}
"""Countries whose money is not what Babel says, and why."""

OFFICIAL_ONLY = frozenset({"Lao People's Democratic Republic"})
"""What nobody says."""


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("usd", "USD"),
        ("US", "USD"),
        ("евр", "EUR"),
        ("рубл", "RUB"),
        ("Швейцар", "CHF"),
        ("swiss", "CHF"),
        ("Польша", "PLN"),
        ("poland", "PLN"),
        ("Япония", "JPY"),
        ("казах", "KZT"),
        ("United Kingdom", "GBP"),
        ("colon", "CRC"),
        ("$", "USD"),
        ("крон", "SEK"),
        ("баксы", "USD"),
        ("hrk", "HRK"),
        ("болгарский", "BGN"),
        ("золото", "XAU"),
        ("dolar", "USD"),
        ("доларр", "USD"),
        ("юанн", "CNY"),
        ("sweeden", "SEK"),
    ],
)
def test_the_likeliest_comes_first(text: str, first: str) -> None:
    """What somebody most likely means is the first find."""
    assert search(text)[0].code == first


@pytest.mark.parametrize("text", ["", "   ", "zzzzqq", "12345", "☃"])
def test_nothing_is_found_for_nonsense(text: str) -> None:
    """Nonsense finds nothing, without an error."""
    assert search(text) == ()


def test_current_money_before_withdrawn() -> None:
    """Of equally good finds current money comes first."""
    codes = [currency.code for currency in search("рубл")]

    assert codes.index("BYN") < codes.index("BYR")


def test_a_country_finds_all_its_money() -> None:
    """A country finds what it has and what it had."""
    assert {currency.code for currency in search("Хорватия")} == {"EUR", "HRK"}


def test_finds_are_limited() -> None:
    """At most `limit` currencies are found."""
    assert len(search("доллар", limit=3)) == 3
    assert search("x" * 1000) == ()


@pytest.mark.parametrize("code", sorted(COUNTRIES.keys() - {"AQ"}))
def test_every_country_finds_its_money(code: str) -> None:
    """By what pycountry and Babel call it, in both languages; Antarctica alone has none."""
    about = COUNTRIES[code]
    names = {about.name, getattr(about, "common_name", about.name)} - OFFICIAL_ONLY
    names |= {str(Locale(language).territories[code]) for language in ("en", "ru")}
    for name in names | {name.lower() for name in names} | {name.upper() for name in names}:
        found = find(name)
        assert not found.is_guess, name
        own = {OTHER_MONEY[code]} if code in OTHER_MONEY else set(get_territory_currencies(code))
        assert found.currencies[0].code in own, name


USUAL = {
    "GBP": "England, Britain, Great Britain, UK, the UK, Scotland, англия, британия, angliya",
    "EUR": "holland, голландия, europe, евросоюз, еврозона, germania, Deutschland, эллада, косово",
    "USD": "usa, U.S.A., the States, America, сша, америка, штаты, Соединенные Штаты Америки",
    "AED": "uae, emirates, эмираты, оаэ, Дубай, Объединённые Арабские Эмираты",
    "BYN": "белоруссия, Belorussia, Беларусь, Республика Беларусь",
    "MDL": "молдавия, Moldavia, Republic of Moldova",
    "KGS": "киргизия, кыргызстан, Kirghizia, Kyrgyz Republic",
    "TMT": "туркмения, Turkmenia, Туркменистан",
    "MMK": "burma, бирма, Мьянма",
    "XOF": "ivory coast, Cote d'Ivoire, Côte d’Ivoire, Берег Слоновой Кости, Кот-д’Ивуар",
    "CNY": "kitai, kitay, китай, кнр, PRC, People's Republic of China, mainland China",
    "RUB": "rossiya, россия, рф, Russian Federation, Российская Федерация",
    "KRW": "korea, South Korea, Republic of Korea, Корея, Южная Корея",
    "KPW": "north korea, кндр, Democratic People's Republic of Korea",
    "CDF": "dr congo, Democratic Republic of the Congo, заир, Демократическая Республика Конго",
    "XAF": "congo, Republic of the Congo, Республика Конго",
    "CZK": "czech republic, Czechia, чешская республика",
    "ZAR": "юар, RSA, South Africa",
    "TRY": "Türkiye, turkey, turtsiya",
    "SZL": "swaziland, свазиленд",
    "TWD": "Taiwan, тайвань, Taiwan, Province of China",
    "DKK": "Faroe Islands, Фарерские острова",
    "SHP": "St. Helena, Saint Helena, остров Святой Елены",
    "BAM": "Bosnia, Bosnia and Herzegovina, босния",
}
"""What people call countries beside their names: the money that comes first."""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (text, code)
        for code, row in USUAL.items()
        for text in row.replace("n, P", "n,P").split(", ")
    ],
)
def test_usual_names_of_countries_find_their_money(text: str, code: str) -> None:
    """Former, short, popular and transliterated names are names, and no guesses."""
    found = find(text.replace(",P", ", P"))

    assert (found.currencies[0].code, found.is_guess) == (code, False)


@pytest.mark.parametrize(
    ("text", "code"),
    [("sweeden", "SEK"), ("росия", "RUB"), ("swizerland", "CHF"), ("germny", "EUR")],
)
def test_a_slip_is_a_guess(text: str, code: str) -> None:
    """What is only like a name is found, and known for what it is."""
    found = find(text)

    assert (found.currencies[0].code, found.is_guess) == (code, True)


async def test_what_is_shown_is_said() -> None:
    """A guess is called one, and all that is found can be reached."""
    async with Stage(only=["start", "rates"], service_reads=1000) as stage:
        ann = stage.person("Ann")
        await ann.says("/currencies sweeden")
        assert ann.sees("Nothing is called “sweeden”. Did you mean one of these?")
        assert ann.sees("SEK")
        await ann.says("/currencies доллар")
        assert ann.sees("15 of ")
        first = ann.last
        await ann.presses(next(label for label in ann.labels() if label.endswith("›")))
        assert ann.last != first
        assert ann.sees(" are listed; the buttons lead to the others.")
        await ann.says("/currencies japan")
        assert not ann.sees("listed")
        assert not any("›" in label for label in ann.labels())
        await ann.says("/rate england")
        assert ann.sees("“england” is no currency that I know. Did you mean GBP?")
