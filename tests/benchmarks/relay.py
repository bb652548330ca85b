"""A relay of TCP connections that takes its time, as a network between two machines does."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from urllib.parse import urlsplit


class Relay:
    """A port of this machine that leads to a Redis which is some milliseconds away.

    What is sent is late, and does not wait for what was sent before it: calls that go out together
    come back together.

    Args:
        target: Address of the Redis, `redis://host:port/db`.
        round_trip_s: Seconds from a call to its answer, beside what Redis takes.

    """

    def __init__(self, target: str, round_trip_s: float) -> None:
        self._target = urlsplit(target)
        self._way_s = round_trip_s / 2
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()

    async def start(self) -> str:
        """Open the port; gives its address."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"redis://127.0.0.1:{port}{self._target.path}"

    async def stop(self) -> None:
        """Close the port and all connections."""
        if self._server is not None:
            self._server.close()
        writers = list(self._writers)
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        host, port = self._target.hostname or "127.0.0.1", self._target.port or 6379
        there_reader, there_writer = await asyncio.open_connection(host, port)
        self._writers |= {writer, there_writer}
        # Cancelled when the process ends; Python 3.11 would write a traceback about that.
        with suppress(asyncio.CancelledError):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass_on(reader, there_writer))
                tasks.create_task(self._pass_on(there_reader, writer))

    async def _pass_on(self, source: StreamReader, sink: StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        due_at, data = 0.0, b"begin"
        while data:
            try:
                data = await source.read(65536)
            except OSError:
                data = b""
            # Later than what came before: the loop keeps no order among equal times.
            due_at = max(due_at + 1e-6, loop.time() + self._way_s)
            if data:
                loop.call_at(due_at, sink.write, data)
            else:
                loop.call_at(due_at, sink.close)
