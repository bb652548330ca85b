"""A button of the host that begins a command, of whichever plugin has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.domain.replies import Callback
from sapp_bot.testing import Stage
from tests.host.live import GREET, life_of, look, write

MENU = """
from sapp_bot import CommandButton, Ctx, Plugin, Screen

plugin = Plugin(version="1.0")


@plugin.command
async def menu(ctx: Ctx) -> None:
    "Show a menu."
    rows = [[CommandButton(command=name).key(name)] for name in ("greet", "gone", "rule")]
    await ctx.show(Screen("menu", rows), name="menu")


@plugin.command(role="admin")
async def rule(ctx: Ctx) -> None:
    "Rule."
    await ctx.say("Yes.")
"""


@pytest.mark.parametrize("mode", ["bot", "user"])
async def test_it_begins_the_command_of_another_plugin(tmp_path: Path, mode: str) -> None:
    """The button needs no handler in the plugin that shows it; accounts without buttons type."""
    write(tmp_path, "greet", GREET)
    write(tmp_path, "menu", MENU)
    async with Stage(tmp_path, mode=mode) as stage:
        ann = stage.person("Ann")
        await ann.says("/menu")
        await ann.presses("greet")

        assert ann.last == "one"


async def test_it_is_typed_as_the_command(tmp_path: Path) -> None:
    """What can be typed instead is the command itself."""
    write(tmp_path, "menu", MENU)
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/menu")
        keys = [key for row in ann.chat[-1].rows for key in row if isinstance(key, Callback)]

        assert [key.typed_as for key in keys] == ["/greet", "/gone", "/rule"]


async def test_a_command_that_is_not_offered_is_told(tmp_path: Path) -> None:
    """A plugin may be gone by the time of the press; operators' commands stay theirs."""
    write(tmp_path, "greet", GREET)
    write(tmp_path, "menu", MENU)
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann", language="ru")
        await ann.says("/menu")
        assert await ann.presses("gone") == "Сейчас это недоступно. Что я умею: /help."
        assert "операторов" in (await ann.presses("rule") or "")
        (stage.plugins / "greet.py").unlink()
        await look(stage)
        assert await ann.presses("greet") == "Сейчас это недоступно. Что я умею: /help."


CUP = """
from sapp_bot import Ctx, NextStep, Plugin
from sapp_bot.services import UserError

plugin = Plugin(version="1.0")


@plugin.command
async def cup(ctx: Ctx, size: str = "") -> None:
    "Order a cup."
    if size not in {"S", "M"}:
        meant = [NextStep("cup", name, words=name) for name in "ABCDES"]
        others = NextStep("gone", "Gone"), NextStep("cup", "Cup")
        raise UserError("Which size?").offer(*meant, *others)
    await ctx.say("A cup of {size}.", size=size)
"""


@pytest.mark.parametrize("mode", ["bot", "user"])
async def test_an_error_offers_what_may_be_meant(tmp_path: Path, mode: str) -> None:
    """A step with words says the command with them; such steps have rows of their own."""
    write(tmp_path, "cup", CUP)
    async with Stage(tmp_path, mode=mode) as stage:
        ann = stage.person("Ann")
        await ann.says("/cup XL")
        if mode == "bot":
            rows = [len(row) for row in ann.chat[-1].rows]
            assert rows == [5, 1, 1]
        await ann.presses("S")

        assert ann.last == "A cup of S."


TAKES = """
from sapp_bot import Button, CommandButton, Ctx, Plugin

plugin = Plugin(version="1.0")


@plugin.button
async def take(ctx: Ctx, pressed: {0}) -> None:
    "Take it."
"""


@pytest.mark.parametrize("name", ["Button", "CommandButton"])
async def test_no_plugin_can_take_the_buttons_of_the_host(tmp_path: Path, name: str) -> None:
    """A handler for the class itself would answer other plugins' presses, so it is refused."""
    write(tmp_path, "menu", MENU)
    write(tmp_path, "takes", TAKES.format(name))
    async with Stage(tmp_path) as stage:
        stage.may_fail = True

        assert "is the host's; write a class below Button" in life_of(stage, "takes").reason


ADDING = """
from sapp_bot import CommandButton, Ctx, Plugin, Screen

plugin = Plugin(version="1.0")


@plugin.command
async def add(ctx: Ctx, one: int, other: int) -> None:
    "Add two numbers."
    await ctx.say("It is {n}.", n=one + other)


@plugin.command
async def sums(ctx: Ctx) -> None:
    "Show sums."
    rows = [[CommandButton(command="add", words=words).key(words)] for words in ("2 3", "2 x")]
    await ctx.show(Screen("sums", rows), name="sums")
"""


@pytest.mark.parametrize("mode", ["bot", "user"])
async def test_words_stand_behind_the_command(tmp_path: Path, mode: str) -> None:
    """They are read as if they were typed, and refused as if they were."""
    write(tmp_path, "adding", ADDING)
    async with Stage(tmp_path, mode=mode) as stage:
        ann = stage.person("Ann")
        await ann.says("/sums")
        await ann.presses("2 3")
        assert ann.sees("It is 5.")
        await ann.says("/sums")
        popup = await ann.presses("2 x")
        assert "other" in (popup or ann.last)
