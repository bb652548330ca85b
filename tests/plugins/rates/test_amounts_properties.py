"""Amounts hold for any text and any number, not only for those of the tables."""

from __future__ import annotations

import string
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.rates.money.amounts import LONGEST, Conversion, parse
from plugins.rates.money.currencies import currency_table
from plugins.rates.money.faults import AmountError

CODES = ["USD", "EUR", "RUB", "KZT", "JPY", "BTC", "BGN"]
PIECES = [
    *["usd", "eur", "руб", "$", "€", "¥", "he,", "крон", "xyz", "I", "и", "в", "to", "k", "млн"],
    *["(", ")", "+", "-", "*", "/", "%", "^", ",", ".", "=", "->", " ", "  ", "x", "of", "e"],
    *["1", "25", "1,000", "1.000,5", "1 000", "0", "9" * 31, "usdrub", "sto", "ё", "İ", "ß", "₿"],
]
numbers = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10**9), places=2)
codes = st.sampled_from(CODES)
texts = st.one_of(
    st.text(max_size=LONGEST),
    st.text(alphabet=string.digits + "()+-*/%., kмusdeр$", max_size=LONGEST),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
)


def parsed(text: str) -> Conversion:
    """Parse what must be understood."""
    found = parse(text)
    assert found is not None
    return found


def check_any_text(text: str) -> None:
    """Parse anything: a conversion of known codes, None, or an error inside the text."""
    found = refused = None
    try:
        found = parse(text)
    except AmountError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.start <= refused.end <= len(text)
        assert "{" not in refused.reply.format(**dict.fromkeys(refused.values, "x"))
    if found is not None:
        table = currency_table()
        assert found.terms
        assert all(code == "" or code in table for _, code in found.terms)
        assert all(code in table for code in found.targets)


@settings(max_examples=300, deadline=None)
@given(text=texts)
def test_any_text_is_read(text: str) -> None:
    """Whatever somebody writes, nothing else than an AmountError comes out."""
    check_any_text(text)


@pytest.mark.long
@pytest.mark.timeout(600)
@settings(max_examples=10_000, deadline=None)
@given(text=texts)
def test_ten_thousand_texts_are_read(text: str) -> None:
    """The same, ten thousand times."""
    check_any_text(text)


@settings(max_examples=100, deadline=None)
@given(factor=st.integers(1, 10_000), number=numbers, code=codes)
def test_a_multiple_is_a_multiple(factor: int, number: Decimal, code: str) -> None:
    """So many times a sum is so many times as much."""
    once = parsed(f"{number} {code}").terms[0][0]

    assert parsed(f"{factor} * {number} {code}").terms == ((factor * once, code),)
    assert parsed(f"({number} {code}) * {factor}").terms == ((factor * once, code),)


@settings(max_examples=100, deadline=None)
@given(number=numbers, code=codes, wanted=st.lists(codes, min_size=1, max_size=7, unique=True))
def test_targets_keep_their_order(number: Decimal, code: str, wanted: list[str]) -> None:
    """Targets come as they were written, however they are joined."""
    for joint in (" ", ", ", " and ", " и ", "/"):
        assert parsed(f"{number} {code} to {joint.join(wanted)}").targets == tuple(wanted)


@settings(max_examples=100, deadline=None)
@given(number=numbers, code=codes)
def test_every_spelling_is_the_same_number(number: Decimal, code: str) -> None:
    """Spaces, commas, points and apostrophes group a number without changing it."""
    english = f"{number:,.2f}"
    spellings = (
        english,
        english.replace(",", " "),
        english.replace(",", "'"),
        english.replace(",", "\u00a0").replace(".", ","),
        english.translate(str.maketrans(",.", ".,")),
    )
    for spelling in spellings:
        assert parsed(f"{spelling} {code}").terms == ((number, code),)
