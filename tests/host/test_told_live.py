"""What a running bot and a test say of a plugin's mistakes: plugin, file, line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sapp_bot.testing import Actor, Stage
from tests.host.live import GREET, life_of, look, write

HEAD = """
import asyncio
import threading
from sapp_bot import Button, Ctx, Picture, Plugin, Screen
plugin = Plugin("1.0")
"""
LAST = len(HEAD.splitlines())
PLAIN = """@plugin.command
def stay() -> None:
    "Stay."
    threading.Event().wait(0.3)
"""
SLOW = """@plugin.command
async def stay(ctx: Ctx) -> None:
    "Stay."
    await rest()
async def rest() -> None:
    await asyncio.gather(asyncio.sleep(10 ** 6))
"""
CRASH = """@plugin.command
async def order(ctx: Ctx) -> None:
    "Order."
    await ctx.say("Which?")
    raise TypeError("no such milk")
"""


@pytest.mark.parametrize(
    ("body", "line", "told"),
    [
        (
            "@plugin.command\nasync def hi(ctx: Ctx) -> None:\n    'Hi.'\n    ctx.say('Done.')\n",
            *(4, "ctx.say(…) does nothing: write await ctx.say(…)"),
        ),
        (
            "@plugin.every(60)\nasync def hi(ctx: Ctx) -> None:\n    ctx.to(7)\n",
            *(3, "ctx.to(…) does nothing: write await ctx.to(…)"),
        ),
        ("class B(Button):\n    n: int\n", 1, "button B has no handler: write a @plugin.button"),
    ],
)
async def test_what_cannot_be_meant_is_refused_live(
    tmp_path: Path, body: str, line: int, told: str
) -> None:
    """As `check` refuses it, and the version before goes on."""
    write(tmp_path, "greet", GREET)
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        write(tmp_path, "hi", HEAD + body)
        await look(stage)

        assert f"hi.py:{LAST + line}: {told}" in life_of(stage, "hi").reason


async def until_answered(stage: Stage, ann: Actor) -> None:
    """Let the time pass until /stay is given up."""
    talking = asyncio.create_task(ann.says("/stay"))
    while not talking.done():
        await stage.clock.advance(1)


@pytest.mark.parametrize(("body", "line", "name"), [(SLOW, 6, "rest"), (PLAIN, 1, "stay")])
async def test_a_time_out_names_its_place(tmp_path: Path, body: str, line: int, name: str) -> None:
    """The line that waits, or the function that is in a thread, with its plugin and its file."""
    write(tmp_path, "hi", HEAD + body)
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        await until_answered(stage, stage.person("Ann"))

        (refused,) = [e for e in stage.log if e["event"] == "update.refused"]
        place = f"plugin hi, {tmp_path / 'hi.py'}:{LAST + line} {name}: no end after 15 s"
        assert refused["reason"] == place


async def order_milk(folder: Path) -> None:
    """Press the button of a handler that has failed, as a test does that knows nothing of that."""
    async with Stage(folder) as stage:
        ann = stage.person("Ann")
        await ann.says("/order")
        await ann.presses("milk")


async def stay_for_ever(folder: Path) -> None:
    """Wait for an answer that does not come in time."""
    async with Stage(folder) as stage:
        ann = stage.person("Ann")
        await until_answered(stage, ann)
        raise AssertionError("not done")


async def test_a_failed_test_shows_the_error_of_the_plugin(tmp_path: Path) -> None:
    """What the plugin raised stands below the assertion that failed for it, with its line."""
    write(tmp_path, "hi", HEAD + CRASH)
    with pytest.raises(AssertionError, match="no button 'milk'") as failed:
        await order_milk(tmp_path)

    (note,) = failed.value.__notes__
    assert note.startswith("update.failed before that:")
    assert f'hi.py", line {LAST + 5}, in order' in note
    assert note.endswith("TypeError: no such milk")


async def test_a_failed_test_shows_what_was_refused(tmp_path: Path) -> None:
    """A time-out is no failure of a test, and explains one all the same."""
    write(tmp_path, "hi", HEAD + SLOW)
    with pytest.raises(AssertionError, match="not done") as failed:
        await stay_for_ever(tmp_path)

    assert any("no end after 15 s" in note for note in failed.value.__notes__)


async def test_a_failed_test_says_nothing_of_what_is_well(tmp_path: Path) -> None:
    """No note stands below an assertion that fails for another reason."""
    write(tmp_path, "hi", HEAD + CRASH.replace('    raise TypeError("no such milk")\n', ""))
    with pytest.raises(AssertionError, match="no button 'milk'") as failed:
        await order_milk(tmp_path)

    assert not getattr(failed.value, "__notes__", [])
