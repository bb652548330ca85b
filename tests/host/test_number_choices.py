"""Choices whose values are numbers: each is itself, whatever its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.testing import Actor, Stage

RATING = """
from typing import Literal
from sapp_bot import Ctx, Form, Plugin, ask

plugin = Plugin(version="1.0")


class Rating(Form):
    stars: Literal["0", "1", "2", "3", "4", "5"] = ask("How many stars?")


class Size(Form):
    size: str = ask("Which size?", choices={"5": "Five", "1": "One", "x": "None"})


@plugin.command
async def rate(ctx: Ctx, form: Rating) -> None:
    'Rate us.'
    await ctx.say("Noted: {stars}", stars=form.stars)


@plugin.command
async def size(ctx: Ctx, form: Size) -> None:
    'Choose a size.'
    await ctx.say("Noted: {size}", size=form.size)
"""


@pytest.fixture
async def ann(tmp_path: Path) -> AsyncIterator[Actor]:
    """Give a person of a bot that asks for numbers."""
    (tmp_path / "rating.py").write_text(RATING, "utf-8")
    async with Stage(tmp_path) as stage:
        yield stage.person("Ann")


@pytest.mark.parametrize("stars", ["0", "1", "3", "5"])
async def test_a_number_is_itself_before_it_is_a_place(ann: Actor, stars: str) -> None:
    """Pressed, typed, or behind the command."""
    await ann.says("/rate")
    await ann.presses(stars)
    assert ann.last == f"Noted: {stars}"
    await ann.says("/rate")
    await ann.says(stars)
    assert ann.last == f"Noted: {stars}"
    await ann.says(f"/rate {stars}")
    assert ann.last == f"Noted: {stars}"


@pytest.mark.parametrize(("said", "size"), [("1", "1"), ("Five", "5"), ("3", "x"), ("none", "x")])
async def test_a_number_that_is_no_value_is_a_place(ann: Actor, said: str, size: str) -> None:
    """As it is in a person's own account, which has no buttons."""
    await ann.says("/size")
    await ann.says(said)

    assert ann.last == f"Noted: {size}"
