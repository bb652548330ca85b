"""A loopback port that stays reserved while nothing listens on it.

A second socket is bound to the port and never listens. So clients are refused as on a closed
port, but the kernel gives the number to no other process: a server can go away and come back.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable


class Port:
    """One reserved TCP port of the loopback interface."""

    def __init__(self, number: int = 0, *, host: str = "127.0.0.1") -> None:
        """Choose a port by number; 0 takes a free one at the first `open`."""
        self.host = host
        self.number = number
        self._place: socket.socket | None = None
        self._server: asyncio.Server | None = None

    async def open(self, accept: Callable[[], asyncio.BaseProtocol]) -> None:
        """Start listening.

        Args:
            accept: Returns the protocol object of a new connection.

        Raises:
            OSError: another process has the port.
        """
        if self._place is None:
            self._place = self._bind()
            self.number = self._place.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(accept, sock=self._bind())

    def close(self) -> None:
        """Stop listening and keep the port reserved; open connections stay."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def give_back(self) -> None:
        """Stop listening and release the port."""
        self.close()
        if self._place is not None:
            self._place.close()
            self._place = None

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # asyncio sets TCP_NODELAY only on sockets made with IPPROTO_TCP: without it, every second
        # answer waits 40 ms for a delayed acknowledgement.
        place = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place.bind((self.host, self.number))
            place.setblocking(False)
        except OSError:
            place.close()
            raise
        return place
