"""One connection through the Redis proxy: forwards its commands in order, with planned faults."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from sapp_bot.sandbox.faults import Delay, Drop, Fail, Fault, Faults, Hang, Hold, When

from .commands import waits
from .resp import PUSH, NotRedis, RespCommand, RespFrames, read_command

_CHUNK = 65_536
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class TrafficWatcher(Protocol):
    """The part of the proxy that a session uses."""

    faults: Faults
    moving: asyncio.Event
    in_flight: int

    def note(self, command: RespCommand, *, fresh: bool) -> tuple[str, ...]:
        """Count a command and return its names."""


class _Ended(Exception):
    """A side has closed the connection, or a fault cuts it."""


class _PendingCall:
    """A received command with its planned faults, and whether it counts as in flight."""

    __slots__ = ("command", "counted", "faults")

    def __init__(self, command: RespCommand, faults: list[Fault]) -> None:
        self.command = command
        self.faults = faults
        self.counted = not waits(command.words)


class ProxySession:
    """A client's connection, and the connection to Redis that belongs to it."""

    def __init__(
        self, watcher: TrafficWatcher, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._watcher = watcher
        self._reader = reader
        self._writer = writer
        self._calls: asyncio.Queue[_PendingCall | None] = asyncio.Queue()
        self._open: deque[_PendingCall] = deque()
        self._reply: asyncio.Future[bytes] | None = None
        self._gone = asyncio.Event()
        self._cut = asyncio.Event()
        self.done = asyncio.Event()

    def close(self) -> None:
        """Cut both sides."""
        self._cut.set()

    async def run(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        """Serve until Redis hangs up, or the client does and all its commands are forwarded."""
        parts = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._work(connect)),
            asyncio.create_task(self._cut.wait()),
        ]
        try:
            await asyncio.wait(parts[1:], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            self._watcher.in_flight -= sum(call.counted for call in self._open)
            if self._cut.is_set():
                self._writer.transport.abort()
            self._writer.close()
            self.done.set()

    async def _listen(self) -> None:
        """Read commands into the queue until the client hangs up."""
        frames = RespFrames()
        with suppress(OSError, NotRedis):
            while data := await self._reader.read(_CHUNK):
                fresh = not self._open
                for frame in frames.feed(data):
                    command = read_command(frame)
                    names = self._watcher.note(command, fresh=fresh)
                    fresh = False
                    call = _PendingCall(command, self._watcher.faults.take(*names))
                    self._open.append(call)
                    self._watcher.in_flight += call.counted
                    self._calls.put_nowait(call)
        self._gone.set()
        self._calls.put_nowait(None)

    async def _work(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        """Forward the commands one by one, each after the reply to the previous one."""
        await self._watcher.moving.wait()
        try:
            reader, writer = await connect()
        except OSError:
            return
        answers = asyncio.create_task(self._answers(reader))
        try:
            while (call := await self._next(answers)) is not None:
                await self._do(call, writer, answers)
        except (_Ended, OSError):
            pass
        finally:
            answers.cancel()
            writer.close()
            await asyncio.gather(answers, return_exceptions=True)

    async def _next(self, answers: asyncio.Task[None]) -> _PendingCall | None:
        """Return the next command, None at the end; Redis may hang up meanwhile."""
        waiting = asyncio.create_task(self._calls.get())
        either: list[asyncio.Future[Any]] = [waiting, answers]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        return None

    async def _do(
        self, call: _PendingCall, writer: asyncio.StreamWriter, answers: asyncio.Task[None]
    ) -> None:
        reply = await self._strike(call, "before")
        if reply is None:
            await self._watcher.moving.wait()
            self._reply = asyncio.get_running_loop().create_future()
            writer.write(call.command.raw)
            either: list[asyncio.Future[Any]] = [self._reply, answers]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not self._reply.done():
                raise _Ended
            reply = self._reply.result()
            await self._strike(call, "after")
        await self._watcher.moving.wait()
        self._open.remove(call)
        self._watcher.in_flight -= call.counted
        self._give(reply)

    def _give(self, frame: bytes) -> None:
        """Pass an answer on, unless the client has hung up: its commands run all the same."""
        if not self._writer.is_closing():
            self._writer.write(frame)

    async def _answers(self, reader: asyncio.StreamReader) -> None:
        """Read replies; pass on at once what answers no command (MONITOR, pub/sub)."""
        frames = RespFrames()
        with suppress(OSError, NotRedis):
            while data := await reader.read(_CHUNK):
                for frame in frames.feed(data):
                    if frame[0] != PUSH and self._reply is not None and not self._reply.done():
                        self._reply.set_result(frame)
                    else:
                        await self._watcher.moving.wait()
                        self._give(frame)

    async def _strike(self, call: _PendingCall, when: When) -> bytes | None:
        """Carry out the faults before or after a command; return the answer that replaces Redis's.

        Raises:
            _Ended: the connection is over.
        """
        for fault in call.faults:
            do = fault.do
            if isinstance(do, Delay) and when == "before":
                await asyncio.sleep(do.seconds)
            elif isinstance(do, Fail) and when == "before":
                return f"-{do.text or 'ERR'}\r\n".encode()
            elif isinstance(do, Drop) and do.when == when:
                self._cut.set()
                raise _Ended
            elif isinstance(do, Hang) and do.when == when:
                await self._gone.wait()
                raise _Ended
            elif isinstance(do, Hold) and do.when == when:
                await self._held(fault)
        return None

    async def _held(self, fault: Fault) -> None:
        """Wait for the release; raise _Ended if the client hangs up first."""
        parts = [
            asyncio.create_task(fault.hold()),
            asyncio.create_task(self._gone.wait()),
        ]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
        if not fault.released.is_set():
            raise _Ended
