"""Texts that a function recognises, lines of the settings page, and locks, given to plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.errors import ConfigError
from sapp_bot.testing import Stage

HEAD = """
from dataclasses import dataclass
from sapp_bot import Ctx, Plugin, UserError
from sapp_bot.services import Locks, SettingRow, SettingsPage

plugin = Plugin(version="1.0")


@dataclass(frozen=True)
class Sum:
    total: int


def read_sum(text: str) -> Sum | None:
    parts = text.split("+")
    return Sum(sum(map(int, parts))) if len(parts) > 1 else None

"""

ADDER = (
    HEAD
    + """
@plugin.message(match=read_sum)
async def add(ctx: Ctx, found: Sum) -> None:
    await ctx.say("{n}", n=found.total)


@plugin.message(".*!")
async def shout(ctx: Ctx) -> None:
    await ctx.say("loud")
"""
)


async def say(folder: Path, source: str, text: str, *, mode: str = "bot") -> str:
    """Load a plugin, say something, and return the answer."""
    (folder / "sums.py").write_text(source, "utf-8")
    async with Stage(folder, mode=mode) as stage:
        ann = stage.owner() if mode == "user" else stage.person("Ann")
        await ann.says(text)
        return ann.last


async def test_a_function_recognises_a_text(tmp_path: Path) -> None:
    """What it returns is given to the handler by its type."""
    assert await say(tmp_path, ADDER, "1+2+39") == "42"


async def test_what_it_does_not_recognise_goes_to_the_next(tmp_path: Path) -> None:
    """None means that the text is for others."""
    assert await say(tmp_path, ADDER, "hello!") == "loud"


async def test_user_mode_can_be_left_out(tmp_path: Path) -> None:
    """Where people write to people, a handler can keep still."""
    quiet = ADDER.replace("match=read_sum", "match=read_sum, in_user_mode=False")

    assert await say(tmp_path, quiet, "1+2", mode="user") == ""
    assert "3" in await say(tmp_path, ADDER, "1+2", mode="user")


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (("found: Sum", "found: int"), "add a parameter for what is matched: `found: Sum`"),
        (("-> Sum | None", ""), "annotate what is matched: `def read_sum(text: str)"),
    ],
)
async def test_what_cannot_be_matched_is_refused(
    tmp_path: Path, change: tuple[str, str], hint: str
) -> None:
    """The loader says what to write."""
    with pytest.raises(ConfigError) as found:
        await say(tmp_path, ADDER.replace(*change), "1+2")

    assert hint in str(found.value)


async def test_an_error_of_the_function_is_the_plugins(tmp_path: Path) -> None:
    """What it raises for people is said, like a handler's error."""
    angry = ADDER.replace("parts = text", 'raise UserError("No sums today.")\n    parts = text')

    assert await say(tmp_path, angry, "1+2") == "No sums today."


PAGE = (
    HEAD
    + '''
@plugin.setting
async def good(ctx: Ctx) -> SettingRow:
    return SettingRow("Colour", "blue", "page")


@plugin.setting
async def bad(ctx: Ctx) -> SettingRow:
    raise RuntimeError


@plugin.command
async def page(ctx: Ctx, page: SettingsPage, locks: Locks) -> None:
    """Show the page."""
    async with locks.hold("page", ttl_s=5) as mine, locks.hold("page", ttl_s=5) as again:
        rows = [f"{row.label} {row.value} /{row.command}" for row in await page.rows()]
        await ctx.say(f"{rows} {mine} {again}".replace("{", ""))
'''
)


async def test_plugins_add_lines_to_the_settings(tmp_path: Path) -> None:
    """The page has the lines of all plugins, but those that fail; a lock is held once."""
    (tmp_path / "sums.py").write_text(PAGE, "utf-8")
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        ann = stage.person("Ann")
        await ann.says("/page")

        assert ann.last == "['Colour blue /page'] True False"
