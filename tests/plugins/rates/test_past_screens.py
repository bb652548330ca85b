"""Charts, histories and past days when not all of them is there, and what they cost who pays."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from sapp_bot.sandbox.faults import Fail
from sapp_bot.testing import Actor, Stage
from tests.plugins.people import jump_to_hour, with_client


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the built-in plugins with a service account of 1,000 reads."""
    async with Stage(service_reads=1000) as stage:
        yield stage


def reads(stage: Stage) -> int:
    """Count the metered calls so far."""
    return stage.api.count("*/service/*")


def asked(person: Actor) -> int:
    """Return how many reads the newest message asks for, of 9."""
    found = re.search(
        r"That takes (\d+) reads of your client, of 9 left.", person.chat[-1].text.plain
    )
    assert found is not None, person.chat[-1].text.plain
    return int(found[1])


async def test_an_outage_takes_no_chart_away(stage: Stage) -> None:
    """Two hours after a chart the API is away: chart, days and today's rate have their age."""
    ann, day = stage.person("Ann"), stage.clock.now().date()
    await ann.says("/chart EUR 30d")
    await stage.passes(2 * 3600)
    stage.api.database_away = True
    await ann.says("/chart EUR 30d")
    assert ann.chat[-1].picture is not None
    assert ann.sees("⚠ Rates up to ")
    assert ann.sees(" hours ago: newer ones can't be had just now.")
    await ann.says("/history EUR 7d")
    assert ann.sees("Lowest ")
    assert ann.sees("⚠ Rates up to ")
    is_same_day = stage.clock.now().date() == day  # else nothing was ever read of the new one
    await ann.says("/rate EUR today")
    assert ann.sees("The last rate of ") == is_same_day
    assert ann.sees("⚠ Rates up to ") == is_same_day
    await ann.says("/rate EUR yesterday")

    assert ann.sees("The last rate of ")
    assert ann.sees("⚠") != is_same_day  # of a day that was over by then all is known


async def test_what_was_never_read_is_said_to_be_missing(stage: Stage) -> None:
    """Of a longer period the known days are shown, and not as if they were all."""
    ann = stage.person("Ann", language="ru")
    await ann.says("/chart EUR 7d")
    stage.api.database_away = True
    await ann.says("/chart EUR 90d")

    assert ann.chat[-1].picture is not None
    assert ann.sees("⚠ Части курсов за это время нет")


async def test_a_used_up_day_takes_no_chart_away() -> None:
    """The day's limit is said, and what was paid for is shown."""
    limit = {"SAPP_RATES_READS_PER_DAY": "4"}
    async with Stage(service_reads=1000, environment=limit) as stage:
        jump_to_hour(stage, 12)  # two of them are kept for live rates
        ann = stage.person("Ann")
        await ann.says("/chart EUR 7d")
        await stage.passes(2 * 3600)
        await ann.says("/chart EUR 7d")

        assert ann.chat[-1].picture is not None
        assert ann.sees("newer ones can't be had just now. Fresh rates are used up for today")


async def test_a_week_is_a_week_right_after_midnight(stage: Stage) -> None:
    """The new day has no rate yet, and nobody has asked for six days."""
    jump_to_hour(stage, 1)
    stage.api.database.advance(12.5 * 3600)
    ann = stage.person("Ann")
    for days in (7, 30):
        await ann.says(f"/chart EUR {days}d")
        assert ann.sees(f"% in {days} days)")


async def test_a_change_is_that_of_the_days_there_are(stage: Stage) -> None:
    """Two and three years of what has 13 months are the same days, and people hear since when."""
    ann, told = stage.person("Ann"), []
    for period in ("2y", "3y"):
        await ann.says(f"/chart EUR {period}")
        assert ann.sees("There are no rates before ")
        text = ann.chat[-1].text.plain
        days = int(re.search(r"% in ([\d,]+) days", text)[1].replace(",", ""))  # type: ignore[index]  # it is there
        assert days < 730
        told.append(text)
    await ann.says("/chart EUR GBP 2y")
    assert ann.chat[-1].text.plain.count("There are no rates before ") == 1

    assert told[0] == told[1]


async def test_who_pays_alone_is_asked_before_it_adds_up() -> None:
    """More than one read is asked for first, with what is left; nothing is spent until then."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/rates")
        await ann.says("/chart EUR 1y")
        cost = asked(ann)
        assert reads(stage) == 1
        await ann.presses("Read it")
        assert ann.chat[-1].picture is not None
        assert ann.sees(f"This cost {cost} reads of your client; {9 - cost} left.")
        await ann.says("/chart EUR 1y")
        assert ann.chat[-1].picture is not None
        assert not ann.sees("cost")
        await ann.says("/history EUR 7d")

        assert ann.sees("Lowest ")
        assert reads(stage) == 1 + cost


async def test_what_is_more_than_there_is_left_is_not_begun() -> None:
    """Five currencies over a year are said to be too much, and shorter periods offered."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/rates")
        await ann.says("/chart EUR GBP CHF JPY CNY 1y")
        assert asked(ann) > 9
        assert "Read it" not in ann.labels()
        assert {"7 d", "30 d", "‹ Home"} <= set(ann.labels())

        assert reads(stage) == 1


async def test_what_was_spent_in_vain_is_said() -> None:
    """When a reading fails half-way the error comes with what it has cost."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/rates")
        await ann.says("/chart EUR GBP CHF 7d")
        assert asked(ann) == 3
        stage.api.faults.add("GET /service/historical", Fail(500), nth=2, times=None)
        await ann.presses("Read it")

        assert ann.sees("GBP: The SAPP service has a problem just now.")
        assert ann.sees("1 EUR = ")
        assert ann.sees("cost a read of your client, even if they do not come")
