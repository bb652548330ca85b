"""What people type is read as what they mean, whatever keyboard, app or page it came from."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr, TypeAdapter

from sapp_bot.domain.text import visible
from sapp_bot.domain.typed_text import (
    ReadsAs,
    ascii_digits,
    choice_key,
    normalise,
    reads_as,
    tidy,
)
from sapp_bot.host.routing.commands import parse_command, split_words


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("１２", 12),
        ("١٢", 12),
        ("१२", 12),
        ("1️⃣2️⃣", 12),
        ("🔟", 10),
        ("\u200e12\u200f", 12),
        ("\ufeff12\u200b", 12),
        ("1\u00ad2", 12),
        ("\u00a012\u2009", 12),
        ("12.", 12),
        ("-５", -5),
        ("\u22125", -5),
        ("－５", -5),
        ("– 5", -5),
        ("＋5", 5),
        ("1 000", 1000),
        ("1\u00a0000", 1000),
        ("12\u2009345\u202f678", 12_345_678),
        ("1'000", 1000),
        ("1,000", 1000),
        ("1.000", 1000),
        ("１，０００", 1000),
        ("1٬000", 1000),
    ],
)
def test_a_whole_number_is_read_from_any_keyboard(typed: str, wanted: int) -> None:
    """Digits of all scripts, signs, groups of thousands, and what came along unseen."""
    assert TypeAdapter(int).validate_strings(normalise(typed, "whole")) == wanted


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("１２．５", "12.5"),
        ("12,5", "12.5"),
        (",5", "0.5"),
        ("١٢٫٥", "12.5"),
        ("0,125", "0.125"),
        ("1 000,50", "1000.50"),
        ("1,000.50", "1000.50"),
        ("1.000,50", "1000.50"),
        ("1,000,000", "1000000"),
        ("1.000.000", "1000000"),
        ("1.000", "1.000"),
        ("7.", "7"),
    ],
)
def test_a_decimal_number_is_read_from_any_keyboard(typed: str, wanted: str) -> None:
    """A comma is a point where it cannot be anything else."""
    assert TypeAdapter(Decimal).validate_strings(normalise(typed, "number")) == Decimal(wanted)


@pytest.mark.parametrize("typed", ["1,000", "1 00", "10²", "½", "1-2", "1 2", "12a", "一"])
def test_what_is_no_number_or_could_be_two_is_left_alone(typed: str) -> None:
    """It is refused by its type then: a guess could be a thousand times wrong."""
    assert normalise(typed, "number") == typed


def test_dates_and_times_have_plain_digits() -> None:
    """So that a date typed in another script is one."""
    assert normalise("２０２６－０１－３１", "time") == "2026-01-31"
    assert normalise("１２：３０", "time") == "12:30"


def test_texts_keep_their_letters_digits_and_spaces() -> None:
    """A name is as it was typed, but for what nobody can see."""
    family = "\N{WOMAN}\u200d\N{GIRL}"
    assert normalise(f" \u200b№１　магазин {family}\ufeff ", "text") == f"№１　магазин {family}"
    assert tidy("می\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize("blank", ["", "  ", "\u200b\u2060", "\u2800", "\u3164\u115f", "\u00ad"])
def test_what_shows_nothing_is_empty(blank: str) -> None:
    """Fillers count as blanks: they are typed to get around a question."""
    assert not visible(blank)


@pytest.mark.parametrize("typed", ["Да", "да", "ДА!", " да. ", "«Да»", "\u200bда)"])
def test_a_choice_is_known_in_all_spellings(typed: str) -> None:
    """Case, dots and marks around it do not matter."""
    assert choice_key(typed) == choice_key("Да")


@pytest.mark.parametrize("typed", ["2", "2.", "2)", "２", "2️⃣", "٢"])
def test_a_choice_is_known_by_its_number(typed: str) -> None:
    """As it is typed on any keyboard."""
    assert choice_key(typed) == "2"


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (int, "whole"),
        (Annotated[int, Field(ge=1)], "whole"),
        (int | None, "whole"),
        (Decimal, "number"),
        (float | int, "number"),
        (date, "time"),
        (datetime | None, "time"),
        (str, "text"),
        (int | str, "text"),
        (bool, "text"),
        (SecretStr, "text"),
        (Literal["1"], "text"),
    ],
)
def test_a_type_says_what_is_meant(annotation: object, kind: ReadsAs) -> None:
    """What may be a text is never changed."""
    assert reads_as(annotation) == kind


@pytest.mark.parametrize(
    "typed", ["\u200b/help", "/help\u200b", "\ufeff/help \u00a0", "\u2060/HELP"]
)
def test_a_command_is_one_with_invisible_neighbours(typed: str) -> None:
    """They come with copied text."""
    call = parse_command(typed)
    assert call is not None
    assert call.name == "help"


def test_a_no_break_space_in_a_number_does_not_split_it() -> None:
    """`/topup 1 000 5` is two arguments when the first gap cannot break."""
    assert split_words("1\u00a0000 5") == ["1\u00a0000", "5"]
    assert split_words("a\u00a0b 5") == ["a", "b", "5"]


@given(st.text())
def test_reading_twice_is_reading_once(text: str) -> None:
    """What was stored as an answer is read again after a change of the form."""
    kinds: tuple[ReadsAs, ...] = ("text", "whole", "time")
    for kind in kinds:
        once = normalise(text, kind)
        assert normalise(once, kind) == once
    assert ascii_digits(ascii_digits(text)) == ascii_digits(text)


@given(
    st.integers(),
    st.sampled_from(["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "০১২৩৪৫৬৭৮৯"]),
)
def test_every_whole_number_survives_every_script(number: int, script: str) -> None:
    """Digit by digit."""
    typed = "".join(script[int(c)] if c.isdigit() else c for c in str(number))
    assert int(normalise(typed, "whole")) == number
