"""A command with a cooldown: each person waits between two uses, and is told how long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.testing import Stage

SLOW = """
from sapp_bot import Ctx, Form, Plugin, UserError, ask

plugin = Plugin(version="1.0")


class Wish(Form):
    what: str = ask("What?")


@plugin.command(aliases=["z"], cooldown_s=300)
async def draw(ctx: Ctx, number: int = 1) -> None:
    "Draw."
    if number > 9:
        raise UserError("Too large.")
    await ctx.say("drawn {n}", n=number)


@plugin.command(cooldown_s=300)
async def wish(ctx: Ctx, form: Wish) -> None:
    "Wish."
    if form.what == "nothing":
        ctx.ask_again("what", "Something, please.")
    else:
        await ctx.say("granted: {what}", what=form.what)


@plugin.command(cooldown_s=300)
async def name(ctx: Ctx, text: str) -> None:
    "Name."
    await ctx.say("named")
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a stage with the plugin."""
    (tmp_path / "slow.py").write_text(SLOW, "utf-8")
    async with Stage(tmp_path, environment={}) as stage:
        yield stage


async def test_the_second_use_waits(stage: Stage) -> None:
    """Also by another name, with a button to try again, and over a restart."""
    ann = stage.person("Ann", language="en")
    await ann.says("/draw 2")
    assert ann.last == "drawn 2"
    await stage.passes(60)
    await ann.says("/z 3")
    assert ann.last == "You can use /draw again in 4 minutes."
    assert "Try again" in ann.labels()
    await stage.restart()
    await ann.presses("Try again")
    assert ann.sees("You can use /draw again in 4 minutes.")
    await stage.passes(240)
    await ann.presses("Try again")
    assert ann.last == "drawn 1"


async def test_it_is_told_in_russian(stage: Stage) -> None:
    """With the case that the word needs."""
    olga = stage.person("Ольга", language="ru")
    await olga.says("/draw")
    await olga.says("/draw")
    assert olga.last == "Команда /draw снова будет доступна через 5 минут."


async def test_others_and_other_commands_do_not_wait(stage: Stage) -> None:
    """The wait is one person's, for one command."""
    ann, ben = stage.person("Ann", language="en"), stage.person("Ben", language="en")
    await ann.says("/draw")
    await ben.says("/draw")
    assert ben.last == "drawn 1"
    await ann.says("/name it")
    assert ann.last == "named"


async def test_what_failed_does_not_count(stage: Stage) -> None:
    """An error of the person's, and a line that cannot be read."""
    ann = stage.person("Ann", language="en")
    for line in ("/draw 10", "/draw ten", "/draw 9"):
        await ann.says(line)
    assert ann.last == "drawn 9"


async def test_a_form_waits_before_its_first_question(stage: Stage) -> None:
    """What is asked again is still the same use."""
    ann = stage.person("Ann", language="en")
    await ann.says("/wish")
    await ann.says("nothing")
    await ann.says("a horse")
    assert ann.last == "granted: a horse"
    await ann.says("/wish")
    assert ann.last == "You can use /wish again in 5 minutes."


async def test_no_button_leads_into_a_usage_line(stage: Stage) -> None:
    """A command that needs words has none that would send it without them."""
    ann = stage.person("Ann", language="en")
    await ann.says("/name it")
    await ann.says("/name it")
    assert ann.sees("You can use /name again in 5 minutes.")
    assert "Try again" not in ann.labels()
