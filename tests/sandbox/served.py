"""A sandbox that only serves, as a process of its own, and what it says about itself."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
SERVE = (sys.executable, "-m", "sapp_bot", "sandbox", "--serve")
READY_S = 90.0
STOP_S = 30.0


class Served:
    """The process, and its one line of JSON."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.invitation: dict[str, Any] = json.loads(self._line())

    def _line(self) -> bytes:
        output = self.process.stdout
        assert output is not None
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            assert selector.select(READY_S), "the sandbox said nothing"
        return bytes(output.readline())

    def end(self, number: int) -> tuple[int, bytes]:
        """Send a signal; gives the exit code, and all that was written after the line."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=STOP_S)
        return self.process.returncode, rest


@contextmanager
def serving(
    command: Sequence[str] = SERVE, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Serve until the end of the block."""
    process = subprocess.Popen(  # noqa: S603  # our own command
        command,
        cwd=PROJECT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        yield Served(process)
    finally:
        process.kill()
        process.communicate()
