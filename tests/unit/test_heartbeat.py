"""The sign of life: written while it can be, and never in the way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from sapp_bot.observability.heartbeat import EVERY_S, STALE, beat, read_health
from sapp_bot.testing import ManualClock


async def yes() -> bool:
    """Answer."""
    return True


async def test_a_disk_that_takes_nothing_ends_nothing(tmp_path: Path) -> None:
    """What cannot be written is told once; `health` sees an old sign, and later a new one."""
    path, clock = tmp_path / "data" / "heartbeat.json", ManualClock()
    with capture_logs() as logs:
        beating = asyncio.create_task(beat(path, clock, {"redis": yes}))
        for _ in range(3):
            await clock.advance(EVERY_S)
        assert [entry["event"] for entry in logs] == ["heartbeat.unwritten"]
        assert not read_health(path, clock.now())[0]
        path.parent.mkdir()
        await clock.advance(EVERY_S)
    beating.cancel()

    assert read_health(path, clock.now())[0]
    assert not read_health(path, clock.now() + STALE + timedelta(seconds=1))[0]
