"""Typos and plain words: the nearest commands as buttons, and words that name a command."""

from __future__ import annotations

import pytest

from sapp_bot.testing import Actor, Stage


async def test_a_typo_is_answered_with_the_nearest_commands(ann: Actor) -> None:
    """The nearest names are buttons that begin them, each under its shown name."""
    await ann.says("/newpt")
    assert ann.last == "I don't know /newpt. Did you mean this?"
    await ann.presses("/adopt")

    assert ann.last == "What is its name?"


@pytest.mark.parametrize("word", ["adopt", "Adopt!", " NEWPET "])
async def test_a_plain_word_that_names_a_command_does_it(ann: Actor, word: str) -> None:
    """The slash may be left out."""
    await ann.says(word)

    assert ann.last == "What is its name?"


@pytest.mark.parametrize("word", ["hi", "привет", "menu"])
async def test_a_greeting_leads_home(word: str) -> None:
    """Everyday words stand for commands, whatever the language."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        await ann.says(word)

        assert ann.last.startswith("SAPP Finance")


async def test_an_answer_stays_an_answer(ann: Actor) -> None:
    """In a form a plain word is what was asked for."""
    await ann.says("/adopt")
    await ann.says("cancel")

    assert ann.last == "Cat or dog?"
