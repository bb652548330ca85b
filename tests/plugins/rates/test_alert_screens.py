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
    assert ann.sees("At which rate?")
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
