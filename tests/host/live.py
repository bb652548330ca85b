"""What the tests of living plugins share: small plugins as text, and a way to change them."""

from __future__ import annotations

from pathlib import Path

from sapp_bot.host.lifecycle.record import PluginRecord
from sapp_bot.testing import Stage

HEAD = '''"""A small plugin."""
import asyncio
import sys
import time

from sapp_bot import Button, Ctx, Form, NotReady, Plugin, Screen, UserError, ask

plugin = Plugin(version="1.0")
'''

GREET = (
    HEAD
    + '''

@plugin.command
async def greet(ctx: Ctx) -> None:
    """Greet."""
    await ctx.say("one")
'''
)

OTHER = GREET.replace("greet", "other").replace('"one"', '"the other"')


def write(stage_or_folder: Stage | Path, name: str, source: str) -> Path:
    """Put a plugin's file into the folder."""
    folder = stage_or_folder if isinstance(stage_or_folder, Path) else stage_or_folder.plugins
    path = folder / f"{name}.py"
    path.write_text(source, "utf-8")
    return path


async def look(stage: Stage) -> None:
    """Have the bot take in what changed in the folder, and wait until all is done."""
    await stage.bot.look()
    await stage.passes(0)


def life_of(stage: Stage, name: str) -> PluginRecord:
    """Find a plugin's life."""
    return next(record for record in stage.bot.plugins.records if record.name == name)


def states(stage: Stage) -> dict[str, str]:
    """Give each plugin's state."""
    return {record.name: record.state.value for record in stage.bot.plugins.records}


def told(stage: Stage, operator: int = 7) -> str:
    """Give all that an operator was told."""
    return "\n".join(shown.text.plain for shown in stage.room.news.get(operator, []))
