"""An embedded Redis: fakeredis's commands and Lua behind a TCP port of this event loop.

fakeredis has a server of its own (`TcpFakeServer`), but that one keeps a thread per connection
which wakes 100 times a second, and closes the connection after each error reply, which Redis does
not. So only its socket is used here, which parses and runs the commands. Nothing goes to disk.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import redis

from sapp_bot.sandbox.lifetime import RunsInContext
from sapp_bot.sandbox.port import Port

# fakeredis takes numpy, which matplotlib brings, for vector sets, which the bot has not: 0.1 s.
# None makes an import fail. Source: https://docs.python.org/3/reference/import.html
_numpy = sys.modules.get("numpy")
sys.modules["numpy"] = None  # type: ignore[assignment]  # the stubs know modules only
try:
    from fakeredis import FakeServer
    from fakeredis._commands import Signature  # no public name; it is pinned
    from fakeredis._helpers import SimpleError, SimpleString  # no public name; it is pinned
    from fakeredis._socket import AsyncFakeSocket  # no public name; it is pinned
finally:
    del sys.modules["numpy"]
    if _numpy is not None:
        sys.modules["numpy"] = _numpy

VERSION = (7, 0)
"""Version whose commands it knows: the oldest Redis that the bot supports."""

_RESP3 = 3

_CONFIG_GET = Signature("config get", "config_get", (bytes,), (bytes,))

_SETTINGS = {b"appendonly": b"yes", b"maxmemory-policy": b"noeviction", b"save": b""}
"""What it says of itself: that it keeps what it is told, as a bot sells on no other. It lives as
long as the Telegram and the API beside it, so nothing outlives what was paid."""


class EmbeddedRedis(RunsInContext):
    """A Redis server on loopback, data in memory."""

    def __init__(self, port: int = 0) -> None:
        self._port = Port(port)
        self._data = FakeServer(version=VERSION)
        self._open: set[_Connection] = set()

    @property
    def url(self) -> str:
        """Address for clients, with database 0."""
        return f"redis://{self._port.host}:{self._port.number}/0"

    async def start(self) -> None:
        """Start listening."""
        await self._port.open(lambda: _Connection(self._data, self._open))

    async def stop(self) -> None:
        """Close all connections and release the port."""
        await self.refuse()
        self._port.give_back()

    async def refuse(self) -> None:
        """Behave as a stopped Redis: close all connections, refuse new ones until `accept`."""
        self._port.close()
        connections = list(self._open)
        for connection in connections:
            connection.hang_up()
        await asyncio.gather(*(connection.gone for connection in connections))

    async def accept(self) -> None:
        """Accept connections again, on the same port and with the same data."""
        await self.start()

    def flush(self) -> None:
        """Delete all data and all loaded scripts."""
        with self._data.lock:
            for database in self._data.dbs.values():
                database.clear()
            self._data.script_cache.clear()


class _Socket(AsyncFakeSocket):
    """fakeredis's socket without its conversion of replies for a Python client.

    The conversion cannot be undone: simple strings become blobs, and errors lose their code.
    """

    def _decode_result(self, result: Any) -> Any:
        return result

    def _name_to_func(self, cmd_name: str) -> tuple[Any, Signature]:
        if cmd_name == _CONFIG_GET.name:
            return self.config_get, _CONFIG_GET
        found: tuple[Any, Signature] = super()._name_to_func(cmd_name)
        return found

    def config_get(self, *names: bytes) -> dict[bytes, bytes]:
        """Return the settings of these names, which fakeredis does not have."""
        asked = {name.lower() for name in names}
        return {name: value for name, value in _SETTINGS.items() if name in asked}


class _Connection(asyncio.Protocol):
    """Passes received bytes to fakeredis, and writes its replies in order."""

    def __init__(self, data: FakeServer, others: set[_Connection]) -> None:
        self._data = data
        self._others = others
        self._transport: asyncio.Transport | None = None
        self._writer: asyncio.Task[None] | None = None
        self._socket: _Socket | None = None
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open a fakeredis socket for the client."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # a TCP server's always is
        self._transport = transport
        self._socket = _Socket(self._data, 0, client_class=redis.Redis)
        self._writer = asyncio.create_task(self._write(transport, self._socket))
        self._others.add(self)

    def data_received(self, data: bytes) -> None:
        """Run the commands in these bytes; bytes that are no command end the connection."""
        assert self._socket is not None  # noqa: S101  # set when the connection was made
        try:
            self._socket.sendall(data)
        except (SimpleError, ValueError, StopIteration, redis.ConnectionError):
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the fakeredis socket: its pending BLPOP must not take a value that nobody gets."""
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
    """Return a reply as RESP bytes.

    Args:
        value: Reply of fakeredis, which has flattened it already for RESP2.
        protocol: 2 or 3.

    Source: redis.io, "Redis serialization protocol specification".

    Raises:
        TypeError: no reply has this type.
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
