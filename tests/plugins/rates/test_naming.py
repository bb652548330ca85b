"""Commands take currencies as people name them: names of several words, pairs, and what follows."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from plugins.rates.money.currencies import currency_table
from plugins.rates.money.faults import RatesError
from plugins.rates.money.naming import one_currency, read_naming
from plugins.rates.times.dates import begins_period
from sapp_bot.testing import Stage

NAMED = {
    "EUR RUB": "EUR RUB, -, ",
    "EUR/RUB": "EUR RUB, pair, ",
    "eur-rub": "EUR RUB, pair, ",
    "EURRUB": "EUR RUB, pair, ",
    "usdrub 7d": "USD RUB, pair, 7d",
    "usd rub 2026-01-05": "USD RUB, -, 2026-01-05",
    "US dollar": "USD, -, ",
    "new zealand dollar": "NZD, -, ",
    "швейцарский франк 7d": "CHF, -, 7d",
    "US dollar/swiss franc": "USD CHF, pair, ",
    "us dollar in swiss francs last year": "USD CHF, pair, last year",
    "евро в рублях вчера": "EUR RUB, pair, вчера",
    "EUR, GBP and JPY 30d": "EUR GBP JPY, -, 30d",
    "hong kong dollar us dollar 7d": "HKD USD, -, 7d",
    "€/$": "EUR USD, pair, ",
    "eur from january": "EUR, -, from january",
    "eur on 2026-01-05": "EUR, -, on 2026-01-05",
    "EUR a week ago": "EUR, -, a week ago",
    "доллар сша 3 дня назад": "USD, -, 3 дня назад",
    "yesterday": ", -, yesterday",
    "7d": ", -, 7d",
    "": ", -, ",
    "EUR EUR": "EUR, -, ",
    "all top": "ALL TOP, -, ",
}
"""A text: its currencies, whether they are a pair, and the rest."""


@pytest.mark.parametrize(("text", "meant"), NAMED.items())
def test_currencies_are_read_from_the_beginning(text: str, meant: str) -> None:
    """The longest name counts, and what follows is left as it was written."""
    found = read_naming(text, begins_period)

    assert f"{' '.join(found.codes)}, {'pair' if found.is_pair else '-'}, {found.rest}" == meant


@pytest.mark.parametrize("currency", list(currency_table()), ids=lambda currency: currency.code)
def test_each_name_is_one_currency(currency: object) -> None:
    """Every name of the table, in both languages, names its money in a command."""
    table = currency_table()
    known = table[getattr(currency, "code", "")]
    for name in (known.english, known.russian.one, known.code, known.code.lower()):
        found = one_currency(name)
        assert found.code == known.code or found.english == known.english
        assert read_naming(f"{name} 7d", begins_period).codes == (found.code,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("EUR usdd 7d", "Did you mean USD?"),
        (
            "new zeland dollar 7d",
            "“new zeland dollar” is no currency that I know. Did you mean NZD",
        ),
        ("XQZ", "“XQZ” is no currency that I know. /currencies lists them."),
        ("крона", "“крона” may be SEK, NOK, DKK, CZK, ISK."),
        ("EUR nonsense", "“nonsense” is no currency"),
    ],
)
def test_what_is_no_currency_is_said_in_full(text: str, why: str) -> None:
    """All its words are quoted, and what they are like is named."""
    with pytest.raises(RatesError) as refused:
        read_naming(text, begins_period)

    assert why in refused.value.reply.format(**refused.value.values)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the rates alone."""
    async with Stage(only=["start", "rates"], service_reads=1000) as stage:
        stage.api.database.rates.pin("EUR", 0.8)
        stage.api.database.rates.pin("RUB", 80)
        yield stage


MEANT = {
    "/rate крона": ("SEK NOK DKK CZK ISK", "NOK", "1 NOK = "),
    "/rate крона 2026-01-05": ("SEK NOK DKK CZK ISK", "SEK", "The last rate of 5 Jan 2026"),
    "/rate usdd": ("USD", "USD", "1 USD = 0.80 EUR"),
    "/rates EUR крона GBP": ("SEK NOK DKK CZK ISK", "DKK", "1 EUR is"),
    "/history крона 7d": ("SEK NOK DKK CZK ISK", "CZK", "1 CZK = "),
    "/chart EUR usdd 7d": ("USD", "USD", "1 EUR = "),
    "/base крона": ("SEK NOK DKK CZK ISK", "ISK", "Base currency: ISK"),
    "/favourites EUR, крона": ("SEK NOK DKK CZK ISK", "SEK", "Favourites: EUR SEK"),
    f"/history крона {'и крона ' * 4}": ("", "Currencies", "Currencies"),
}
"""What is typed, the codes that have a button, the button that is pressed, and what it shows."""


@pytest.mark.parametrize("text", MEANT)
async def test_each_that_may_be_meant_has_a_button(stage: Stage, text: str) -> None:
    """It says the same with a code for the word; where none can carry that the list is left."""
    codes, label, shown = MEANT[text]
    ann = stage.person("Ann")
    await ann.says(text)
    assert ann.labels() == [*codes.split(), "Currencies", "‹ Home"], ann.last
    await ann.presses(label)

    assert ann.sees(shown)


ANSWERS = {
    "/rate EUR RUB": "1 EUR = 100.00 RUB",
    "/rate eur/rub": "1 EUR = 100.00 RUB",
    "/rate EURRUB": "1 EUR = 100.00 RUB",
    "/rate евро в рублях": "1 EUR = 100.00 RUB",
    "/rate US dollar": "1 USD = 0.80 EUR",
    "/rate EUR USD RUB": "Please name one currency, or a pair",
    "/rate usd rub yesterday": "The last rate of",
    "/rate US dollar 3 days ago": "The last rate of",
    "/rates new zealand dollar": "1 NZD is",
    "/rates EUR/RUB": "1 EUR is\n🇷🇺 100.00 RUB",
    "/history швейцарский франк 7d": "1 CHF = ",
    "/history usdrub": "1 USD = 80.00 RUB",
    "/history EUR RUB 7d": "1 EUR = 100.00 RUB",
    "/chart usd rub": "1 USD = 80.00 RUB",
    "/chart rub usd 7d": "1 RUB = 0.0125 USD",
    "/chart EURRUB": "1 EUR = 100.00 RUB",
    "/chart US dollar, swiss franc": "1 USD = ",
    "/chart EUR GBP": "1 GBP = ",
    "/base new zealand dollar": "Base currency: NZD",
    "/base EUR RUB": "Please name one currency",
    "/favourites swiss franc, US dollar": "Favourites: CHF USD",
    "/alert швейцарский франк/доллар США выше 2": "CHF/USD at 2.00 or above",
}


async def test_every_command_takes_names_and_pairs(stage: Stage) -> None:
    """A pair is answered as the pair it is, and a name of several words is one name."""
    for text, seen in ANSWERS.items():
        person = stage.person(text)
        await person.says(text)
        assert person.sees(seen), (text, person.last)


async def test_an_alert_asks_for_its_pair_in_any_words(stage: Stage) -> None:
    """The form takes what a command takes, and says what is wrong with the rest."""
    ann = stage.person("Ann")
    await ann.says("/alert")
    await ann.says("swiss franc")
    assert ann.sees("When shall I tell you?")
    await ann.says("/alert")
    await ann.says("swiss franc in US dollars")
    await ann.presses("above")
    await ann.says("2")

    assert ann.sees("CHF/USD at 2.00 or above")
