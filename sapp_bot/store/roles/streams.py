"""Reads streams of Redis, waiting for what comes: on a connection of its own, as that blocks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.retry import Backoff
from sapp_bot.store.server.connection import (
    ConnectionBroken,
    RedisConnection,
    RedisRefused,
    packed,
)

from .scripts import GROUP

log = structlog.get_logger(__name__)

BLOCK_MS = 1000
"""How long Redis waits for something to come before it answers that nothing did."""

SLACK_S = 2.0
"""How long an answer may take beyond that, until the connection counts as dead."""

BACKOFF = Backoff(first_s=0.05, factor=2.0, longest_s=1.0)
"""Waits between connections. The log of the outage is the command pipeline's."""

MOST_HELD = 10_000
"""More tickets than a worker ever holds."""

Entry = tuple[bytes, Sequence[bytes]]
"""Id of an entry, and its fields and values in turn."""


class BlockingReader:
    """A connection on which one command at a time waits for its answer.

    Args:
        connect: Returns a new connection that is not open.
        clock: Times the pauses.

    """

    def __init__(self, connect: Callable[[], RedisConnection], clock: Clock) -> None:
        self._connect = connect
        self._clock = clock
        self._connection: RedisConnection | None = None
        self._failures = 0

    async def call(self, command: Sequence[str | bytes | int], *, block_ms: int) -> Any:
        """Return the answer of a command that waits up to `block_ms` in Redis.

        Raises:
            ConnectionBroken: none came; what Redis has done is unknown. The next call connects
                anew, after a pause.

        """
        try:
            async with asyncio.timeout(block_ms / 1000 + SLACK_S):
                if self._connection is None:
                    self._connection = self._connect()
                    await self._connection.open()
                await self._connection.write([packed(*command)])
                answer = await self._connection.read()
        except (ConnectionBroken, RedisRefused, TimeoutError) as error:
            await self.close()
            wait_s = BACKOFF.wait_s(self._failures)
            self._failures += 1
            why = str(error) or "no answer in time"
            log.debug("stream.broken", error=why)
            await self._clock.sleep(wait_s)
            raise ConnectionBroken(why) from error
        self._failures = 0
        return answer

    async def close(self) -> None:
        """Cut the connection; never raises."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


class StreamTail:
    """Reads one or more streams from their beginnings on: nothing is lost when a connection breaks.

    Args:
        reader: The connection; nobody else uses it.
        streams: Redis keys.

    """

    def __init__(self, reader: BlockingReader, streams: Sequence[str]) -> None:
        self._reader = reader
        self._after: dict[str, bytes] = dict.fromkeys(streams, b"0-0")

    async def read(self, most: int = 200) -> Sequence[tuple[str, Entry]]:
        """Return what has come since the last time, in order per stream; nothing after a second."""
        command = ("XREAD", "COUNT", most, "BLOCK", BLOCK_MS, "STREAMS")
        try:
            answer = await self._reader.call(
                (*command, *self._after, *self._after.values()), block_ms=BLOCK_MS
            )
        except ConnectionBroken:
            return ()
        found: list[tuple[str, Entry]] = []
        for name, entries in answer or ():
            stream = name.decode()
            found += [(stream, (entry, fields or ())) for entry, fields in entries]
            self._after[stream] = entries[-1][0]
        return found


class GroupReader:
    """Reads what the workers share: whom to serve, and what the gateway asks of any of them.

    Args:
        reader: The connection; nobody else uses it.
        ready: Redis key of the stream of persons.
        calls: Redis key of the stream of calls.
        worker: Name of this worker in the consumer group.

    """

    def __init__(self, reader: BlockingReader, ready: str, calls: str, worker: str) -> None:
        self._reader = reader
        self._ready, self._calls = ready, calls
        self._worker = worker
        # After a break, first what was given to us in an answer that we may not have got.
        self._is_sure = True

    async def read(self, most: int, *, busy_ms: int = 50) -> Sequence[tuple[str, Entry]]:
        """Return up to `most` persons and some calls, as (stream, entry); after a break some again.

        Args:
            most: How many persons this worker has room for; with 0 only calls are read, and the
                wait is short.
            busy_ms: That wait, in milliseconds.

        """
        if self._is_sure:
            streams = (self._ready, self._calls) if most else (self._calls,)
            count, block_ms, after = max(1, most), BLOCK_MS if most else busy_ms, ">"
        else:  # nothing is waited for: it is about what is pending
            streams, count, block_ms, after = (self._ready,), MOST_HELD, 1, "0"
        command = ("XREADGROUP", "GROUP", GROUP, self._worker, "COUNT", count)
        try:
            answer = await self._reader.call(
                (*command, "BLOCK", block_ms, "STREAMS", *streams, *[after] * len(streams)),
                block_ms=block_ms,
            )
        except ConnectionBroken:
            self._is_sure = False
            return ()
        self._is_sure = True
        return [
            (name.decode(), (entry, fields))
            for name, entries in answer or ()
            for entry, fields in entries
            if fields is not None  # one that is deleted and still pending
        ]

    async def close(self) -> None:
        """Cut the connection; never raises."""
        await self._reader.close()
