"""The TCP connection to Telegram, before a word is said on it."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sapp_bot.telegram.connectivity import FLOOD_PAUSE_S, Connectivity, WatchedConnection, link_type


@asynccontextmanager
async def linked(reach: Connectivity, said: bytes = b"") -> AsyncIterator[WatchedConnection]:
    """Connect to a server that says something and hangs up."""

    def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1")
    host, port = server.sockets[0].getsockname()
    link = link_type(reach)(host, port, 2, loggers=defaultdict(logging.getLogger))
    await link.connect(timeout=5)
    yield link
    await link.disconnect()
    server.close()
    await server.wait_closed()


async def test_the_system_looks_for_the_other_end() -> None:
    """A server that has gone without a word is missed within 30 s, though nobody says anything."""
    async with linked(Connectivity()) as link:
        opened: socket.socket = link._writer.get_extra_info("socket")
        asked = [
            opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
            opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
        ]

    assert asked == [1, 15, 5, 3]


async def test_too_many_connections() -> None:
    """When Telegram asks for fewer connections the next one waits, and the client lives on."""
    reach = Connectivity()
    async with linked(reach, struct.pack("<iii", -429, -429, -429)) as link:
        with pytest.raises(ConnectionError):
            await link.recv()
        assert reach.pause_s == FLOOD_PAUSE_S
    reach.found()

    assert reach.pause_s < FLOOD_PAUSE_S
