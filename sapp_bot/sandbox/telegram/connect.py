"""Makes Telethon clients that connect to the local server, and never to another machine."""

from __future__ import annotations

import ipaddress
from typing import Any, Protocol

from telethon import TelegramClient
from telethon.crypto import AuthKey, rsa
from telethon.network import ConnectionTcpFull
from telethon.sessions import MemorySession

_DC = 2
_API_ID = 1
_API_HASH = "sandbox"


class NotLoopback(RuntimeError):
    """A client was about to connect to another machine.

    Not an OSError, after which Telethon would try again.
    """


class Server(Protocol):
    """Address and key of a server, as far as a client needs them."""

    host: str
    port: int

    @property
    def public_key_pem(self) -> str:
        """RSA public key as PKCS#1 PEM."""


def guarded(connection: Any) -> Any:
    """Return a subclass of a Telethon connection class that connects to loopback only.

    Telethon connects to Telegram itself if a session holds no address: never in a test.
    """

    class LoopbackOnly(connection):  # type: ignore[misc]  # Telethon has no types
        async def connect(self, *args: Any, **kwargs: Any) -> Any:
            if not ipaddress.ip_address(self._ip).is_loopback:
                raise NotLoopback(f"refused to dial {self._ip}")
            return await super().connect(*args, **kwargs)

    LoopbackOnly.__name__ = connection.__name__
    return LoopbackOnly


def make_client(
    server: Server,
    ready_key: bytes | None = None,
    *,
    session: Any = None,
    connection: Any = ConnectionTcpFull,
    **options: Any,
) -> Any:
    """Return a TelegramClient for the server, not connected yet.

    Args:
        server: The local server.
        ready_key: A key of `TelegramServer.ready_key`, with which the client is signed in.
        session: Telethon session; one in memory if None.
        connection: Telethon connection class.
        options: Passed to TelegramClient.

    """
    session = MemorySession() if session is None else session
    session.set_dc(_DC, server.host, server.port)
    if ready_key is not None:
        session.auth_key = AuthKey(ready_key)
    # Telethon keeps both for the whole process: RSA keys, and the last server's configuration,
    # which would send this client to the address of an earlier test's server.
    rsa.add_key(server.public_key_pem, old=False)
    TelegramClient._config = None  # noqa: SLF001  # there is no public way to forget it
    return TelegramClient(session, _API_ID, _API_HASH, connection=guarded(connection), **options)
