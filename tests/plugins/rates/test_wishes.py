"""Alerts as people ask for them: each is understood as it was said, asked about, or refused."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from plugins.rates.alerts import read_level
from plugins.rates.money.faults import RatesError
from plugins.rates.money.wishes import AlertKind, asked_wish, read_wish
from plugins.rates.times.hours import find_time
from sapp_bot.testing import Actor, Stage

WISHES = {
    "BTC/USD above 100,000": "BTC/USD above 100,000",
    "BTC/USD below 50,000": "BTC/USD below 50,000",
    "BTC/RUB выше 8,5 млн": "BTC/RUB above 8,5 млн",
    "BTC above 100k": "BTC/ above 100k",
    "BTC/USD above one hundred thousand": "BTC/USD above one hundred thousand",
    "биткоин выше 100к долларов": "BTC/USD above 100к",
    "usdrub > 95": "USD/RUB above 95",
    "USD/RUB >= 95.5": "USD/RUB above 95.5",
    "доллар не ниже 90 рублей": "USD/RUB above 90",
    "доллар не выше 90 рублей": "USD/RUB below 90",
    "доллар не превышает 90 рублей": "USD/RUB below 90",
    "доллар не будет выше 90 рублей": "USD/RUB below 90",
    "доллар не упадёт ниже 80 рублей": "USD/RUB above 80",
    "EUR/USD does not exceed 1.2": "EUR/USD below 1.2",
    "EUR/USD doesn’t exceed 1.2": "EUR/USD below 1.2",
    "EUR/USD isn't above 1.2": "EUR/USD below 1.2",
    "EUR/USD won't be above 1.2": "EUR/USD below 1.2",
    "EUR/USD isn't below 1.2": "EUR/USD above 1.2",
    "EUR/USD is not less than 1.2": "EUR/USD above 1.2",
    "EUR/USD does not fall below 1.2": "EUR/USD above 1.2",
    "EUR/USD exceeds 1.2": "EUR/USD above 1.2",
    "EUR/USD at least 1.2": "EUR/USD above 1.2",
    "EUR/USD at most 1.2": "EUR/USD below 1.2",
    "EUR/USD does not reach 1.2": "EUR/USD ? 1.2",
    "USD/RUB не вырастет на 5%": "USD/RUB ? 5%",
    "доллар дороже 90 рублей 50 копеек": "USD/RUB above 90.5",
    "швейцарский франк выше 1.2 доллара": "CHF/USD above 1.2",
    "swiss franc above 1.2 US dollars": "CHF/USD above 1.2",
    "below 1.2 dollars for the euro": "EUR/USD below 1.2",
    "dollar falls below 80 roubles": "USD/RUB below 80",
    "USD/RUB rises to 95": "USD/RUB above 95",
    "доллар упадёт до 80 рублей": "USD/RUB below 80",
    "above 90 RUB": "/RUB above 90",
    "1 EUR above 1.2 USD": "EUR/USD above 1.2",
    "100 EUR above 120 USD": "EUR/USD above 1.2",
    "3 EUR above 4 USD": "EUR/USD above 1.333333333333",
    "EUR/USD above -5": "EUR/USD above -5",
    "USD/RUB rises by 5%": "USD/RUB rises 5%",
    "USD/RUB drops 5%": "USD/RUB falls 5%",
    "доллар упадёт на 5%": "USD/ falls 5%",
    "доллар подорожает на 3 процента": "USD/ rises 3 процента",
    "EUR/USD упадёт больше чем на 5%": "EUR/USD falls 5%",
    "1 EUR rises by 5 percent": "EUR/ rises 5 percent",
    "EUR/USD -5%": "EUR/USD falls -5%",
    "EUR/USD +5%": "EUR/USD rises 5%",
    "EUR/USD ±2%": "EUR/USD moves 2%",
    "EUR/USD 2%": "EUR/USD moves 2%",
    "EUR/USD changes by more than 2 %": "EUR/USD moves 2 %",
    "доллар изменится больше чем на 2%": "USD/ moves 2%",
    "USD/RUB rises by 5": "USD/RUB gains 5",
    "доллар вырастет на 5 рублей": "USD/RUB gains 5 RUB",
    "USD/RUB упадёт больше чем на 5": "USD/RUB loses 5",
    "USD/RUB reaches 95": "USD/RUB reaches 95",
    "доллар достигнет 95 рублей": "USD/RUB reaches 95",
    "EUR/USD daily 9:30 pm": "EUR/USD daily 21:30",
    "EUR/USD daily at 9 pm": "EUR/USD daily 21:00",
    "EUR/USD каждый день в 9 вечера": "EUR/USD daily 21:00",
    "EUR/USD every morning at 8": "EUR/USD daily 08:00",
    "EUR/USD 21:00": "EUR/USD daily 21:00",
    "daily 100 USD in RUB at 9": "USD/RUB daily 09:00",
    "EUR/USD daily": "EUR/USD daily ",
    # More than one thing is said: what it is remains open.
    "EUR/USD 1.2": "EUR/USD ? 1.2",
    "EUR/USD between 1.1 and 1.2": "EUR/USD ? ",
    "EUR/USD above 1.2 or below 1.0": "EUR/USD ? ",
    "EUR/USD above 1.2 at 9:00": "EUR/USD ? ",
    "USD/RUB above 1.2 EUR": "USD/RUB ? ",
    "100 EUR above 1,200 USD": "EUR/USD ? ",
    "EUR/USD above soon": "EUR/USD above ",
}
"""A wish: the pair (what is left out is the base), the kind, the level as it was written."""


@pytest.mark.parametrize(("text", "meant"), WISHES.items())
def test_a_wish_is_read_as_it_is_said(text: str, meant: str) -> None:
    """No number is taken for another, no share for a rate, no evening for a morning."""
    wish = read_wish(text, find_time)

    assert f"{wish.source}/{wish.target} {wish.kind or '?'} {wish.level}" == meant


@pytest.mark.parametrize(
    "text",
    [
        "tell me when 1 dollar costs more than 90 roubles",
        "tell me EUR/USD above 1.2",
        "tell me EUR/USD above 1.2 or below 1",
        "let me know once EUR/USD is 1.2",
        "let me know EUR/USD every day at 9",
        "tell me USD/RUB 5%",
        "сообщи, когда доллар будет 90 рублей",
        "сообщи доллар выше 90",
        "дай знать, если евро упадёт",
        "alert me EUR/USD 1.2",
        "alert eur above 1.2",
        "remind me if the euro falls below 1.1",
        "оповести, когда доллар выше 90",
        "оповещай каждый день в 9 утра о курсе евро",
        "оповещение, когда евро станет дешевле 90 рублей",
        "напомните, если евро упадёт",
        "скажи, когда доллар будет 90 рублей",
        "предупреди о долларе",
    ],
)
def test_what_is_still_to_come_is_an_alert(text: str) -> None:
    """A condition or a kind makes one of "tell me"; "alert me" is one by itself."""
    assert asked_wish(text, find_time) is not None


@pytest.mark.parametrize(
    "text",
    [
        "tell me a story",
        "EUR/USD above 1.2",
        "tell me when it rains",
        "скажи курс доллара",
        "alerts",
        "оповещение",
    ],
)
def test_all_other_talk_is_no_alert(text: str) -> None:
    """A sentence that names no money, or asks for nothing, is left to others."""
    assert asked_wish(text, find_time) is None


@pytest.mark.parametrize(
    ("kind", "text", "levels"),
    [
        ("above", "120,000.00", ["120000.00"]),
        ("above", "1,250,000", ["1250000"]),
        ("above", "1 250 000,5", ["1250000.5"]),
        ("above", "100k", ["100000"]),
        ("above", "8,5 млн", ["8500000.0"]),
        ("above", "100 к", ["100000"]),
        ("above", "сто тысяч рублей", ["100000"]),
        ("above", "$95", ["95"]),
        ("above", "100,000", ["100000", "100.000"]),
        ("above", "1.250", ["1.250", "1250.000"]),
        ("above", "0.125", ["0.125"]),
        ("moves", "1.250", ["1.250"]),
        ("falls", "-5%", ["5.00"]),
        ("rises", "5 процентов", ["5"]),
        ("daily", "9:30 pm", ["21:30"]),
    ],
)
def test_a_level_has_all_its_readings(kind: AlertKind, text: str, levels: list[str]) -> None:
    """What the bot itself writes is understood; what can be two numbers is two."""
    assert list(read_level(kind, text)) == levels


def test_a_level_is_read_as_its_person_writes_numbers() -> None:
    """Who writes 1,5 for one and a half has meant 1.2 by 1,200; the other reading comes second."""
    assert read_level("above", "1,200", marks=(" ", ",")) == ("1.200", "1200")
    assert read_level("above", "1.200", marks=(".", ",")) == ("1200.000", "1.200")
    assert read_level("above", "1.200", marks=(" ", ",")) == ("1.200", "1200.000")


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("above", "-5", "above zero"),
        ("above", "5%", "can't read that"),
        ("above", "1.2 or 1.3", "can't read that"),
        ("above", "about 5", "can't read that"),
        ("above", "1.2 EUR", "is in {code}"),
        ("moves", "5 USD", "per cent, such as 2"),
        ("moves", "150", "at most {most} per cent"),
        ("daily", "13 am", "A time is written as 09:00"),
    ],
)
def test_what_is_no_level_is_refused(kind: AlertKind, text: str, why: str) -> None:
    """A person hears why, for the kind that was asked for."""
    with pytest.raises(RatesError) as refused:
        read_level(kind, text, target="USD")

    assert why in refused.value.reply


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the rates alone: a bitcoin is 95,000 dollars, a euro 1.25 and a dollar 80 roubles."""
    async with Stage(only=["start", "rates"], service_reads=1000) as stage:
        for code, per_dollar in (("BTC", 1 / 95_000), ("EUR", 0.8), ("RUB", 80)):
            stage.api.database.rates.pin(code, per_dollar)
        yield stage


SET = {
    "/alert BTC/USD above 100,000": "BTC/USD at 100,000.00 or above",
    "/alert BTC/USD below 50,000": "BTC/USD at 50,000.00 or below",
    "/alert BTC/RUB выше 8,5 млн": "BTC/RUB at 8,500,000.00 or above",
    "/alert BTC/USD above 120,000.00": "BTC/USD at 120,000.00 or above",
    "/alert BTC/USD above 100k": "BTC/USD at 100,000.00 or above",
    "/alert BTC/USD above 1,250,000": "BTC/USD at 1,250,000.00 or above",
    "/alert EUR/USD above 1.300": "EUR/USD at 1.30 or above",
    "/alert EUR/USD daily 9:30 pm": "EUR/USD daily at 21:30",
    "/alert EUR/USD daily at 9 pm": "EUR/USD daily at 21:00",
    "/alert EUR/USD каждый день в 9 вечера": "EUR/USD daily at 21:00",
    "/alert USD/RUB rises by 5%": "USD/RUB rises by 5 %",
    "/alert USD/RUB drops 5%": "USD/RUB falls by 5 %",
    "/alert USD/RUB упадёт на 5%": "USD/RUB falls by 5 %",
    "/alert EUR/USD above -5": "A level is above zero.",
    "/alert 1 EUR above 1.3 USD": "EUR/USD at 1.30 or above",
    "/alert 100 EUR above 130 USD": "EUR/USD at 1.30 or above",
    "/alert USD/RUB reaches 95": "USD/RUB at 95.00 or above",
    "/alert USD/RUB reaches 70": "USD/RUB at 70.00 or below",
    "/alert USD/RUB вырастет на 5 рублей": "USD/RUB at 85.00 or above",
}


async def test_an_alert_is_set_at_the_level_that_was_said(stage: Stage) -> None:
    """The answer tells the level; one that makes no sense is asked for again."""
    for text, seen in SET.items():
        person = stage.person(text)
        await person.says(text)
        if "above zero" in seen:
            assert person.sees("At which rate shall I tell you?")
            await person.says("-5")
        assert person.sees(seen), (text, person.last)


ASKED_NOW = {
    "tell me 100 usd in eur": "100.00 USD = 80.00 EUR",
    "Tell me, how much is 100 usd in eur?": "100.00 USD = 80.00 EUR",
    "tell me how much 100 usd is in eur": "100.00 USD = 80.00 EUR",
    "tell me the rate of euro": "1 EUR =",
    "let me know the EUR rate": "1 EUR =",
    "сообщи курс доллара": "1 USD =",
    "сообщите, сколько будет 100 долларов в рублях": "100.00 USD = 8,000.00 RUB",
    "tell me when EUR/USD is above 1.3": "EUR/USD at 1.30 or above",
}


async def test_what_is_asked_for_now_is_answered_now(stage: Stage) -> None:
    """The same words begin a question and an alert; each gets what it asks for."""
    ann = stage.person("Ann")
    for text, seen in ASKED_NOW.items():
        await ann.says(text)
        assert ann.sees(seen), (text, ann.last)


TWO_LEVELS = [
    ("en", "/alert EUR/USD above 1,200", "≥ 1.20", "EUR/USD at 1.20 or above"),
    ("en", "/alert EUR/USD above 1,200", "≥ 1,200.00", "EUR/USD at 1,200.00 or above"),
    ("ru", "/alert BTC/USD выше 100,000", "≥ 100 000,00", "BTC/USD: 100 000,00 или выше"),
    ("en", "/alert USD/RUB rises by 5", "+ 5 %", "USD/RUB rises by 5 %"),
    ("en", "/alert USD/RUB rises by 5", "≥ 85.00", "USD/RUB at 85.00 or above"),
    ("ru", "/alert USD/RUB упадёт на 5", "≤ 75,00", "USD/RUB: 75,00 или ниже"),
]
"""A person's language, what they write, the button they press, and what they have set by it."""


async def test_what_can_be_two_levels_is_asked(stage: Stage) -> None:
    """Each reading is a button; none is set before one is pressed."""
    for language, text, label, seen in TWO_LEVELS:
        person = stage.person(f"{text} {label}", language=language)
        await person.says(text)
        assert person.sees("can be read in several ways" if language == "en" else "можно прочесть")
        await press(person, label)
        assert seen in person.last.replace("\N{NO-BREAK SPACE}", " ")


async def press(person: Actor, label: str) -> None:
    """Press a button by its label, whose spaces may be those of numbers."""
    labels = person.labels()
    await person.presses(
        next(at for at in labels if at.replace("\N{NO-BREAK SPACE}", " ") == label)
    )


async def test_a_fall_is_no_rise(stage: Stage) -> None:
    """An alert of a fall keeps silent when the rate rises as much, and comes when it falls."""
    ann = stage.person("Ann")
    await ann.says("/alert USD/RUB drops 5%")
    before = len(ann.chat)
    for rate, messages in ((85, 0), (77, 0), (75, 1)):
        stage.api.database.rates.pin("RUB", rate)
        await stage.passes(3700)
        assert len(ann.chat) - before == messages

    assert ann.sees("1 USD = 75.00 RUB (−6.25 %)")
    assert ann.sees("USD/RUB falls by 5 %")
