"""Starts the bot's process before the sandbox knows what to tell it: both import at once.

To import takes each of them a second, and there are two cores. What the process waits for comes
as one line of JSON on its standard input; without one, at the end of the sandbox, it ends. The
input stays open while the process runs: when the sandbox is killed, it closes, and the process
ends too.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .spawn import spawn_waiting


class AheadProcess:
    """A process of the bot that has begun to import, and waits; what `BotProcess` runs.

    Args:
        process: What `spawn_waiting` has started.

    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._ending: asyncio.Task[int] | None = None
        self._is_told = False

    def begin(self, environment: Mapping[str, str], *, log: Path, folder: Path) -> bool:
        """Let it run, with this environment and folder; its output is appended to the log.

        Returns:
            False if it has ended meanwhile.

        """
        told = {"environment": dict(environment), "log": str(log), "folder": str(folder)}
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101  # it was asked for
        if self.returncode is not None:
            return False
        with suppress(BrokenPipeError):  # it ends just now: its exit code tells
            pipe.write(json.dumps(told).encode() + b"\n")
        self._is_told = True
        return True

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code (negative: the signal), None while it runs."""
        return self._process.poll()

    def send_signal(self, signal: int, /) -> None:
        """Send a signal; one that has ended gets none."""
        self._process.send_signal(signal)

    def kill(self) -> None:
        """Send SIGKILL; one that has ended gets none."""
        self._process.kill()

    async def wait(self) -> int:
        """Wait for the end, and return the exit code."""
        if self._ending is None:  # one thread, however many wait
            self._ending = asyncio.create_task(asyncio.to_thread(self._process.wait))
        code = await asyncio.shield(self._ending)
        self._close_pipe()
        return code

    def close(self) -> None:
        """End it if it was never told to begin."""
        if not self._is_told:
            self._process.kill()
            self._process.wait()
        self._close_pipe()

    def _close_pipe(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()


class AheadProcesses:
    """Gives a waiting process of a command for each start of the bot; the first begins at once.

    Args:
        command: Program and arguments, for one that waits.
        environment: Environment variables of the sandbox.
        first: The first one, if it is there already.

    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        first: subprocess.Popen[bytes] | None = None,
    ) -> None:
        self._command = tuple(command)
        self._environment = environment
        self._first: AheadProcess | None = AheadProcess(
            first or spawn_waiting(command, environment)
        )

    def take(self, arguments: Sequence[str]) -> AheadProcess:
        """Return one that has these arguments, too, and was not returned before."""
        first = self._first
        if first is not None and not arguments:
            self._first = None
            return first
        return AheadProcess(spawn_waiting((*self._command, *arguments), self._environment))

    def close(self) -> None:
        """End the first one if nobody has taken it."""
        if self._first is not None:
            self._first.close()
