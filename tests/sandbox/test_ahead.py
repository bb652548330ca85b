"""The bot's process that is started before the sandbox knows what to tell it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sapp_bot.sandbox.ahead import AheadProcess
from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.env import PROJECT

COMMAND = (sys.executable, "-m", "sapp_bot", "run")
BARE = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(PROJECT)}


def waiting() -> AheadProcess:
    """Start one that waits."""
    return AheadProcess((*COMMAND, "--ahead"), {**BARE, "SAPP_API_URL": "https://left.behind.test"})


async def test_it_runs_with_what_it_is_told_and_nothing_else(tmp_path: Path) -> None:
    """Environment, folder and log are those of a process that was started with them."""
    # In a folder whose `.env` has a mistake, which only a process that works there can find.
    (tmp_path / ".env").write_text("SAPP_DRAIN_S=told-in-the-folder\n")
    log = tmp_path / "bot.log"
    ahead = waiting()
    bot = BotProcess(
        COMMAND, {**BARE, "SAPP_KEY_SHOWN_S": "0"}, log=log, folder=tmp_path, ahead=ahead
    )

    await bot.start()

    assert await bot.ended() == 78
    assert bot.exit_code == 78
    said = log.read_text()
    assert "SAPP_KEY_SHOWN_S" in said
    assert "SAPP_DRAIN_S" in said
    assert "left.behind" not in said


async def test_the_next_start_is_an_ordinary_one(tmp_path: Path) -> None:
    """A process is taken over once; what runs after it is a new one."""
    ahead = waiting()
    bot = BotProcess(COMMAND, BARE, log=tmp_path / "bot.log", folder=tmp_path, ahead=ahead)
    await bot.start()
    await bot.stop()
    first = ahead.pid

    await bot.start()

    assert bot.pid != first
    assert await bot.ended() == 78


async def test_one_that_has_died_is_replaced(tmp_path: Path) -> None:
    """If the process is gone when it is needed, another one is started."""
    ahead = waiting()
    ahead.kill()
    await ahead.wait()
    bot = BotProcess(COMMAND, BARE, log=tmp_path / "bot.log", folder=tmp_path, ahead=ahead)

    await bot.start()

    assert await bot.ended() == 78


async def test_one_that_is_never_needed_ends() -> None:
    """A sandbox that ends before, by a mistake in its options, leaves no process behind."""
    ahead = waiting()

    ahead.close()

    assert ahead.returncode is not None
