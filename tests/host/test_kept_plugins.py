"""Stages keep the built-in plugins that one has imported, and nothing of the stage itself."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from sapp_bot.errors import ConfigError
from sapp_bot.testing import Stage
from tests.host.kept_stage import NOTHING
from tests.pages import ROOT

LIMIT = "SAPP_RATES_READS_PER_DAY"


def rates(reads_per_day: int) -> Stage:
    """Make a stage with the rates alone, and so many reads a day for those without an account."""
    limit = {LIMIT: str(reads_per_day)}
    return Stage(only=["rates"], service_reads=100, environment=limit)


async def reads_of_two_days(stage: Stage) -> int:
    """Ask for a rate, then, when that is too old, once more; return how often the API was read."""
    ann = stage.person()
    for _ in range(2):
        await ann.says("100 usd to eur")
        assert ann.sees("100.00 USD = ")
        stage.clock.skip(3601)
    return stage.api.count("*/service/*")


async def test_each_stage_has_settings_stores_and_lifespans_of_its_own() -> None:
    """One after the other, and beside each other: each reads as often as it may, for itself."""
    for limit in (2, 1, 2):
        async with rates(limit) as stage:
            assert await reads_of_two_days(stage) == limit

    async with rates(1) as one, rates(2) as other:
        reads = await asyncio.gather(reads_of_two_days(one), reads_of_two_days(other))
        assert [*reads] == [1, 2]


def test_nothing_of_a_stage_outlives_it() -> None:
    """What was read is kept, and nobody's messages with it.

    In a process of its own: other tests of this one may hold what is looked for.
    """
    done = subprocess.run(  # our own module
        [sys.executable, "-m", "tests.host.kept_stage"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == f"{NOTHING}\n", done.stderr


async def test_a_wrong_setting_is_told_with_its_place() -> None:
    """Also where an earlier stage has read the same plugin."""
    async with rates(1):
        pass
    with pytest.raises(ConfigError, match=rf"plugin\.py:\d+ open_desk: {LIMIT}"):
        async with rates(0):
            pass


async def test_a_kept_plugin_can_be_reloaded_and_restarted() -> None:
    """It is imported anew then, as the bot does."""
    async with rates(2) as stage:
        await stage.reload("rates")
        await stage.restart()
        assert await reads_of_two_days(stage) == 2
        assert stage.leaks() == []
