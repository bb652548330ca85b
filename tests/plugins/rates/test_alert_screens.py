"""Alerts of people in rare states: who was forgotten, whom nobody pays for, whose level is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from plugins.rates.tastes import Tastes
from sapp_bot.testing import Actor, Stage
from tests.plugins.people import jump_to_hour
from tests.plugins.rates.kit import kept


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the built-in plugins; a euro is 1.25 dollars."""
    async with Stage(service_reads=1000) as stage:
        stage.api.database.rates.pin("EUR", 0.8)
        yield stage


def told(person: Actor, text: str) -> int:
    """Count the messages of the chat that have a text."""
    return sum(text in shown.text.plain for shown in person.chat)


async def test_who_was_forgotten_begins_anew(stage: Stage) -> None:
    """The first alert after /forget is told today, though the one before it was."""
    jump_to_hour(stage, 10)
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD daily 10:00")
    await stage.passes(1800)
    assert told(ann, "1 EUR = 1.25 USD") == 1
    await ann.says("/forget")
    await ann.presses("Yes, forget me")
    await ann.says("/alert EUR/USD daily 10:05")
    await stage.passes(600)

    assert told(ann, "1 EUR = 1.25 USD") == 2


async def test_a_fall_below_zero_is_asked_about(stage: Stage) -> None:
    """A euro of 1.25 dollars cannot fall by 5: what is meant is asked, and can be answered."""
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD falls by 5 USD")
    assert ann.sees("When shall I tell you?")
    await ann.presses("below")
    assert ann.sees("At which rate shall I tell you?")
    await ann.says("1.1")

    assert ann.sees("EUR/USD at 1.10 or below")


async def test_the_age_of_a_rate_is_in_the_zone_of_the_bot(stage: Stage) -> None:
    """A daily alert tells the time as all screens do, also to who chose a zone elsewhere."""
    jump_to_hour(stage, 6)
    ann = stage.person("Ann")
    await ann.says("/zone Tokyo")
    await ann.says("/alert EUR/USD daily 18:00")
    await kept(stage, Tastes).delete(ann.person.id)
    stage.api.database_away = True
    jump_to_hour(stage, 9)
    await stage.passes(3600)

    assert told(ann, "⚠ Rates of 14:30, ") == 1


async def test_nothing_is_asked_where_nobody_pays() -> None:
    """Without a service account an alert is refused before its first question."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        for text in ("/alert", "/alert EUR/USD above 1.2", "alert me when EUR/USD is above 1.2"):
            await ann.says(text)
            assert ann.sees("That needs a service account"), (text, ann.last)
            assert ann.labels()


@pytest.mark.parametrize("looks", [1, 2])
async def test_a_crossing_is_told_once_whoever_looks(stage: Stage, looks: int) -> None:
    """Operators let the timer look, at the same time as each other and as it does by itself."""
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD above 1.5")
    stage.api.database.rates.pin("EUR", 0.5)
    stage.clock.skip(3600)
    by_hand = [stage.tick("rates.look") for _ in range(looks)]
    await asyncio.gather(stage.passes(60), *by_hand)

    assert told(ann, "1 EUR = 2.00 USD") == 1


async def test_a_level_far_from_the_rate_is_asked_about(stage: Stage) -> None:
    """Who means 160 yen for a dollar and names the yen sees today's rate, and the other pair."""
    stage.api.database.rates.pin("JPY", 160)
    ann = stage.person("Ann")
    await ann.says("/alert jpy")
    assert ann.sees("1 JPY = 0.00625 USD. When shall I tell you?")
    await ann.presses("above")
    assert ann.sees("1 JPY = 0.00625 USD. At which rate shall I tell you?")
    await ann.says("165")
    assert ann.sees("1 JPY = 0.00625 USD\n165.00 USD is far away from that.")
    assert ann.labels()[:2] == ["USD/JPY ≥ 165.00", "JPY/USD ≥ 165.00"]
    await ann.presses("USD/JPY ≥ 165.00")
    assert ann.sees("I will tell you.\nUSD/JPY at 165.00 or above")
    await ann.says("/alert EUR/USD reaches 5000")
    assert ann.labels()[0] == "EUR/USD ≥ 5,000.00"


@pytest.mark.parametrize(
    ("said", "answer", "seen"),
    [
        ("/alert", "EUR > 0.95", "EUR/USD at 0.95 or above"),
        ("/alert", "евро выше 120 рублей", "EUR/RUB at 120.00 or above"),
        ("/alert", "gbp daily 9:00", "GBP/USD daily at 09:00"),
        ("/alert", "gbp", "1 GBP = "),
        ("/alert", "EUR:USD", "1 EUR = 1.25 USD. When shall I tell you?"),
        ("/alert", "foo", "“foo” is no currency that I know."),
        ("/alert", "eur usd gbp chf", "Please name one currency, or a pair"),
        ("/alert usd 5%", "usd/jpy", "USD/JPY moves by 5 %"),
        ("/alert usd", "usd", "USD is your base currency. Name the other one of the pair, too"),
        ("/alert EUR daily 25:00", "9:00", "EUR/USD daily at 09:00"),
    ],
)
async def test_the_question_takes_what_the_command_takes(
    stage: Stage, said: str, answer: str, seen: str
) -> None:
    """A pair, one currency, or the whole wish; what was told before is kept."""
    ann = stage.person("Ann")
    await ann.says(said)
    await ann.says(answer)

    assert ann.sees(seen)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("/alert usd 5%", "USD is your base currency."),
        ("/alert доллар 5%", "USD is your base currency."),
        ("/alert EUR daily 25:00", "I can't read that. A time is written as 09:00."),
        ("/alert EUR every day at 24:30", "I can't read that. A time is written as 09:00."),
        ("/alert EUR moves 101%", "That is too much: at most 100 per cent."),
    ],
)
async def test_what_is_asked_again_has_its_reason(stage: Stage, said: str, why: str) -> None:
    """Nothing that was said is lost without a word."""
    ann = stage.person("Ann")
    await ann.says(said)

    assert ann.sees(why)


async def test_about_and_forget_count_alerts_and_the_share(stage: Stage) -> None:
    """Alerts go; what somebody had of the day's free reads stays counted."""
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD above 2")
    await ann.says("/chart EUR 7d")
    await ann.says("/about")
    assert ann.sees("• 1 alert of yours")
    assert ann.sees("• how many of the day's free reads of past rates you have had")
    await ann.says("/forget yes")

    assert ann.sees("I have forgotten you.\nThis stays:\n• how many of the day's free reads")


@pytest.mark.parametrize("way", ["/alert EUR/USD", "/alert EUR/USD above", "/alert EUR/USD daily"])
async def test_nobody_is_asked_what_the_bot_knows(stage: Stage, way: str) -> None:
    """Back from what an alert waits for leads to no question about the rate of now."""
    ann = stage.person("Ann")
    await ann.says(way)
    for _ in range(3):
        await ann.says("/back")
        assert "What is its rate now?" not in ann.last
        assert "Which level?" not in ann.last
    assert "1 EUR = 1.25 USD" in ann.last
