"""Aim a Telethon client at the local server, and nowhere else."""

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
    """A client was about to dial another machine.

    No OSError: Telethon would try again.
    """


class Server(Protocol):
    """What has to be known of a server."""

    host: str
    port: int

    @property
    def public_key_pem(self) -> str:
        """Its RSA key, PKCS#1 PEM."""


def guarded(connection: Any) -> Any:
    """Make a Telethon connection class that dials loopback only.

    Telethon dials Telegram itself when a session holds no address: that must never happen here.
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
    """Make a TelegramClient for the server, not connected yet.

    With `ready_key` it is signed in; without, it has to sign in. `session` (default: in memory)
    may be any Telethon session; `options` go to TelegramClient.
    """
    session = MemorySession() if session is None else session
    session.set_dc(_DC, server.host, server.port)
    if ready_key is not None:
        session.auth_key = AuthKey(ready_key)
    # Both are Telethon's globals: its table of RSA keys, and the configuration of the last server.
    rsa.add_key(server.public_key_pem, old=False)
    TelegramClient._config = None  # noqa: SLF001  # there is no public way to forget it
    return TelegramClient(session, _API_ID, _API_HASH, connection=guarded(connection), **options)
