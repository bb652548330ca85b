"""The TCP connection to Telegram, before a word is said on it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import defaultdict

from sapp_bot.telegram.reach import Reach, link_type


async def test_the_system_looks_for_the_other_end() -> None:
    """A server that has gone without a word is missed within 30 s, though nobody says anything."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1")
    host, port = server.sockets[0].getsockname()
    link = link_type(Reach())(host, port, 2, loggers=defaultdict(logging.getLogger))

    await link.connect(timeout=5)
    opened: socket.socket = link._writer.get_extra_info("socket")
    asked = [
        opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
        opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
        opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
    ]
    await link.disconnect()
    server.close()
    await server.wait_closed()

    assert asked == [1, 15, 5, 3]
