"""The modules work inside a plugin's folder, where they are imported relatively."""

from __future__ import annotations

import shutil
from pathlib import Path

from sapp_bot.testing import Stage
from tests.pages import ROOT

PLUGIN = '''
from sapp_bot import Ctx, Plugin

from .money.amounts import parse
from .drawing.charts import Charts
from .times.dates import parse_day
from .money.search import search

plugin = Plugin(version="1.0", sapp=">=1")


@plugin.command
async def total(ctx: Ctx, text: str) -> None:
    """Say how a text is understood."""
    await ctx.say(parse(text).echo)
'''


async def test_relative_imports_work_in_a_plugin(tmp_path: Path) -> None:
    """A plugin made of these modules is loaded, and its command answers."""
    folder = tmp_path / "sums"
    shutil.copytree(
        ROOT / "plugins" / "rates", folder, ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "__init__.py").write_text(PLUGIN, "utf-8")
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/total 1.5k usd")

        assert ann.last == "1 500 USD"
