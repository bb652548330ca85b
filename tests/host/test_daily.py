"""A timer at a clock time: once a day, over restarts, and no sooner than its time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sapp_bot.errors import PluginError
from sapp_bot.testing import Stage
from tests.host.live import write

MORNING = """
from pydantic import BaseModel

from sapp_bot import Ctx, Plugin, Store

plugin = Plugin(version="1.0")


class Reader(BaseModel):
    mornings: int = 0


@plugin.command
async def read(ctx: Ctx, readers: Store[Reader]) -> None:
    "Read."
    await readers.set(ctx.person.id, Reader())
    await ctx.say("At nine, then.")


@plugin.daily(at="{at}", zone="Europe/Berlin")
async def tell(ctx: Ctx, readers: Store[Reader]) -> None:
    "Tell."
    async for person, reader in readers.all():
        await readers.set(person, Reader(mornings=reader.mornings + 1))
        there = await ctx.to(int(person))
        await there.say("Morning {{n}}.", n=reader.mornings + 1)
"""

HOUR = 3600.0


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a stage at 12:00 UTC, with a plugin that speaks at 09:00 in Berlin: at 08:00 UTC."""
    (tmp_path / "morning.py").write_text(MORNING.format(at="09:00"), "utf-8")
    stage = Stage(tmp_path, environment={})
    now = stage.clock.now()
    noon = datetime(now.year + 1, 1, 10, 12, tzinfo=UTC)
    stage.clock.skip((noon - now).total_seconds())
    async with stage:
        yield stage


async def test_it_waits_for_its_time_and_runs_once(stage: Stage) -> None:
    """Not when it is new, and on each day once, also when the bot restarts all the time."""
    ann = stage.person("Ann", language="en")
    await ann.says("/read")
    await stage.passes(20 * HOUR - 1)
    assert ann.last == "At nine, then."
    await stage.passes(1)
    assert ann.last == "Morning 1."
    for _ in range(3):
        await stage.restart()
        await stage.passes(HOUR)
    assert ann.last == "Morning 1."
    await stage.passes(21 * HOUR)
    assert ann.last == "Morning 2."


async def test_a_time_that_passed_in_an_absence_is_made_up_for(stage: Stage) -> None:
    """At the start, and then no more that day."""
    ann = stage.person("Ann", language="en")
    await ann.says("/read")
    await stage.restart(away_s=22 * HOUR)
    assert ann.last == "Morning 1."
    await stage.passes(20 * HOUR)
    assert ann.last == "Morning 1."


async def test_a_changed_time_waits_for_its_turn(stage: Stage) -> None:
    """A change from nine to ten at noon says nothing today."""
    ann = stage.person("Ann", language="en")
    await ann.says("/read")
    await stage.passes(24 * HOUR)
    assert ann.last == "Morning 1."
    write(stage, "morning", MORNING.format(at="10:00"))
    await stage.reload("morning")
    await stage.passes(21 * HOUR - 1)
    assert ann.last == "Morning 1."
    await stage.passes(1)
    assert ann.last == "Morning 2."


async def test_a_wrong_time_names_file_and_line(stage: Stage) -> None:
    """And what to write."""
    stage.may_fail = True
    write(stage, "morning", MORNING.format(at="9 am"))
    with pytest.raises(PluginError, match=r'morning\.py:\d+.*at="09:00"'):
        await stage.reload("morning")
