"""Several answers in one command line are read as each would be when it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.testing import Stage
from tests.host.live import write

WATER = """
from sapp_bot import Ctx, Form, Plugin, ask

plugin = Plugin(version="1.0", locales={"ru": {
    "{glasses} glasses, sparkling: {sparkling}": "Стаканов: {glasses}, с газом: {sparkling}",
}})


class Water(Form):
    glasses: int = ask("How many glasses?", ge=1)
    sparkling: bool = ask("Sparkling?")


@plugin.command
async def water(ctx: Ctx, form: Water) -> None:
    "Order water."
    text = "{glasses} glasses, sparkling: {sparkling}"
    await ctx.say(text, glasses=form.glasses, sparkling=str(form.sparkling))
"""


@pytest.mark.parametrize(
    ("language", "typed", "last"),
    [
        ("ru", "/water 2 да", "Стаканов: 2, с газом: True"),
        ("ru", "/water 2 Нет", "Стаканов: 2, с газом: False"),
        ("ru", "/water 2 yes", "Стаканов: 2, с газом: True"),
        ("en", "/water 2 yes", "2 glasses, sparkling: True"),
        ("en", "/water 2 NO", "2 glasses, sparkling: False"),
    ],
)
async def test_a_line_answers_what_would_be_asked(
    tmp_path: Path, language: str, typed: str, last: str
) -> None:
    """In the person's own words, small or large."""
    write(tmp_path, "water", WATER)
    async with Stage(tmp_path, environment={}) as stage:
        ann = stage.person("Ann", language=language)
        await ann.says(typed)
        assert ann.last == last


async def test_a_word_that_is_no_answer_is_asked_for(tmp_path: Path) -> None:
    """What could be read is kept; the rest is asked, and only that."""
    write(tmp_path, "water", WATER)
    async with Stage(tmp_path, environment={}) as stage:
        ann = stage.person("Ann", language="ru")
        await ann.says("/water 2 перец")
        assert "Да" in ann.labels()
        await ann.says("да")
        assert ann.last == "Стаканов: 2, с газом: True"
