"""An embedded Redis: fakeredis's commands and Lua behind a TCP port of this event loop.

fakeredis brings a server of its own (`TcpFakeServer`); it keeps a thread per connection that
wakes 100 times a second, and closes the connection after each error reply, which no Redis does.
So only its socket is used here, which parses and runs the commands. Nothing is kept on disk.
"""

from __future__ import annotations

import asyncio
from typing import Any

import redis
from fakeredis import FakeServer
from fakeredis._helpers import SimpleError, SimpleString  # no public name; the version is pinned
from fakeredis._socket import AsyncFakeSocket  # no public name; the version is pinned

from sapp_bot.sandbox.lifetime import RunsInContext
from sapp_bot.sandbox.port import Port

VERSION = (7, 0)
"""The commands it knows are those of the oldest Redis that is promised to work."""

_RESP3 = 3


class EmbeddedRedis(RunsInContext):
    """A Redis on loopback for as long as the `async with` lasts."""

    def __init__(self, port: int = 0) -> None:
        self._port = Port(port)
        self._data = FakeServer(version=VERSION)
        self._open: set[_Connection] = set()

    @property
    def url(self) -> str:
        """Address for clients, database 0."""
        return f"redis://{self._port.host}:{self._port.number}/0"

    async def start(self) -> None:
        """Listen."""
        await self._port.open(lambda: _Connection(self._data, self._open))

    async def stop(self) -> None:
        """Stop for good: hang up and give the port back."""
        await self.refuse()
        self._port.give_back()

    async def refuse(self) -> None:
        """Be a Redis that is gone: hang up, and refuse callers until `accept`."""
        self._port.close()
        connections = list(self._open)
        for connection in connections:
            connection.hang_up()
        await asyncio.gather(*(connection.gone for connection in connections))

    async def accept(self) -> None:
        """Be back, on the same port and with the same data."""
        await self.start()

    def flush(self) -> None:
        """Forget all data and all loaded scripts."""
        with self._data.lock:
            for database in self._data.dbs.values():
                database.clear()
            self._data.script_cache.clear()


class _Socket(AsyncFakeSocket):
    """fakeredis's socket, handing out replies as the server knows them.

    Its own way is to turn them into what a Python client sees, which cannot be undone: simple
    strings become blobs, and errors lose their code.
    """

    def _decode_result(self, result: Any) -> Any:
        return result


class _Connection(asyncio.Protocol):
    """Feeds what comes to fakeredis and writes what it answers, in that order."""

    def __init__(self, data: FakeServer, others: set[_Connection]) -> None:
        self._data = data
        self._others = others
        self._transport: asyncio.Transport | None = None
        self._writer: asyncio.Task[None] | None = None
        self._socket: _Socket | None = None
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the caller a socket of its own."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # a TCP server's always is
        self._transport = transport
        self._socket = _Socket(self._data, 0, client_class=redis.Redis)
        self._writer = asyncio.create_task(self._write(transport, self._socket))
        self._others.add(self)

    def data_received(self, data: bytes) -> None:
        """Run the commands in these bytes; what is no command ends the connection."""
        assert self._socket is not None  # noqa: S101  # set when the connection was made
        try:
            self._socket.sendall(data)
        except (SimpleError, ValueError, StopIteration, redis.ConnectionError):
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the caller; what it waits for must not be taken by nobody."""
        del exc
        self._others.discard(self)
        if self._writer is not None:
            self._writer.cancel()
        if self._socket is not None:
            with self._data.lock:
                self._socket.kill()
                self._socket._unblock_reason = b"timeout"  # noqa: SLF001  # CLIENT UNBLOCK, as it does
                self._data.dbs[self._socket._db_num].wake_all()  # noqa: SLF001  # same
        self.gone.set_result(None)

    def hang_up(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    async def _write(self, transport: asyncio.Transport, source: _Socket) -> None:
        while True:
            reply = await source.responses.get()
            protocol = source._client_info.protocol_version  # noqa: SLF001  # HELLO changes it
            transport.write(encode(reply, protocol))


def encode(value: object, protocol: int) -> bytes:
    """Write a reply in RESP2 or RESP3. For RESP2 fakeredis has flattened it already.

    Source: redis.io, "Redis serialization protocol specification".

    Raises:
        TypeError: no reply is of such a type.
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        kind = b"~" if protocol == _RESP3 and isinstance(value, (set, frozenset)) else b"*"
        return b"%s%d\r\n" % (kind, len(value)) + b"".join(encode(v, protocol) for v in value)
    if isinstance(value, dict):
        items = [encode(item, protocol) for pair in value.items() for item in pair]
        head = b"%%%d" % len(value) if protocol == _RESP3 else b"*%d" % len(items)
        return head + b"\r\n" + b"".join(items)
    if isinstance(value, SimpleString):
        return b"+%s\r\n" % value.value
    if isinstance(value, SimpleError):
        return f"-{value.value}\r\n".encode()
    return _encode_one(value, protocol)


def _encode_one(value: object, protocol: int) -> bytes:
    match value:
        case None:
            return b"_\r\n" if protocol == _RESP3 else b"$-1\r\n"
        case bool() if protocol == _RESP3:
            return b"#t\r\n" if value else b"#f\r\n"
        case int():
            return b":%d\r\n" % value
        case float() if protocol == _RESP3:
            return f",{value!r}\r\n".encode()
        case float() | str():
            return _encode_one(str(value).encode(), protocol)
        case bytes():
            return b"$%d\r\n%s\r\n" % (len(value), value)
        case _:
            raise TypeError(f"no reply is a {type(value).__name__}")
