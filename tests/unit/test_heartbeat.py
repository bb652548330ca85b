"""The sign of life: written while it can be, and never in the way."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from sapp_bot.observability.heartbeat import (
    EVERY_S,
    STALE,
    Checks,
    HealthReport,
    beat,
    end_heartbeat,
    read_health,
)
from sapp_bot.testing import ManualClock


async def no() -> bool:
    """Do not answer."""
    return False


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


async def beaten(path: Path, checks: Checks) -> ManualClock:
    """Write one sign of life."""
    clock = ManualClock()
    beating = asyncio.create_task(beat(path, clock, checks))
    await clock.advance(EVERY_S)
    beating.cancel()
    return clock


async def test_each_neighbour_is_told_apart(tmp_path: Path) -> None:
    """Without Redis or Telegram the bot is not well; without the API it is, and that is said."""
    path = tmp_path / "heartbeat.json"
    clock = await beaten(path, {"redis": yes, "telegram": yes, "api": no})
    assert read_health(path, clock.now()) == (
        True,
        "well: redis answers, telegram answers, api is away",
    )

    clock = await beaten(path, {"redis": no, "telegram": yes, "api": yes})
    assert read_health(path, clock.now()) == (
        False,
        "not well: redis is away, telegram answers, api answers",
    )


async def test_the_end_is_known_at_once(tmp_path: Path) -> None:
    """After an orderly end there is no sign, after a kill its process is missed."""
    path = tmp_path / "heartbeat.json"
    clock = await beaten(path, {"redis": yes})
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "pid": process.pid}))
    assert "has ended without a word" in read_health(path, clock.now())[1]

    end_heartbeat(path)
    end_heartbeat(path)
    is_well, line = read_health(path, clock.now())

    assert not is_well
    assert line.endswith(f"{path} is not there; start it, or set SAPP_DATA as it has it")


async def test_maintenance_is_said_and_is_no_illness(tmp_path: Path) -> None:
    """Whoever looks at the health sees why nobody is answered; a restart would mend nothing."""
    path, clock = tmp_path / "heartbeat.json", ManualClock()
    beating = asyncio.create_task(beat(path, clock, {"redis": yes}, in_maintenance=lambda: True))
    await clock.advance(EVERY_S)
    beating.cancel()

    is_well, line = read_health(path, clock.now())
    assert is_well
    assert line == "well: redis answers, in maintenance: only operators are answered"


async def test_opening_is_said_and_its_end_at_once(tmp_path: Path) -> None:
    """Until the plugins are open nobody is answered; that they are is a sign of its own."""
    path, clock, opened = tmp_path / "heartbeat.json", ManualClock(), asyncio.Event()
    told: list[HealthReport] = []
    beating = asyncio.create_task(
        beat(path, clock, {"redis": yes}, opened=opened, tell=told.append)
    )
    while not told:
        await asyncio.sleep(0)
    assert read_health(path, clock.now()) == (
        False,
        "not well: redis answers, the plugins are not open yet",
    )
    opened.set()
    while len(told) < 2:
        await asyncio.sleep(0)
    beating.cancel()

    assert read_health(path, clock.now()) == (True, "well: redis answers")
    assert [report.missing for report in told] == [("The plugins are not open yet.",), ()]
