"""Texts are measured as Telegram does, and hold nothing that cannot be seen."""

from __future__ import annotations

import pytest

from sapp_bot.domain.text import bold, clean, cut, isolate, rich, split, units

EMOJI = "\N{GRINNING FACE}"


def test_a_long_text_is_split_by_units_of_utf_16() -> None:
    """An emoji counts twice, as it does for Telegram: no part is longer than it takes."""
    parts = split(rich(EMOJI * 5000))

    assert [units(part.plain) for part in parts] == [4096, 4096, 1808]
    assert units(cut(EMOJI * 50, 31)) == 31


def test_an_entity_goes_on_over_the_border() -> None:
    """What is bold stays bold in the next message, from its begin on."""
    first, second = split(rich("a" * 4090) + bold("b" * 12))

    assert [(e.offset, e.length) for e in first.entities] == [(4090, 6)]
    assert [(e.offset, e.length) for e in second.entities] == [(0, 6)]


@pytest.mark.parametrize("code", [0x00, 0x07, 0x0D, 0x1B, 0x7F, 0x9B, 0xD800, 0xDFFF])
def test_what_cannot_be_seen_is_left_out(code: int) -> None:
    """Controls, terminal codes and halves of characters; a line end and a tab are text."""
    assert clean(f"a{chr(code)}b").replace("\n", "") == "ab"
    assert clean("a\tb\nc") == "a\tb\nc"


@pytest.mark.parametrize("code", [0x202E, 0x202A, 0x2066, 0x2069, 0x061C, 0x200E, 0x200F])
def test_a_name_cannot_turn_the_words_around_it(code: int) -> None:
    """Signs that order the writing direction are taken out; a name in Hebrew keeps its own."""
    assert clean(f"a{chr(code)}b") == "ab"
    assert isolate("\u05d0\u05d1") == "\u2068\u05d0\u05d1\u2069"
    assert isolate("shop") == "shop"


def test_a_long_paragraph_is_split_between_words() -> None:
    """No word is torn, where there is a blank to split at."""
    parts = split(rich("word " * 1000))
    assert len(parts) == 2
    assert all(part.plain.endswith("word ") for part in parts)
