"""A bot that is killed again and again, in the middle of storing, loses nothing."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from functools import partial
from pathlib import Path

from tests.end_to_end.stage import Stage, stage, until

KILLS = 3
EACH = 40
"""Messages per person and kill."""
SEED = 20261122


async def spawn(s: Stage, out: Path) -> asyncio.subprocess.Process:
    """Start the bot's process, and wait until it is signed in."""
    config = s.config()
    settings = {
        "token": s.bot.token,
        "folder": str(config.folder),
        "server": config.server,
        "key": config.server_key,
        "out": str(out),
    }
    program = [sys.executable, "-m", "tests.end_to_end.edge_process", json.dumps(settings)]
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    while await process.stdout.readline() != b"ready\n":
        assert not process.stdout.at_eof()
    return process


def stored(out: Path) -> list[str]:
    """Read what all the processes stored, in their order."""
    return out.read_text().splitlines()


def has_stored(out: Path, count: int) -> bool:
    """Tell whether so many different texts are stored."""
    return len(set(stored(out))) >= count


async def test_killed_again_and_again(tmp_path: Path) -> None:
    """SIGKILL at random moments under traffic: everything said is stored, in order per person."""
    dice = random.Random(SEED)  # noqa: S311  # moments, not secrets
    out = tmp_path / "stored"
    out.touch()
    async with stage(tmp_path / "bot") as s, s.talker("Ann") as ann, s.talker("Bob") as bob:
        process = await spawn(s, out)
        for turn in range(KILLS):
            talking = asyncio.gather(ann.say(*texts("Ann", turn)), bob.say(*texts("Bob", turn)))
            enough = 2 * EACH * turn + dice.randrange(2 * EACH)
            await until(partial(has_stored, out, enough))
            process.kill()
            await process.wait()
            await talking
            process = await spawn(s, out)
        await until(partial(has_stored, out, 2 * EACH * KILLS))
        process.kill()
        await process.wait()
    for name in ("Ann", "Bob"):
        first_seen = list(dict.fromkeys(text for text in stored(out) if name in text))
        assert first_seen == [text for turn in range(KILLS) for text in texts(name, turn)]


def texts(name: str, turn: int) -> list[str]:
    """Make what a person says in one turn."""
    return [f"{name} {turn}.{number}" for number in range(EACH)]
