"""The bot in a process of its own that starts at once: forked from one that has imported it.

`python -m sapp_bot run` imports for a second before it does anything. Most tests are about what it
does then, so a server (one for each pytest process; it has nothing but the imports) forks for each
start. What runs in the fork is the same: the command line, a session, environment, folder and log
of its own, signals, exit codes. What is about the start itself runs the program: `test_start.py`,
the wheel, and one of the scripts.
Source: https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from multiprocessing.context import ForkServerProcess

from sapp_bot.sandbox.bot_process import BotProcess

PROGRAM = (sys.executable, "-m", "sapp_bot")

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.forked_imports"])


async def ready_to_fork() -> None:
    """Wait until the server has imported everything: the first start would take it for its own."""
    await asyncio.to_thread(_fork_nothing)


@cache
def _fork_nothing() -> None:
    process = _FORKS.Process(target=gc.collect, daemon=True)
    process.start()
    process.join()


def _become(arguments: Sequence[str], environment: dict[str, str], log: str, folder: str) -> None:
    """Be the program from here on. Runs in the fork."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.close(written)
    if arguments[0].endswith(".py"):  # another bot, for the tests of what is around one
        sys.argv = [*arguments]
        runpy.run_path(arguments[0], run_name="__main__")
        return
    sys.argv = ["sapp_bot", *arguments]
    from sapp_bot.__main__ import start  # noqa: PLC0415  # here it is imported already

    sys.exit(start())


def _answer(typed: str, *rest: object) -> None:
    """Be the program, with a text on its standard input. Runs in the fork."""
    read, write = os.pipe()
    os.write(write, typed.encode())  # shorter than a pipe's buffer
    os.close(write)
    os.dup2(read, 0)
    os.close(read)
    sys.stdin = os.fdopen(0)
    _become(*rest)  # type: ignore[arg-type]  # passed on as they came


class _Fork:
    """A forked process, with what `BotProcess` uses of asyncio's."""

    def __init__(self, process: ForkServerProcess) -> None:
        process.start()
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._loop.add_reader(process.sentinel, self._end)

    def _end(self) -> None:
        self._loop.remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set()

    @property
    def pid(self) -> int:
        """Number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code (negative: the signal), None while it runs."""
        return self._process.exitcode if self._ended.is_set() else None

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for the end, and return the exit code."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode


def _arguments(command: Sequence[str]) -> Sequence[str]:
    """Return what is behind this Python's `-m sapp_bot`, or its script; empty for all else."""
    if tuple(command[: len(PROGRAM)]) == PROGRAM:
        return command[len(PROGRAM) :]
    python, *rest = command
    return rest if python == sys.executable and rest[0].endswith(".py") else ()


class ForkedBot(BotProcess):
    """A `BotProcess` that is forked, where its command is this Python's `-m sapp_bot` or a script.

    Call `ready_to_fork` before the first.
    """

    async def start(self) -> None:
        """Start the process, in its own session."""
        if not _arguments(self._command):
            await super().start()
            return
        self._process = self._fork(_become, (*self._command, *self.arguments))

    async def ask(self, command: Sequence[str], typed: str, limit_s: float) -> int:
        """Run another command to its end and return its exit code."""
        if not _arguments(command):
            return await super().ask(command, typed, limit_s)
        process = self._fork(_answer, command, typed)
        with suppress(TimeoutError):  # the exit code tells
            async with asyncio.timeout(limit_s):
                await process.wait()
        with suppress(ProcessLookupError):
            process.kill()
        return await process.wait()

    def _fork(self, target: object, command: Sequence[str], *first: str) -> _Fork:
        rest = (_arguments(command), self._environment, str(self.log), str(self._folder))
        # A daemon, in the words of multiprocessing: ended when this process does.
        return _Fork(_FORKS.Process(target=target, args=(*first, *rest), daemon=True))  # type: ignore[arg-type]
