"""Typos and plain words: the nearest commands as buttons, and words that name a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.domain.replies import Callback
from sapp_bot.testing import Actor, Stage
from tests.plugins.people import PASSWORD


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


@pytest.mark.parametrize(
    "word", ["hi", "привет", "menu", "/привет", "Good morning!", "Здравствуйте", "hello there"]
)
async def test_a_greeting_leads_home(word: str) -> None:
    """Everyday words stand for commands, whatever the language."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        await ann.says(word)

        assert ann.last.startswith("SAPP Finance")


async def test_navigation_outlives_a_login() -> None:
    """Help and the way home work under a card of before the login, and after the logout."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        await ann.says("/start")
        card = ann.chat[-1]
        for line in ("/register ann@example.com", PASSWORD, PASSWORD, "yes"):
            await ann.says(line)
        key = next(k for row in card.rows for k in row if k.label == "Help")
        assert isinstance(key, Callback)
        assert await ann.presses_data(key.data, message_id=card.id) == ""
        assert ann.sees("/newclient")


async def test_an_answer_stays_an_answer(ann: Actor) -> None:
    """In a form a plain word is what was asked for."""
    await ann.says("/adopt")
    await ann.says("menu")

    assert ann.last == "Cat or dog?"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("What can you do?", "Tap a command, or type it."),
        ("how do I get a key?", "Please /login first"),
        ("мой ключ", "Please /login first"),
        ("курсы валют", "Fresh rates cost a read"),
        ("my alerts", "You have no alerts."),
        ("thank you", "You are welcome."),
        ("Спасибо!", "You are welcome."),
    ],
)
async def test_what_people_ask_first_is_understood(words: str, answer: str) -> None:
    """The words of somebody who has read nothing."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        await ann.says(words)

        assert ann.last.startswith(answer)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("/menu", "SAPP Finance: "),
        ("/status", "Please /login first"),
        ("/price", "Please /login first"),
        ("/contact", "Questions: "),
        ("/ru", "Язык: Русский"),
        ("/stop", "There is nothing to cancel."),
    ],
)
async def test_the_commands_of_other_bots_are_understood(typed: str, answer: str) -> None:
    """With a slash words mean what they mean without one."""
    async with Stage(packs={1000: 50}) as stage:
        ann = stage.person("Ann")
        await ann.says("/help")
        await ann.says(typed)

        assert ann.last.startswith(answer)


@pytest.mark.parametrize(
    ("typed", "label"),
    [("/contact please", "/support please"), ("/exit", "/logout"), ("/unsubscribe", "/news")],
)
async def test_an_unknown_command_is_answered_with_what_it_is_about(typed: str, label: str) -> None:
    """Where no command is written like it, and where it has words behind it."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        await ann.says(typed)

        assert ann.labels()[0] == label


GREET = '''
from sapp_bot import Ctx, Plugin

plugin = Plugin(version="1.0")


@plugin.command
async def greet(ctx: Ctx) -> None:
    """Greet."""
    await ctx.say("Good day.")
'''


@pytest.mark.parametrize(("typed", "said"), [("/start", "I don't know /start."), ("so?", "I did")])
async def test_without_a_help_the_commands_are_shown(tmp_path: Path, typed: str, said: str) -> None:
    """In a folder of one's own plugins nothing names a /help that is not there."""
    (tmp_path / "greet.py").write_text(GREET, "utf-8")
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says(typed)
        assert ann.last.startswith(said)
        assert "/help" not in ann.last
        await ann.presses("/greet")
        assert ann.last == "Good day."
