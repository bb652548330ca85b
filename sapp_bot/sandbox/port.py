"""A loopback port that stays ours while nothing listens on it.

A second socket is bound to it and never listens. Callers are refused as on a closed port, and
the kernel gives the number to nobody else, so that a stand-in can go away and come back.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable


class Port:
    """One TCP port of the loopback interface."""

    def __init__(self, number: int = 0, *, host: str = "127.0.0.1") -> None:
        """Name a port; 0 takes a free one at the first `open`."""
        self.host = host
        self.number = number
        self._place: socket.socket | None = None
        self._server: asyncio.Server | None = None

    async def open(self, accept: Callable[[], asyncio.BaseProtocol]) -> None:
        """Listen, with `accept` making the protocol of each connection.

        Raises:
            OSError: the port is somebody else's.
        """
        if self._place is None:
            self._place = self._bind()
            self.number = self._place.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(accept, sock=self._bind())

    def close(self) -> None:
        """Stop listening; connections that stand are not touched."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def give_back(self) -> None:
        """Stop listening and give the number back."""
        self.close()
        if self._place is not None:
            self._place.close()
            self._place = None

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # asyncio sets TCP_NODELAY only where TCP is named: else each second answer takes 40 ms.
        place = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place.bind((self.host, self.number))
            place.setblocking(False)
        except OSError:
            place.close()
            raise
        return place
