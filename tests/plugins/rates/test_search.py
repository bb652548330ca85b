"""Currencies are found by code, name and country, in both languages, with slips."""

from __future__ import annotations

import pytest

from plugins.rates.money.search import search


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
