"""What people may type, press and run into: each has a plain answer, and nothing breaks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.rates.alerts import MOST_ALERTS, read_level
from plugins.rates.buttons import carried_codes, codes_in
from plugins.rates.money.currencies import currency_table
from plugins.rates.money.faults import RatesError
from plugins.rates.tastes import (
    MOST_FAVOURITES,
    amount_text,
    find_zone,
    percent_text,
    rate_text,
    short_amount_text,
)
from sapp_bot.testing import Actor, Stage

LONGEST_MESSAGE, LONGEST_CAPTION = 4096, 1024
"""UTF-16 units. Source: Telegram's limits."""


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the built-in plugins with a service account of 1,000 reads."""
    async with Stage(service_reads=1000) as stage:
        yield stage


def reads(stage: Stage) -> int:
    """Count the metered calls so far."""
    return stage.api.count("*/service/*")


def longest(ann: Actor) -> int:
    """Return the length of the longest message that has come, in UTF-16 units."""
    return max(len(shown.text.plain.encode("utf-16-le")) // 2 for shown in ann.news)


@pytest.mark.parametrize(
    "text",
    [
        "1000000000000000000000000000000 usd to vnd",
        "999999999999999999999999999 btc to vnd, idr",
        "0.00000000000000000000001 vnd to btc",
        "1 usd + " * 25 + "1 eur",
    ],
)
async def test_sums_of_any_size_are_answered(stage: Stage, text: str) -> None:
    """The largest and the smallest amounts that can be read can be written, too."""
    ann = stage.person("Ann")
    await ann.says(text)

    assert ann.sees(" =")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal(10) ** 36, "1" + ",000" * 12 + ".00"),
        (Decimal("-0.004"), "−0.004"),
        (Decimal(0), "0.00"),
    ],
)
def test_amounts_beyond_28_digits_are_written(value: Decimal, written: str) -> None:
    """Python's own precision of 28 digits is no limit."""
    assert amount_text(value, "comma", "en") == written
    assert rate_text(Decimal(10) ** 36 / 7, "comma", "en").endswith(".00")


def test_changes_have_two_decimals_and_a_sign() -> None:
    """A change of less than one per cent is no rate, and needs no six digits."""
    assert percent_text(Decimal("-0.284158"), "comma", "en") == "−0.28"
    assert percent_text(Decimal("2.371"), "dot", "en") == "+2,37"
    assert percent_text(Decimal("-0.001"), "comma", "en") == "0.00"
    assert short_amount_text(Decimal("1500.50"), "dot", "en") == "1.500,5"
    assert short_amount_text(Decimal("1E+3"), "comma", "en") == "1,000"


@pytest.mark.parametrize("text", ["/rates EUR EUR", "/rates EUR USD USD", "/rates EUR EUR USD"])
async def test_a_currency_is_listed_once_and_never_in_itself(stage: Stage, text: str) -> None:
    """Codes that are named twice, or as the base, too, are shown once."""
    ann = stage.person("Ann")
    await ann.says(text)

    assert ann.last.count(" USD") == 1
    assert "EUR" not in ann.last.partition("\n")[2]


MANY = "GBP CHF JPY CNY RUB TRY KZT SEK NOK DKK PLN CZK HUF RON ISK UAH BYN GEL AMD"


@pytest.mark.parametrize("count", [8, 10, 19])
async def test_refresh_keeps_the_named_currencies(stage: Stage, count: int) -> None:
    """What was asked for by name is still there after ⟳, and after a look at another page."""
    ann = stage.person("Ann")
    codes = MANY.split()[:count]
    await ann.says(f"/rates EUR {' '.join(codes)}")
    listed = ann.last.splitlines()[1 : count + 1]
    assert [line.split()[-1] for line in listed] == codes
    await ann.presses("⟳")
    assert ann.last_popup.text.startswith("Rates of ")
    assert ann.last.splitlines()[1 : count + 1] == listed
    await ann.presses("›")
    assert ann.last.splitlines()[1 : count + 1] != listed
    await ann.presses("‹")
    assert ann.last.splitlines()[1 : count + 1] == listed
    await ann.presses(codes[0])
    await ann.presses("☆ Add to favourites")
    await ann.presses("Refresh")
    await ann.presses("‹ Rates")

    assert ann.last.splitlines()[0] == "1 EUR is"
    assert ann.last.splitlines()[1 : count + 1] == listed


async def test_the_way_back_keeps_the_base(stage: Stage) -> None:
    """From rates in another base than one's own the cards lead back to these."""
    ann = stage.person("Ann")
    await ann.says("/rates GBP")
    shown = ann.last
    assert shown.startswith("1 GBP is")
    await ann.presses("EUR")
    await ann.presses("‹ Rates")

    assert ann.last == shown


@given(codes=st.lists(st.sampled_from([c.code for c in currency_table()]), max_size=20))
def test_a_button_carries_any_currencies(codes: list[str]) -> None:
    """Up to 20 come back as they were, in their order, and leave room for the base and a page."""
    carried = carried_codes(codes)

    assert list(codes_in(carried)) == codes
    assert len(carried) <= 33


def test_a_button_of_another_table_carries_nothing() -> None:
    """After an update that changed the table no other currencies than those named are shown."""
    carried = carried_codes(MANY.split())
    former = carried[:2] + ("B" if carried[2] == "A" else "A") + carried[3:]

    assert codes_in(former) == ()


async def test_yesterday_ends_before_today(stage: Stage) -> None:
    """The rate of midnight is the first of the new day, not the last of the old one."""
    ann = stage.person("Ann")
    await ann.says("/rate EUR yesterday")

    assert ann.sees("at 23:00 UTC")


async def test_a_period_alone_is_of_the_first_favourite(stage: Stage) -> None:
    """`/history 7d` and `/rate` need no currency."""
    ann = stage.person("Ann")
    await ann.says("/history 7d")
    assert ann.sees("1 EUR = ")
    await ann.says("/rate")

    assert ann.sees("1 EUR = ")


@pytest.mark.parametrize("text", ["1 usd + " * 500, "100 usd + 5 eur + 10 gbp + 7 chf to usdd"])
async def test_a_mistake_in_a_long_text_fits_a_phone(stage: Stage, text: str) -> None:
    """The mark is below its place on a phone, whatever the length of the text."""
    ann = stage.person("Ann")
    await ann.says(text)

    assert longest(ann) < 200
    assert all(len(line) <= 32 for line in ann.last.splitlines()[-2:]) or "longer than" in ann.last


async def test_favourites_have_a_limit_that_is_said(stage: Stage) -> None:
    """One more than there may be pushes no other out."""
    ann = stage.person("Ann")
    codes = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN"
    assert len(codes.split()) == MOST_FAVOURITES
    await ann.says(f"/favourites {codes}")
    await ann.says("/favourites CAD")
    assert ann.sees("You can have 20 favourites at most.")
    await ann.says("/rate CAD")
    await ann.presses("☆ Add to favourites")
    assert ann.sees("You can have 20 favourites at most.")
    await ann.says("/favourites")

    assert ann.sees(codes)
    await ann.says("/convert")
    assert longest(ann) < LONGEST_MESSAGE


async def test_the_same_favourite_twice_is_one(stage: Stage) -> None:
    """A code that is named twice is added, not added and taken away."""
    ann = stage.person("Ann")
    await ann.says("/favourites EUR EUR")

    assert ann.sees("Favourites: EUR")


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_the_longest_caption_fits(stage: Stage, language: str) -> None:
    """Five lines of the widest numbers have their buttons, and are not cut."""
    ann = stage.person("Ann", language=language)
    await ann.says("/chart BTC VND IDR LBP IRR 30d")
    assert ann.chat[-1].picture is not None
    assert longest(ann) < LONGEST_CAPTION
    await ann.presses(ann.labels()[0])

    assert ann.last.count(" = ") == 5


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Москва", "Europe/Moscow"),
        ("нью-йорк", "America/New_York"),
        (" new york ", "America/New_York"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        ("UTC+3", "Etc/GMT-3"),
        ("utc -5", "Etc/GMT+5"),
        ("GMT+05:30", "Asia/Kolkata"),
        ("+3", "Etc/GMT-3"),
        ("МСК+2", "Etc/GMT-5"),
        ("UTC", "UTC"),
        ("UTC+0", "UTC"),
        ("UTC+15", None),
        ("UTC-3:30", None),
        ("Нигде", None),
        ("../../etc/passwd", None),
    ],
)
def test_zones_are_found_in_both_languages(text: str, zone: str | None) -> None:
    """A city is understood as people call it."""
    assert find_zone(text) == zone


@pytest.mark.parametrize("text", ["1" * 21, "1_0", "nan", "inf", "-1", "0", "1e13", "", "%"])
def test_levels_that_no_rate_has_are_refused(text: str) -> None:
    """A level is a plain positive number, short enough for a button."""
    with pytest.raises(RatesError):
        read_level("above", text)


async def test_a_zone_of_hours_is_written_as_hours(stage: Stage) -> None:
    """UTC+3 is shown as UTC+3 everywhere, not as the database's Etc/GMT-3."""
    ann = stage.person("Ann")
    await ann.says("/zone UTC+3")
    assert ann.sees("Time zone: UTC+3")
    assert any(label.startswith("✓ UTC+3 ") for label in ann.labels())
    await ann.says("/alert EUR/USD daily 09:00")
    assert ann.sees("EUR/USD daily at 09:00, UTC+3")
    await ann.says("/settings")

    assert ann.sees("Time zone: UTC+3")


async def test_a_style_that_is_none_leads_on(stage: Stage) -> None:
    """The ways of writing numbers are named as commands."""
    ann = stage.person("Ann")
    await ann.says("/numbers roman")

    assert ann.sees("/numbers auto, /numbers space, /numbers comma, /numbers dot")


async def test_the_same_alert_twice_is_one(stage: Stage) -> None:
    """A button that is pressed twice, and a text that is sent twice, set one alert."""
    ann = stage.person("Ann")
    await ann.says("/rate EUR")
    await ann.presses("Alert me")
    shown, data = ann.chat[-1].id, ann.chat[-1].rows[1][0].data  # type: ignore[union-attr]  # a button
    await ann.presses_data(data, message_id=shown)
    await ann.presses_data(data, message_id=shown)
    assert ann.last_popup.text == "You have that alert already."
    await ann.says("/alert EUR/USD moves 1.0")

    assert ann.sees("1 alert\n")


async def test_alerts_have_a_limit(stage: Stage) -> None:
    """One more than there may be is refused, and the list of all fits a message."""
    ann = stage.person("Ann")
    for level in range(MOST_ALERTS):
        await ann.says(f"/alert EUR/USD moves {level + 1}.123456789")
    await ann.says("/alert EUR/USD moves 99")
    assert ann.sees("You have 20 alerts already. /alerts deletes one.")
    await ann.says("/alerts")

    assert ann.sees("20 alerts")
    assert longest(ann) < LONGEST_MESSAGE
    assert sum(label.startswith("Delete") for label in ann.labels()) == MOST_ALERTS


async def test_a_stale_button_of_an_alert_changes_no_other(stage: Stage) -> None:
    """A button of a deleted alert says that it is gone."""
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD moves 2")
    await ann.says("/alerts")
    shown, data = ann.chat[-1].id, ann.chat[-1].rows[0][1].data  # type: ignore[union-attr]  # a button
    await ann.presses("Delete 1")
    await ann.says("/alert EUR/USD moves 3")
    await ann.presses_data(data, message_id=shown)

    assert ann.last_popup.text == "That alert is gone already."
    assert ann.sees("moves by 3 %")
