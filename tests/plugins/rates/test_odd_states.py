"""States that nobody wishes for: stored values gone wrong, rates that end, nobody who can pay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from plugins.rates.alerts import Alert, Alerts
from plugins.rates.tastes import Tastes
from sapp_bot.testing import Actor, Stage
from tests.plugins.people import jump_to_hour, with_client
from tests.plugins.rates.kit import kept


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the built-in plugins with a service account of 1,000 reads."""
    async with Stage(service_reads=1000) as stage:
        yield stage


def told(person: Actor, text: str) -> int:
    """Count the messages of the chat that have a text."""
    return sum(text in shown.text.plain for shown in person.chat)


async def test_a_zone_that_is_gone_is_utc(stage: Stage) -> None:
    """A stored zone that the database no longer has breaks nothing, and /zone sets another."""
    ann = stage.person("Ann")
    await kept(stage, Tastes).set(ann.person.id, Tastes(zone="Mars/Olympus"))
    for text in ("100 usd to eur", "/rate EUR yesterday", "/chart EUR 7d", "/zone"):
        await ann.says(text)
        assert ann.sees("UTC") or ann.sees("1 EUR = ")
    await ann.says("/zone Berlin")

    assert ann.sees("Time zone: Europe/Berlin")


async def test_one_spoilt_alert_stops_no_other(stage: Stage) -> None:
    """An alert in an unknown zone, and one of money without a rate, wait; others are told."""
    jump_to_hour(stage, 6)
    ann, bob = stage.person("Ann"), stage.person("Bob")
    await ann.says("/rates")
    await bob.says("/rates")
    spoilt = (
        Alert(id=1, kind="daily", source="EUR", target="USD", at="09:00", zone="Mars/Olympus"),
        Alert(id=2, kind="daily", source="XTS", target="USD", at="09:00"),
    )
    sound = Alert(id=3, kind="daily", source="EUR", target="USD", at="09:00")
    await kept(stage, Alerts).set(ann.person.id, Alerts(items=(*spoilt, sound), last_id=3))
    await kept(stage, Alerts).set(bob.person.id, Alerts(items=(sound,), last_id=3))
    jump_to_hour(stage, 9)
    await stage.passes(3600)

    assert told(ann, "1 EUR = ") == told(bob, "1 EUR = ") == 1


async def test_a_daily_alert_says_when_its_rate_is_old(stage: Stage) -> None:
    """While the API is down the daily message comes with the age of its rate."""
    jump_to_hour(stage, 6)
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD daily 09:00")
    stage.api.database_away = True
    jump_to_hour(stage, 9)
    await stage.passes(3600)

    assert told(ann, "1 EUR = ") == 1
    assert told(ann, "⚠ Rates of ") == 1


async def test_a_look_ahead_of_time_silences_no_alert(stage: Stage) -> None:
    """The clock is a year ahead for one look, and right again: the next morning has its message."""
    jump_to_hour(stage, 9)
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD daily 09:00")
    stage.clock.skip(400 * 86_400 + 1860)
    await stage.tick("rates.look")
    assert told(ann, "1 EUR = ") == 1
    stage.clock.skip(-400 * 86_400)
    await stage.tick("rates.look")

    assert told(ann, "1 EUR = ") == 2


async def test_no_rates_at_all_are_an_error_and_then_none(stage: Stage) -> None:
    """The API's source may be empty for a while; what comes then is used."""
    ann = stage.person("Ann")
    stage.api.database.rates.is_empty = True
    await ann.says("100 usd to eur")
    assert ann.sees("cannot read its source of rates")
    stage.api.database.rates.is_empty = False
    await stage.passes(3600)
    await ann.says("100 usd to eur")

    assert ann.sees("100.00 USD = ")


async def test_a_currency_whose_rate_is_zero_has_none(stage: Stage) -> None:
    """0 is what a source says of what it does not know: it is said, and never divided by."""
    stage.api.database.rates.pin("EUR", 0.0)
    ann = stage.person("Ann")
    for text in ("100 usd to eur", "100 eur to usd", "/rate EUR", "/rates"):
        await ann.says(text)
        assert ann.sees("There is no rate for EUR.")
    await ann.says("/history EUR 7d")
    assert ann.sees("There are no rates of EUR for that time.")
    await ann.says("/chart EUR 7d")
    assert ann.sees("There are no rates of EUR for that time.")
    assert ann.chat[-1].picture is None
    await ann.says("/rate GBP")
    await ann.presses("Alert me")

    assert ann.sees("1 GBP = ")


async def test_ten_years_at_once_are_too_dear(stage: Stage) -> None:
    """One question cannot spend what all people have for a day; a year is no such question."""
    ann = stage.person("Ann")
    await ann.says("/rates")
    await ann.says("/chart GBP CHF JPY SEK CNY 10y")
    assert ann.sees("Please ask for a shorter period.")
    assert stage.api.count("*/service/historical*") == 0
    assert ann.labels() == ["7 d", "30 d", "90 d", "1 y", "‹ Rates", "‹ Home"]
    await ann.says("/history GBP 3y")

    assert ann.sees("Lowest ")


async def test_two_at_once_pay_once(stage: Stage) -> None:
    """Presses and questions of several people at the same moment cost what one of them costs."""
    people = [stage.person(f"P{number}") for number in range(6)]
    await asyncio.gather(*(person.says("/chart EUR 30d") for person in people))
    cost = stage.api.count("*/service/*")
    assert cost == 2
    await asyncio.gather(*(person.presses("7 d") for person in people))

    assert all(person.chat[-1].picture is not None for person in people)
    assert stage.api.count("*/service/*") == cost


async def test_without_the_client_that_pays_old_rates_are_served(stage: Stage) -> None:
    """An administrator deletes the service's client: the rates there are go on, with a mark."""
    ann = stage.person("Ann")
    await ann.says("/rates")
    for client in stage.api.database.clients.all():
        stage.api.database.clients.delete(client.id)
    await stage.passes(3600)
    await ann.says("100 usd to eur")
    assert ann.sees("100.00 USD = ")
    assert ann.sees("⚠ Rates of ")
    await ann.says("/chart EUR")

    assert ann.sees("the account that pays for all has no reads left, or its key is refused")


async def test_who_asks_is_not_blamed_for_the_account_that_pays() -> None:
    """When its reads are used up, a stranger hears nothing of a client of their own."""
    async with Stage(service_reads=1) as stage:
        ann = stage.person("Ann")
        await ann.says("/rates")
        await ann.says("/chart EUR")

        assert ann.sees("the account that pays for all has no reads left")
        assert not ann.sees("/get_client")


async def test_inline_says_what_is_wrong(stage: Stage) -> None:
    """A mistake has no results, but a button that names it."""
    ann = stage.person("Ann")
    assert await ann.asks("100 usdd") == []
    assert ann.switched is not None
    assert "usdd" in ann.switched.text
    assert await ann.asks("hello there") == []
    assert ann.switched.text == "No sum that I understand. Try: 100 usd eur"


async def test_what_is_left_is_counted_once() -> None:
    """A question that costs three reads leaves three less, and says so."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/rates")
        await ann.says("/chart EUR 365d")
        await ann.presses("Read it")
        cost = stage.api.count("*/service/historical*")

        assert ann.sees(f"This cost {cost} reads of your client; {9 - cost} left.")
        await ann.says("/client")
        assert ann.sees(f"{9 - cost} reads left of 10")


async def test_a_client_without_reads_sees_what_there_is() -> None:
    """Who has used up all reads has old rates with a mark, and hears of it where there are none."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/rates")
        for hours in range(9):
            await stage.passes(3600)
            await ann.says(f"{hours + 1} usd to eur")
        await stage.passes(3600)
        await ann.says("100 usd to eur")
        assert ann.sees("⚠ Rates of ")
        await ann.says("/chart EUR")

        assert ann.sees("no reads left")


async def test_who_cannot_pay_keeps_nobody_from_fresh_rates() -> None:
    """A stranger's question fails for want of a login; who can pay has fresh rates at once."""
    async with Stage() as stage:
        ann, eve = await with_client(stage), stage.person("Eve")
        await ann.says("/rates")
        await stage.passes(7200)
        await eve.says("100 usd to eur")
        assert eve.sees("⚠ Rates of ")
        await ann.says("100 usd to eur")

        assert ann.sees("Rates of ")
        assert not ann.sees("⚠")
        await eve.says("100 usd to eur")
        assert not eve.sees("⚠")


async def test_the_daily_limit_is_said_and_old_rates_are_served() -> None:
    """When the service account has paid enough, what there is is shown, and the rest refused."""
    limit = {"SAPP_RATES_READS_PER_DAY": "1"}
    async with Stage(service_reads=1000, environment=limit) as stage:
        ann = stage.person("Ann")
        await ann.says("100 usd to eur")
        await stage.passes(3600)
        await ann.says("100 usd to eur")
        assert ann.sees("100.00 USD = ")
        await ann.says("/chart EUR")

        assert ann.sees("Fresh rates are used up for today")
        assert stage.api.count("*/service/*") == 1
