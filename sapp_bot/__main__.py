"""`python -m sapp_bot`: see `cli.main`.

The first thing is an answer to SIGTERM and SIGINT: a process with the number 1 (a container without
an init) is sent none that it has no handler for, and what comes during the imports would be lost.
`app.run` puts its own in the place of these.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess


def _leave(number: int, frame: object) -> None:  # noqa: ARG001  # the signature of signal handlers
    os._exit(0)  # nothing has begun yet; an exception would be lost in an import


def start() -> int:
    """Run a command and return its exit code: `python -m sapp_bot`, and `sapp-bot` of a wheel."""
    if sys.argv[1:2] == ["run"]:
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGINT, _leave)
    try:
        waiting = _spawn() if sys.argv[1:2] == ["sandbox"] else None
        from .cli.main import main  # noqa: PLC0415  # half a second, in which a SIGTERM may come
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "sapp_bot":
            raise
        sys.stderr.write(f"{error}: pip install -r requirements.txt\n")
        return 1

    return main(waiting=waiting)


def _spawn() -> subprocess.Popen[bytes]:
    from .sandbox.spawn import spawn_waiting  # noqa: PLC0415  # a sandbox alone needs it

    return spawn_waiting()


if __name__ == "__main__":
    sys.exit(start())
