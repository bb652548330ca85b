"""Runs the bot as a child process: starts, stops and kills it, and keeps its log."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from .ahead import AheadProcess

STOP_S = 3.0
"""Seconds that the bot has to end after SIGTERM; then it is killed."""

_TAIL_BYTES = 16_384


class RunningProcess(Protocol):
    """A process that has been started: what is used of `asyncio.subprocess.Process`."""

    @property
    def pid(self) -> int:
        """Number of the process."""

    @property
    def returncode(self) -> int | None:
        """Exit code (negative: the signal), None while it runs."""

    def send_signal(self, signal: int, /) -> None:
        """Send a signal. Raises ProcessLookupError if the process has ended."""

    def kill(self) -> None:
        """Send SIGKILL. Raises ProcessLookupError if the process has ended."""

    async def wait(self) -> int:
        """Wait for the end, and return the exit code."""


class BotProcess:
    """Runs a command, again after each end.

    Args:
        command: Program and arguments.
        environment: Environment variables, all of them.
        log: File that standard output and error are appended to.
        folder: Working directory.
        ahead: Gives a process of the command that waits to be told the rest, for each start, by
            what is added to the command; when it has died an ordinary process is started.

    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path,
        folder: Path,
        ahead: Callable[[Sequence[str]], AheadProcess] | None = None,
    ) -> None:
        self._ahead = ahead
        self._command = tuple(command)
        self._environment = dict(environment)
        self._folder = folder
        self._process: RunningProcess | None = None
        self.log = log
        self.arguments: tuple[str, ...] = ()
        """What is added to the command from the next start on."""

    async def start(self) -> None:
        """Start the process, in its own session: Ctrl-C in the terminal must not reach it."""
        ahead = None if self._ahead is None else self._ahead(self.arguments)
        told = self._environment
        if ahead is not None and ahead.begin(told, log=self.log, folder=self._folder):
            self._process = ahead
            return
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                *self.arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Number of the process that was started last."""
        assert self._process is not None  # noqa: S101  # called after start
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code of the ended process (negative: the signal), None while it runs."""
        return self._process.returncode if self._process else None

    async def ended(self) -> int:
        """Wait for the end of the process and return its exit code."""
        assert self._process is not None  # noqa: S101  # called between start and stop
        return await self._process.wait()

    async def kill(self) -> None:
        """Kill the process with SIGKILL, as a power cut would."""
        await self._end(signal.SIGKILL, None)

    async def stop(self, grace_s: float = STOP_S) -> None:
        """Send SIGTERM, and SIGKILL if the process has not ended after `grace_s` seconds."""
        await self._end(signal.SIGTERM, grace_s)

    async def _end(self, how: signal.Signals, grace_s: float | None) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            async with asyncio.timeout(grace_s):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def ask(self, command: Sequence[str], typed: str, limit_s: float) -> int:
        """Run another command to its end and return its exit code.

        Args:
            command: Program and arguments; its output goes to the log as well.
            typed: Text on its standard input.
            limit_s: Seconds after which it is killed.

        """
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(limit_s):
                await process.communicate(typed.encode())
        except TimeoutError:
            pass  # the exit code tells
        finally:
            with suppress(ProcessLookupError):
                process.kill()
        return await process.wait()

    def tail(self, lines: int = 20) -> list[str]:
        """Return the last lines of the log."""
        with suppress(FileNotFoundError), self.log.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - _TAIL_BYTES))
            return log.read().decode(errors="replace").splitlines()[-lines:]
        return []
