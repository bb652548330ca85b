"""The bot's process that is started before the sandbox knows what to tell it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from sapp_bot.sandbox.ahead import AheadProcesses
from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.env import PROJECT

COMMAND = (sys.executable, "-m", "sapp_bot", "run")
ENDED_S = 30.0
"""Within which a process has ended; it does so at once, on a machine that has time for it."""

BARE = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(PROJECT)}


def works(process: Path, log: Path) -> bool:
    """Return whether an entry of /proc is a process that runs and writes this log."""
    try:
        return (process / "fd/2").samefile(log)
    except OSError:  # it has ended, or is another user's
        return False


def processes_of(log: Path) -> list[Path]:
    """Return the processes that write this log, as entries of /proc."""
    return [entry for entry in Path("/proc").iterdir() if works(entry, log)]


def waiting() -> AheadProcesses:
    """Start one that waits."""
    return AheadProcesses(
        (*COMMAND, "--ahead"), {**BARE, "SAPP_API_URL": "https://left.behind.test"}
    )


async def test_it_runs_with_what_it_is_told_and_nothing_else(tmp_path: Path) -> None:
    """Environment, folder and log are those of a process that was started with them."""
    # In a folder whose `.env` has a mistake, which only a process that works there can find.
    (tmp_path / ".env").write_text("SAPP_DRAIN_S=told-in-the-folder\n")
    log = tmp_path / "bot.log"
    ahead = waiting()
    bot = BotProcess(
        COMMAND, {**BARE, "SAPP_KEY_SHOWN_S": "0"}, log=log, folder=tmp_path, ahead=ahead.take
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
    bot = BotProcess(COMMAND, BARE, log=tmp_path / "bot.log", folder=tmp_path, ahead=ahead.take)
    await bot.start()
    await bot.stop()
    first = bot.pid

    await bot.start()

    assert bot.pid != first
    assert await bot.ended() == 78


async def test_one_that_has_died_is_replaced(tmp_path: Path) -> None:
    """If the process is gone when it is needed, another one is started."""
    dead = waiting().take(())
    dead.kill()
    await dead.wait()
    bot = BotProcess(COMMAND, BARE, log=tmp_path / "bot.log", folder=tmp_path, ahead=lambda _: dead)

    await bot.start()

    assert await bot.ended() == 78


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to see processes")
@pytest.mark.parametrize("typed", [b"", b":restart\n"])
async def test_it_ends_with_a_sandbox_that_is_killed(tmp_path: Path, typed: bytes) -> None:
    """After a SIGKILL of the sandbox no process of the bot is left, nor one of a later start."""
    log = tmp_path / "bot.log"
    sandbox = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sapp_bot", "sandbox", "--log", str(log)),
        env={**BARE, "TMPDIR": str(tmp_path)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert sandbox.stdin is not None
    assert sandbox.stdout is not None
    sandbox.stdin.write(typed)
    await sandbox.stdout.readuntil(b"is ready again" if typed else b"The bot's log:")
    (bot,) = processes_of(log)

    sandbox.kill()
    await sandbox.wait()

    async with asyncio.timeout(ENDED_S):
        while works(bot, log):
            await asyncio.sleep(0.02)


async def test_one_that_is_never_needed_ends() -> None:
    """A sandbox that ends before, by a mistake in its options, leaves no process behind."""
    ahead = waiting()

    ahead.close()

    assert ahead.take(()).returncode is not None


async def test_what_is_added_to_the_command_counts(tmp_path: Path) -> None:
    """A start with further arguments gets a process that has them, not the one that waits."""
    log = tmp_path / "bot.log"
    ahead = waiting()
    bot = BotProcess(COMMAND, BARE, log=log, folder=tmp_path, ahead=ahead.take)
    bot.arguments = ("--no-such-option",)

    await bot.start()

    assert await bot.ended() == 2
    ahead.close()
