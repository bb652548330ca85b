"""Fields that another handler hands over: nobody is asked for them, or goes back to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.testing import Actor, Stage
from tests.host.live import HEAD

WALKS = (
    HEAD
    + '''
class Walk(Form):
    """Where a pet walks."""

    name: str = ask("Who walks?", carried=True)
    place: str = ask("Where does {name} walk?")
    mood: str = ask("How is {name}?", default="well", carried=True)
    hours: int = ask("For how long, in hours?")


@plugin.command
async def choose(ctx: Ctx) -> None:
    """Choose who walks."""
    ctx.start(walk, name="Rex", mood="tired")


@plugin.command
async def walk(ctx: Ctx, form: Walk) -> None:
    """Walk a pet."""
    text = "{name}, {mood}, walks {hours} h"
    await ctx.say(text, name=form.name, mood=form.mood, hours=form.hours)
'''
)


@pytest.fixture
async def ann(tmp_path: Path) -> AsyncIterator[Actor]:
    """Give a person of a bot with such a form."""
    (tmp_path / "walks.py").write_text(WALKS)
    async with Stage(tmp_path) as stage:
        yield stage.person("Ann")


async def test_back_passes_over_what_was_handed_over(ann: Actor) -> None:
    """The first question that a person answers is the first; from a later one Back leads to it."""
    await ann.says("/choose")
    assert ann.last == "Where does Rex walk?"
    assert "‹ Back" not in ann.labels()
    await ann.says("In the park")
    assert ann.last == "For how long, in hours?"
    await ann.presses("‹ Back")
    assert ann.last == "Where does Rex walk?"
    await ann.says("At home")
    await ann.says("2")
    assert ann.last == "Rex, tired, walks 2 h"


async def test_what_nobody_hands_over_is_asked(ann: Actor) -> None:
    """A command that is typed has to be told all of it; a default can be skipped as ever."""
    await ann.says("/walk")
    assert ann.last == "Who walks?"
    await ann.says("Tom")
    assert ann.last == "Where does Tom walk?"
    assert "‹ Back" not in ann.labels()
    await ann.says("Outside")
    assert ann.last == "How is Tom?"
    await ann.presses("well")
    assert ann.last == "For how long, in hours?"
    await ann.says("1")
    assert ann.last == "Tom, well, walks 1 h"
