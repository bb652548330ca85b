"""Withdrawn money says so everywhere, and a button leads to what has taken its place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sapp_bot.testing import Stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the rates alone; a euro is 1.25 dollars, and has a year of rates."""
    async with Stage(only=["start", "rates"], service_reads=1000) as stage:
        stage.api.database.rates.pin("EUR", 0.8)
        yield stage


HRK = "HRK (Croatian kuna) was withdrawn on 1 Jan 2023; EUR has taken its place"
BGN = "BGN (Bulgarian lev) was withdrawn on 1 Jan 2026; EUR has taken its place"

PLACES = {
    "/rate HRK": (HRK, "Show EUR/USD", "1 EUR = 1.25 USD"),
    "/rate USD HRK": (HRK, "Show USD/EUR", "1 USD = 0.80 EUR"),
    "/rate HRK 2026-05-05": (HRK, "Show EUR/USD", "1 EUR = 1.25 USD"),
    "/rates HRK": (HRK, "Show EUR", "1 EUR is"),
    "/history HRK 7d": (HRK, "Show EUR/USD", "1 EUR = "),
    "/chart HRK 7d": (HRK, "Show EUR/USD", "1 EUR = "),
    "/chart HRK GBP 7d": (HRK, "Show EUR GBP/USD", "1 EUR = "),
    "/alert BGN/USD above 1": (BGN, "Alert for EUR/USD", "1 EUR = 1.25 USD"),
    "/alert BGN/EUR above 1": (BGN, "Alert for EUR/USD", "1 EUR = 1.25 USD"),
    "/base bgn": (BGN, "EUR", "Base currency: EUR"),
    "/favourites bgn": (BGN, "EUR", "Favourites: BGN EUR"),
    "100 bgn to usd": (BGN, "100 BGN → EUR", "100.00 BGN = 51.13 EUR"),
    "100 usd to bgn": (BGN, "100 USD → EUR", "100.00 USD = 80.00 EUR"),
    "100 hrk to usd 2026-05-05": (HRK, "Now", "100.00 HRK = "),
}
"""What is written, what it says, the button, and where that leads."""


async def test_withdrawn_money_is_said_and_followed(stage: Stage) -> None:
    """In each place that shows a currency."""
    for text, (said, label, leads_to) in PLACES.items():
        person = stage.person(text)
        await person.says(text)
        assert person.sees(said), (text, person.last)
        assert label in person.labels(), (text, person.labels())
        await person.presses(label)
        assert person.sees(leads_to), (text, person.last)


async def test_a_rate_that_is_fixed_is_not_watched(stage: Stage) -> None:
    """Between old and new money nothing ever moves: no alert is set, and it is said why."""
    ann = stage.person("Ann")
    await ann.says("/alert BGN/EUR above 1")
    assert ann.sees("The rate of BGN/EUR is fixed by law: it never moves.")
    await ann.says("/alerts")

    assert ann.sees("You have no alerts.")


async def test_a_past_of_its_own_is_said(stage: Stage) -> None:
    """Of days before it was withdrawn it is said that the rate shown is not its own."""
    vera = stage.person("Вера", language="ru")
    await vera.says("/rate BGN 2025-12-05")
    assert vera.sees("До этого у BGN был свой курс; здесь показан курс EUR.")
    await vera.says("/history BGN 7d")
    assert not vera.sees("До этого")
    await vera.says("/chart BGN 2025-12-20..2026-01-10")

    assert vera.sees("До этого у BGN был свой курс")


async def test_inline_says_what_it_rests_on(stage: Stage) -> None:
    """Withdrawn money and doubts are in the text that is sent; nonsense has no results."""
    ann = stage.person("Ann")
    (found,) = await ann.asks("100 bgn eur")
    assert found.title == "100.00 BGN = 51.13 EUR"
    assert BGN in str(found.text)
    (found,) = await ann.asks("100 фунтов usd")
    assert "I took “фунтов” for GBP; it may also be EGP" in found.description
    (found,) = await ann.asks("eur usd")
    await ann.says("eur usd")
    assert found.title == ann.last.splitlines()[0] == "1 EUR = 1.25 USD"
    (found,) = await ann.asks("100 usd to eur yesterday")
    assert found.title.startswith("100.00 USD = ")
    assert "The last rate of" in found.description
    for nonsense in ("hello", "погода"):
        assert await ann.asks(nonsense) == []
        assert ann.switched is not None
        assert ann.switched.text == "No sum that I understand. Try: 100 usd eur"


async def test_inline_without_a_service_account_leads_to_the_rates() -> None:
    """What is missing fits into the line above the results, and its button opens the rates."""
    async with Stage(only=["start", "rates"]) as stage:
        for language in ("en", "ru"):
            person = stage.person(language, language=language)
            assert await person.asks("100 usd eur") == []
            assert person.switched is not None
            assert "…" not in person.switched.text
            assert person.switched.start == "rates"
