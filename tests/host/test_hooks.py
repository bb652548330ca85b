"""Hooks around handlers: their order, what they may refuse, and what a broken one breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.errors import PluginError
from sapp_bot.testing import Stage
from tests.host.live import write

WORK = """
from sapp_bot import Button, Ctx, Form, Plugin, Screen, ask

plugin = Plugin(version="1.0")


class Tap(Button):
    "Tap."


class Name(Form):
    name: str = ask("Which name?")


@plugin.command
async def work(ctx: Ctx) -> None:
    "Work."
    await ctx.show(Screen("worked", [[Tap().key("Tap")]]), name="work")


@plugin.button
async def tap(ctx: Ctx, pressed: Tap) -> None:
    "Tap."
    await ctx.say("tapped")


@plugin.command
async def name(ctx: Ctx, form: Name) -> None:
    "Name."
    await ctx.say("named " + form.name)


@plugin.command
async def crash(ctx: Ctx) -> None:
    "Crash."
    raise RuntimeError("on purpose")


@plugin.message("hum")
async def hum(ctx: Ctx) -> None:
    "Hum."
    await ctx.say("hummed")
"""

HEAD = """
from sapp_bot import Ctx, HandlerCall, Plugin, UserError

plugin = Plugin(version="1.0")
"""

WATCH = (
    HEAD
    + """

@plugin.before_message(everywhere=True, order={order})
async def before(ctx: Ctx, call: HandlerCall) -> None:
    "Note it."
    await ctx.say("{name} before " + call.kind + " " + call.plugin + "." + call.name)


@plugin.after_message(everywhere=True, order={order})
async def after(ctx: Ctx, call: HandlerCall) -> None:
    "Note it."
    await ctx.say("{name} after " + call.outcome)
"""
)

GATE = (
    HEAD
    + """

@plugin.before_message(everywhere=True)
async def gate(ctx: Ctx) -> None:
    "Let nobody in."
    raise UserError("The gate is shut.")
"""
)

BROKEN = (
    HEAD
    + """

@plugin.before_message(everywhere=True)
async def before(ctx: Ctx) -> None:
    "Break."
    raise ValueError("before")


@plugin.after_message(everywhere=True)
async def after(ctx: Ctx) -> None:
    "Break."
    raise ValueError("after")


@plugin.command
async def own(ctx: Ctx) -> None:
    "Work here."
    await ctx.say("own work")
"""
)


async def test_hooks_stand_around_all_that_a_person_calls(tmp_path: Path) -> None:
    """Commands, buttons, texts and errors; the lower order is the outer one."""
    write(tmp_path, "work", WORK)
    write(tmp_path, "inner", WATCH.format(name="inner", order=5))
    write(tmp_path, "outer", WATCH.format(name="outer", order=-5))
    async with Stage(tmp_path, environment={}) as stage:
        stage.may_fail = True
        ann = stage.person("Ann")
        seen = {}
        for text in ("/work", "hum", "/crash"):
            await ann.says(text)
            seen[text] = [shown.text.plain for shown in ann.news]
        await ann.says("/work")
        await ann.presses("Tap")
        seen["Tap"] = [shown.text.plain for shown in ann.news]

    def around(kind: str, what: str, outcome: str, *said: str) -> list[str]:
        before = [f"{name} before {kind} work.{what}" for name in ("outer", "inner")]
        return [*before, *said, *(f"{name} after {outcome}" for name in ("inner", "outer"))]

    assert seen["/work"] == around("command", "work", "done", "worked")
    assert seen["hum"] == around("text", "hum", "done", "hummed")
    assert seen["Tap"] == around("button", "Tap", "done", "tapped")
    assert seen["/crash"][:-1] == around("command", "crash", "RuntimeError")
    assert "Something went wrong" in seen["/crash"][-1]


async def test_a_hook_refuses_before_the_first_question_and_locks_nobody_in(
    tmp_path: Path,
) -> None:
    """What it says comes in place of the handler; /cancel and operators are free of it."""
    write(tmp_path, "work", WORK)
    write(tmp_path, "gate", HEAD)
    async with Stage(tmp_path, environment={}) as stage:
        ann = stage.person("Ann")
        await ann.says("/name")
        assert ann.last == "Which name?"
        write(tmp_path, "gate", GATE)
        await stage.reload("gate")
        await ann.says("Zoe")
        assert ann.last == "The gate is shut."
        await ann.says("/name")
        assert not ann.sees("Which name?")
        await ann.says("/work")
        assert [shown.text.plain for shown in ann.news] == ["The gate is shut."]


async def test_a_broken_hook_takes_no_other_plugin_away(tmp_path: Path) -> None:
    """It is counted for its own plugin, which rests after five; its own commands fail with it."""
    write(tmp_path, "work", WORK)
    write(tmp_path, "broken", BROKEN)
    async with Stage(tmp_path, environment={}) as stage:
        stage.may_fail = True
        ann = stage.person("Ann")
        await ann.says("/own")
        assert "Something went wrong" in ann.last
        await ann.says("/work")
        assert [shown.text.plain for shown in ann.news] == ["worked"]
        events = [entry for entry in stage.log if entry["event"] == "hook.failed"]
        assert {entry["plugin"] for entry in events} == {"broken"}
        await ann.says("/work")
        await ann.says("/own")
        assert "out of order" in ann.last
        await ann.says("/work")
        assert ann.last == "worked"


@pytest.mark.parametrize(
    "parameters", ["ctx: Ctx, me: Session", "ctx: Ctx, text: str", "ctx: Ctx, n: int = 1"]
)
async def test_a_hook_that_cannot_be_called_everywhere_is_refused(
    tmp_path: Path, parameters: str
) -> None:
    """With what to write instead: nobody may be logged in, and nothing was typed for it."""
    source = HEAD + "from sapp_bot.services import Session\n\n\n@plugin.before_message()\n"
    source += f"async def hook({parameters}) -> None:\n    'Hook.'\n"
    write(tmp_path, "hook", WORK)
    async with Stage(tmp_path, environment={}) as stage:
        stage.may_fail = True
        write(tmp_path, "hook", source)
        with pytest.raises(PluginError, match="a hook is called around handlers"):
            await stage.reload("hook")
