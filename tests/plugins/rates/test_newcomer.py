"""What a newcomer tries on the first day, and sees: nothing blames them, nothing is a dead end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from sapp_bot.testing import Actor, Stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the built-in plugins with a service account of 1,000 reads."""
    async with Stage(service_reads=1000) as stage:
        yield stage


def last(person: Actor) -> str:
    """Return what the last message says."""
    return person.chat[-1].text.plain


async def test_a_chart_and_its_days_show_the_same(stage: Stage) -> None:
    """From the chart to the days and back: the pair, its direction and the period stay."""
    ann = stage.person("Ann")
    await ann.says("/chart EUR GBP 1y")
    drawn = ann.chat[-1].picture
    first = last(ann).splitlines()[0]
    assert first.startswith("1 EUR = ")
    assert "USD" in first
    assert "% in 365 days)" in first
    await ann.presses("Days")
    assert last(ann).splitlines()[0] == first
    await ann.presses("Chart")

    again = ann.chat[-1].picture
    assert drawn is not None
    assert again is not None
    assert json.loads(again.arguments) == json.loads(drawn.arguments)


async def test_a_period_that_is_over_stays_too(stage: Stage) -> None:
    """Days of a month that has passed are drawn as that month."""
    ann = stage.person("Ann")
    await ann.says("/history EUR 2026-01-01..2026-01-31")
    assert ann.sees("1 Jan 2026 – 31 Jan 2026")
    await ann.presses("Chart")
    assert ann.sees("1 Jan 2026 – 31 Jan 2026")
    await ann.presses("Days")

    assert ann.sees("1 Jan 2026 – 31 Jan 2026")


async def test_all_days_can_be_reached(stage: Stage) -> None:
    """Where not all days are listed the card says so, and leads to the others."""
    ann = stage.person("Ann")
    await ann.says("/history EUR 30d")
    assert ann.sees("14 of 31 days are listed; the buttons lead to the others.")
    newest = last(ann).splitlines()[3:17]
    await ann.presses("‹ Earlier")
    older = last(ann).splitlines()[3:17]
    assert not set(newest) & set(older)
    await ann.presses("‹ Earlier")
    assert ann.sees("3 of 31 days")
    await ann.presses("Later ›")

    assert last(ann).splitlines()[3:17] == older


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/chart eur from january", "1 EUR = "),
        ("/chart eur from somewhen", "“from somewhen” is no period that I can read."),
        ("/history eur since the war", "Please write 30d, 1y"),
        ("/chart eur usdd 7d", "“usdd” is no currency"),
    ],
)
async def test_a_period_is_told_from_a_currency(stage: Stage, text: str, seen: str) -> None:
    """A word such as "from" begins a period; one that cannot be read is answered with examples."""
    ann = stage.person("Ann")
    await ann.says(text)

    assert ann.sees(seen)
