"""The way to Telegram through a proxy, and over IPv6."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

import pytest

from sapp_bot.errors import ConfigError
from sapp_bot.telegram.connectivity import Connectivity, link_type
from sapp_bot.telegram.proxy import has_ipv4, read_proxy
from sapp_bot.telegram.seam import HAS_SOCKS

needs_socks = pytest.mark.skipif(not HAS_SOCKS, reason="python-socks is not installed")


class Seen:
    """What came in at a server."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.data = b""
        self.came = asyncio.Event()
        self.ended = asyncio.Event()
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer each piece."""
        with suppress(ConnectionError):  # the other side may go with something unread
            while piece := await reader.read(4096):
                self.data += piece
                writer.write(self._answer(piece))
                self.came.set()
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()
        self.ended.set()


@asynccontextmanager
async def proxied(kind: str, answer: Callable[[bytes], bytes]) -> AsyncIterator[tuple[Any, Seen]]:
    """Connect to an address of Telegram's through a proxy here."""
    seen = Seen(answer)
    server = await asyncio.start_server(seen.serve, "127.0.0.1")
    async with server:
        port = server.sockets[0].getsockname()[1]
        proxy = read_proxy(kind.format(port))
        assert proxy is not None
        link = link_type(Connectivity(), proxy.base)(
            "149.154.167.51", 443, 2, loggers=defaultdict(logging.getLogger), proxy=proxy.details
        )
        yield link, seen
        await link.disconnect()
        await seen.ended.wait()


@needs_socks
async def test_an_http_proxy_is_asked_for_telegram() -> None:
    """CONNECT with name and password, then Telegram's own protocol."""

    def answer(piece: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\n\r\n" if piece.startswith(b"CONNECT") else b""

    async with proxied("http://me:secret@127.0.0.1:{}", answer) as (link, seen):
        await link.connect(timeout=5)

    assert seen.data.startswith(b"CONNECT 149.154.167.51:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0" in seen.data


@needs_socks
async def test_a_proxy_that_refuses_is_an_outage() -> None:
    """Telethon tries again, as with any connection that breaks."""

    def answer(_: bytes) -> bytes:
        return b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"

    async with proxied("http://127.0.0.1:{}", answer) as (link, _):
        with pytest.raises(ConnectionError):
            await link.connect(timeout=5)


async def test_an_mtproxy_is_spoken_to_directly() -> None:
    """It gets 64 bytes that look like nothing, and knows from them where to."""
    async with proxied(f"mtproxy://dd{'0' * 32}@127.0.0.1:{{}}", lambda _: b"x") as (link, seen):
        await link.connect(timeout=5)
        await seen.came.wait()

    assert len(seen.data) == 64


@pytest.mark.skipif(HAS_SOCKS, reason="python-socks is installed")
def test_a_missing_package_is_named() -> None:
    """Without python-socks the setting cannot hold, and the text says what to install."""
    with pytest.raises(ConfigError, match="pip install python-socks"):
        read_proxy("socks5://127.0.0.1:1080")


class Probe:
    """A socket whose connection fails with an error number, 0 for none."""

    def __init__(self, error: int) -> None:
        self._error = error

    def __enter__(self) -> Self:
        """Open nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close nothing."""

    def connect(self, _: object) -> None:
        """Fail as planned."""
        if self._error:
            raise OSError(self._error, "planned")


@pytest.mark.parametrize(
    ("error", "found"), [(0, True), (errno.ENETUNREACH, False), (errno.EPERM, True)]
)
def test_ipv6_is_for_machines_without_ipv4(error: int, *, found: bool) -> None:
    """Only where there is no way at all."""

    def open_socket(*_: int) -> socket.socket:
        probe: Any = Probe(error)
        return probe  # type: ignore[no-any-return]  # as much of a socket as is used

    assert has_ipv4(open_socket) is found
