"""A bot that is killed again and again, in the middle of storing, loses nothing."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path

from tests.end_to_end.stage import Stage, Talker, stage, until

KILLS = 4
PAUSE_S = 0.01
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


async def chatter(person: Talker, said: list[str], stop: asyncio.Event) -> None:
    """Say numbered things until told to stop; each counts once the server has it."""
    while not stop.is_set():
        text = f"{person.account.first_name} {len(said)}"
        await person.say(text)
        said.append(text)
        await asyncio.sleep(PAUSE_S)


def stored(out: Path) -> list[str]:
    """Read what all the processes stored, in their order."""
    return out.read_text().splitlines()


async def test_killed_again_and_again(tmp_path: Path) -> None:
    """SIGKILL at random moments under traffic: everything said is stored, in order per person."""
    dice = random.Random(SEED)  # noqa: S311 - moments, not secrets
    out = tmp_path / "stored"
    async with stage(tmp_path / "bot") as s, s.talker("Ann") as ann, s.talker("Bob") as bob:
        stop = asyncio.Event()
        said: dict[str, list[str]] = {"Ann": [], "Bob": []}
        process = await spawn(s, out)
        talking = [
            asyncio.create_task(chatter(p, said[p.account.first_name], stop)) for p in (ann, bob)
        ]
        for _ in range(KILLS):
            await asyncio.sleep(dice.uniform(0.01, 0.3))
            process.kill()
            await process.wait()
            process = await spawn(s, out)
        stop.set()
        await asyncio.gather(*talking)
        await until(lambda: set(stored(out)) >= {*said["Ann"], *said["Bob"]})
        process.kill()
        await process.wait()
    for name, texts in said.items():
        first_seen = list(dict.fromkeys(text for text in stored(out) if name in text))
        assert first_seen == texts
