"""The bot as a process of its own: started, killed, ended, and its log."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

STOP_S = 3.0
"""How long the bot may take to end by itself; then it is killed."""

_TAIL_BYTES = 16_384


class BotProcess:
    """Runs a command in `folder`, again and again; both its outputs are appended to `log`."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], *, log: Path, folder: Path
    ) -> None:
        self._command = tuple(command)
        self._environment = dict(environment)
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.log = log

    async def start(self) -> None:
        """Start the process, in a session of its own: Ctrl-C in the terminal is not for it."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """Exit code of a process that ended (negative: the signal), else None."""
        return self._process.returncode if self._process else None

    async def ended(self) -> int:
        """Wait for the end of the process and give its exit code."""
        assert self._process is not None  # noqa: S101  # called between start and stop
        return await self._process.wait()

    async def kill(self) -> None:
        """Kill the process as a power cut would: SIGKILL."""
        await self._end(signal.SIGKILL, None)

    async def stop(self, grace_s: float = STOP_S) -> None:
        """Ask the process to end, and kill it if it has not after `grace_s` seconds."""
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
        """Run another command to its end, with `typed` on its standard input; gives its exit code.

        Its outputs go to the log as well. One that takes longer than `limit_s` is killed.
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
        """Give the last lines of the log."""
        with suppress(FileNotFoundError), self.log.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - _TAIL_BYTES))
            return log.read().decode(errors="replace").splitlines()[-lines:]
        return []
