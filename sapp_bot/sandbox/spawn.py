"""Starts a process of the bot that waits to be told the rest. Imports next to nothing first.

It is what a sandbox waits for longest, so the program does this before all else: the imports of its
own command line alone take a tenth of a second.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from .env import PROJECT

WAITING_BOT = (sys.executable, "-m", "sapp_bot", "run", "--ahead")


def spawn_waiting(
    command: Sequence[str] = WAITING_BOT, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Return a process of its own session that reads its standard input, which is a pipe.

    Args:
        command: Program and arguments, for one that waits.
        environment: Environment variables of the sandbox; by default this process's own.

    """
    given = os.environ if environment is None else environment
    paths = filter(None, [str(PROJECT), given.get("PYTHONPATH")])
    return subprocess.Popen(  # noqa: S603  # this program
        command,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**given, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,
    )
