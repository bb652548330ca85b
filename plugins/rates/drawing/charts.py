"""Charts as PNG, drawn in one child process that is started when it is first needed.

matplotlib takes 75 MiB and holds the interpreter while it draws, so it must not be loaded into the
bot. The process lives until it has had nothing to do for some minutes, and is started anew when it
dies, is stuck, or was left in the middle of a chart.
"""

import asyncio
import json
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Protocol, Self

from .chart_layout import ChartRequest, layout

WORKER = Path(__file__).with_name("chart_worker.py")

IDLE_S = 180.0
LIMIT_S = 15.0
"""One chart takes 0.1 s, the first one a second; what takes longer is stuck."""
MOST_WAITING = 20
LARGEST_REPLY = 4_000_000
"""Bytes; a chart has about 30,000."""

_LENGTH = struct.Struct(">I")
_DRAWN = 0


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Do not make it."""


class Clock(Protocol):
    """Makes calls later."""

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Make a call after some seconds, in the event loop."""


class LoopClock:
    """The clock of the running event loop."""

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Make a call after some seconds."""
        return asyncio.get_running_loop().call_later(seconds, call)


class ChartFailed(Exception):
    """No picture could be drawn; a sparkline does instead."""


class _Died(Exception):
    """The process has ended, or its pipe is broken."""


class Charts:
    """Draws charts, one at a time: `async with Charts() as charts: png = await charts.draw(…)`."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        idle_s: float = IDLE_S,
        limit_s: float = LIMIT_S,
        worker: Path = WORKER,
    ) -> None:
        self._clock: Clock = clock or LoopClock()
        self._idle_s = idle_s
        self._limit_s = limit_s
        self._worker = worker
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: Process | None = None
        self._asleep: Process | None = None
        """The last that was not needed any more: it sees the end of its input, and ends."""
        self._idle: Timer | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        """Start nothing yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process, and remove what it has written."""
        await self.close()

    @property
    def process_id(self) -> int | None:
        """The id of the process, None while there is none."""
        return self._process.pid if self._process else None

    async def wake(self) -> None:
        """Start the process, if there is none: it takes a second, in which rates can be read.

        Where it cannot be started, `draw` says why.
        """
        if self._process is None and not self._turn.locked() and not self._closed:
            async with self._turn:
                with suppress(OSError):
                    await self._start()
                    self._idle = self._clock.call_later(self._idle_s, self._fall_asleep)

    async def draw(self, request: ChartRequest) -> bytes:
        """Return a chart as PNG: RGB, 1000 by 600 pixels.

        Raises:
            NoChart: there are too few rates.
            ChartFailed: the drawing failed twice, took too long, or too many are waiting.

        """
        if self._waiting >= MOST_WAITING or self._closed:
            raise ChartFailed("closed" if self._closed else f"{MOST_WAITING} charts are waiting")
        self._waiting += 1
        try:
            wanted = layout(request)
            await asyncio.sleep(0)  # 2,000 points take 7 ms, here and below: others come between
            body = json.dumps(wanted).encode()
            async with self._turn:
                return await self._drawn(body)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the process; what is being drawn fails."""
        self._closed = True
        await self._end()
        if self._asleep is not None:
            await _kill(self._asleep)
        if self._folder is not None:
            folder, self._folder = self._folder, None
            await asyncio.to_thread(folder.cleanup)

    async def _drawn(self, body: bytes) -> bytes:
        self._rest()
        try:
            return await self._exchange(body)
        except _Died:
            pass
        try:
            return await self._exchange(body)
        except _Died as error:
            raise ChartFailed("the drawing process died twice") from error

    async def _exchange(self, body: bytes) -> bytes:
        """Send a request and read its reply; a process that was left half-way is of no use."""
        whole = False
        try:
            async with asyncio.timeout(self._limit_s):
                process = self._process or await self._start()
                reply = await _call(process, body)
            whole = True
        except TimeoutError as error:
            raise ChartFailed(f"not drawn within {self._limit_s} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise _Died from error
        finally:
            if not whole:
                await self._end()
        self._idle = self._clock.call_later(self._idle_s, self._fall_asleep)
        if reply[0] != _DRAWN:
            raise ChartFailed(reply[1:].decode("utf-8", "replace"))
        return reply[1:]

    async def _start(self) -> Process:
        if self._closed:
            raise ChartFailed("closed")
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="sapp-charts-")
        # Nothing of the bot's environment: its secrets are none of the drawing's business.
        environment = {"MPLCONFIGDIR": self._folder.name, "MPLBACKEND": "agg", "LC_ALL": "C.UTF-8"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(self._worker),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=environment,
            cwd=self._folder.name,
            start_new_session=True,  # Ctrl-C at a terminal ends the bot, which then ends this
        )
        return self._process

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _fall_asleep(self) -> None:
        """End a process that nobody needs."""
        self._idle = None
        if self._process is not None and not self._turn.locked():
            self._asleep, self._process = self._process, None
            if self._asleep.stdin is not None:
                self._asleep.stdin.close()

    async def _end(self) -> None:
        self._rest()
        process, self._process = self._process, None
        if process is not None:
            await _kill(process)


async def _kill(process: Process) -> None:
    """End a process that may have ended, and wait until it has."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await asyncio.shield(process.wait())


async def _call(process: Process, body: bytes) -> bytes:
    assert process.stdin is not None  # noqa: S101  # both are pipes
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(_LENGTH.pack(len(body)) + body)
    await process.stdin.drain()
    (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
    if not 1 <= length <= LARGEST_REPLY:
        raise OSError(f"a reply of {length} bytes")
    return await process.stdout.readexactly(length)
