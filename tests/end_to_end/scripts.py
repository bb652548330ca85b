"""Plays a script of the sandbox as `python -m sapp_bot sandbox --script` does, without its start.

The sandbox runs here, which has imported it; the bot is a process of its own, forked. That the
command itself does this, `test_first_use.py` shows.
"""

from __future__ import annotations

import argparse
import io
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from sapp_bot.sandbox.arguments import add_arguments
from sapp_bot.sandbox.cli import sandbox
from tests.forked import ForkedBot, ready_to_fork

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Played:
    """What came of a script: exit code, transcript and complaints, the bot's log."""

    code: int
    transcript: str
    complaints: str
    log: str


async def play(script: Path, folder: Path, **settings: str) -> Played:
    """Play a script; the bot's log is kept in `folder`, `settings` are environment variables."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    log = folder / "bot.log"
    arguments = parser.parse_args(["--script", str(script), "--log", str(log)])
    await ready_to_fork()
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = await sandbox(arguments, {**os.environ, **settings}, process=ForkedBot)
    return Played(code, out.getvalue(), err.getvalue(), log.read_text("utf-8"))
