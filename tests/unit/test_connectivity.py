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
from structlog.testing import capture_logs

from sapp_bot.telegram.connectivity import FLOOD_PAUSE_S, Connectivity, WatchedConnection, link_type
from sapp_bot.telegram.seam import InvalidBufferError


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


@pytest.mark.parametrize(
    "said", [b"", b"\x10", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x0c" + b"\0" * 40]
)
async def test_whatever_answers_there_is_a_broken_connection(said: bytes) -> None:
    """It hangs up or speaks something else: an outage, which is waited out and named."""
    reach = Connectivity()
    with capture_logs() as logs:
        async with linked(reach, said) as link:
            with pytest.raises(ConnectionError):
                await link.recv()

    assert len(logs) == 1
    assert logs[0]["log_level"] == "warning"


async def test_a_forgotten_key_is_told_apart() -> None:
    """Telegram's word for a key that it does not know must reach Telethon as it is."""
    async with linked(Connectivity(), struct.pack("<iii", -404, -404, -404)) as link:
        with pytest.raises(InvalidBufferError):
            await link.recv()
