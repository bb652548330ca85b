"""Telegram's command menus follow the routing table, whatever Telegram says meanwhile."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sapp_bot.errors import ChatPaused, TelegramAway, TelegramError, Undeliverable
from sapp_bot.host.lifecycle.menus import CommandMenus, MenuDeps
from sapp_bot.host.routing.registry import PluginRegistry
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import core_languages
from sapp_bot.testing import Stage

OPERATOR = frozenset({7})
MANY = '''"""Many commands."""

from sapp_bot import Ctx, Plugin

plugin = Plugin(version="1.0")


def make(n: int) -> None:
    async def handler(ctx: Ctx) -> None:
        await ctx.say("Hello")

    handler.__doc__ = f"Number {n}" + " and more words" * 15
    handler.__module__ = __name__
    plugin.command(name=f"a{n}")(handler)


for n in range(120):
    make(n)
'''


@pytest.mark.parametrize("refusal", [ChatPaused(60), TelegramAway("no answer")])
async def test_a_refusal_for_now_is_made_up_for(
    plugin_folder: Path, refusal: TelegramError
) -> None:
    """A flood wait or an outage at the start costs nobody the menu."""
    stage = Stage(plugin_folder, admins=OPERATOR)
    stage.room.menu_refusals = [refusal]
    async with stage:
        assert len(stage.room.menus) < 4
        await stage.passes(61)
        async with asyncio.timeout(30):
            while set(stage.room.menus) != {("", 0), ("ru", 0), ("", 7), ("ru", 7)}:
                await asyncio.sleep(0)


async def test_an_operator_who_never_wrote_has_no_menu_yet(plugin_folder: Path) -> None:
    """It is no reason to give up the others, and is tried again at the next change."""
    stage = Stage(plugin_folder, admins=OPERATOR)
    stage.room.menu_refusals = [Undeliverable("unknown") for _ in range(1)]
    async with stage:
        missing = {("", 0), ("ru", 0), ("", 7), ("ru", 7)} - set(stage.room.menus)
        assert len(missing) == 1
        await stage.restart()

        assert set(stage.room.menus) == {("", 0), ("ru", 0), ("", 7), ("ru", 7)}


async def test_a_menu_that_is_too_much_becomes_shorter(tmp_path: Path) -> None:
    """The commands of the bot itself come first, so what is cut off is not /help."""
    (tmp_path / "aaa.py").write_text(MANY, "utf-8")
    for name in ("start.py", "support.py"):
        shutil.copy(f"plugins/{name}", tmp_path / name)
    stage = Stage(tmp_path)
    stage.room.menu_refusals = [Undeliverable("too much", for_its_form=True) for _ in range(2)]
    async with stage:
        first = stage.room.menus["", 0]

        assert list(first)[:2] == ["start", "help"]
        assert len(first) == 50
        assert max(map(len, first.values())) == 64
        assert len(stage.room.menus["ru", 0]) == 100


async def test_a_setting_that_is_missing_hides_its_command(tmp_path: Path) -> None:
    """/docs leads nowhere without an address."""
    for name in ("start.py", "support.py"):
        shutil.copy(f"plugins/{name}", tmp_path / name)
    async with Stage(tmp_path) as stage:
        assert "docs" not in stage.room.menus["", 0]
    async with Stage(tmp_path, docs_url="https://docs.test") as stage:
        assert "docs" in stage.room.menus["", 0]


def menus(stage: Stage, settings: HostSettings) -> CommandMenus:
    """Make the menus as another start would, on the same Redis and the same Telegram."""
    registry = PluginRegistry()
    registry.publish(stage.bot.plugins.table)
    storage = stage.store.plugin_storage
    return CommandMenus(
        MenuDeps(stage.room, storage, stage.clock, registry, core_languages()), settings
    )


async def test_who_is_no_operator_any_more_loses_the_menu(stage: Stage) -> None:
    """The list of an operator of before is taken back, although this start never set it."""
    assert ("ru", 7) in stage.room.menus
    assert await menus(stage, HostSettings(admins=frozenset({8}))).look() is None

    assert set(stage.room.menus) == {("", 0), ("ru", 0), ("", 8), ("ru", 8)}


async def test_an_unchanged_menu_is_not_sent_again(stage: Stage) -> None:
    """Each start would else begin with a burst of calls, which Telegram answers with a wait."""
    stage.room.menu_refusals = [TelegramAway("must not be called")]
    assert await menus(stage, replace(HostSettings(), admins=OPERATOR)).look() is None

    assert len(stage.room.menu_refusals) == 1
