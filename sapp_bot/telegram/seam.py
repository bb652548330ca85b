"""Typed declarations of the parts of Telethon 1.45 that the bot uses: it ships no `py.typed`.

The other modules of this package import Telethon only through this one, so that one file shows
what an upgrade can break. Names with an underscore are private to Telethon: it has no public
way to do the same, so its version is pinned.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, TypeAlias

from telethon import errors, events, functions, types, utils
from telethon._updates import SessionState
from telethon.crypto import rsa
from telethon.errors import InvalidBufferError, InvalidChecksumError

TL: TypeAlias = Any
"""An object of Telegram's type language: a request, an update, a message.

Source: https://core.telegram.org/mtproto/TL."""

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Coroutine

    class Connection:
        """TCP with MTProto's full framing."""

        _connected: bool
        _writer: asyncio.StreamWriter

        def __init__(self, ip: str, port: int, dc_id: int, *, loggers: Any, **more: Any) -> None:
            """Create a connection without opening it."""

        async def connect(self, timeout: float | None = None, ssl: Any = None) -> None:  # noqa: ASYNC109  # Telethon's signature
            """Open the connection; `timeout` in seconds."""

        async def disconnect(self) -> None:
            """Close the connection."""

        async def send(self, data: bytes) -> None:
            """Send one packet."""

        async def recv(self) -> bytes:
            """Wait for one packet."""

    class MTProxyConnection(Connection):
        """A connection to an MTProxy, which leads on to Telegram."""

        packet_codec: Any

    class SQLiteSession:
        """Keys, update state and access hashes in one file."""

        filename: str
        auth_key: Any
        server_address: str
        port: int
        _conn: sqlite3.Connection | None

        def __init__(self, session_id: str) -> None:
            """Open or create the file; Telethon appends ".session" to a `session_id` without it."""

        def set_dc(self, dc_id: int, server_address: str, port: int) -> None:
            """Set the address of the server."""

        def get_update_state(self, entity_id: int) -> TL | None:
            """Return the stored update state of an entity, None if there is none."""

        def set_update_state(self, entity_id: int, state: TL) -> None:
            """Store how far the updates of an entity were received; 0 is the account."""

        def process_entities(self, tlo: TL) -> None:
            """Store the access hashes that an answer contains."""

        def get_entity_rows_by_id(self, id: int, exact: bool = True) -> tuple[int, int] | None:  # noqa: A002, FBT001, FBT002  # Telethon's signature
            """Return (marked id, access hash) of an entity, None if unknown."""

        def save(self) -> None:
            """Commit the SQLite transaction."""

        def close(self) -> None:
            """Commit and close the file."""

        def _cursor(self) -> sqlite3.Cursor: ...

    class Sender:
        """The part of the client that owns the connection and the unanswered requests."""

        _pending_state: dict[int, Any]
        _send_queue: Any
        _state: Any
        _updates_queue: asyncio.Queue[TL]

        def send(self, request: TL) -> asyncio.Future[Any]:
            """Queue one request."""
            raise NotImplementedError(request)

        def _transport_connected(self) -> bool: ...

        def _start_reconnect(self, error: BaseException | None) -> None: ...

    class TelegramClient:
        """Telethon's client, in the parts that are used here."""

        session: Any
        disconnected: asyncio.Future[None]
        _sender: Sender
        _authorized: bool | None
        _catch_up: bool
        _event_handler_tasks: set[asyncio.Task[None]]
        _flood_waited_requests: dict[int, float]
        _mb_entity_cache: Any
        _self_id: int | None
        _message_box: Any
        _updates_error: BaseException | None
        _updates_handle: asyncio.Task[None] | None

        def __init__(
            self,
            session: SQLiteSession,
            api_id: int,
            api_hash: str,
            *,
            connection: type[Connection],
            **more: Any,
        ) -> None:
            """Create a client without connecting."""

        async def __call__(
            self,
            request: TL,
            ordered: bool = False,  # noqa: FBT001, FBT002  # Telethon's signature
            flood_sleep_threshold: float | None = None,
        ) -> TL:
            """Send a request and return its result."""

        async def connect(self) -> None:
            """Connect, perform the handshake and load the update state."""

        async def disconnect(self) -> None:
            """Disconnect and save the update state."""

        async def catch_up(self) -> None:
            """Request the updates that were missed."""

        async def get_me(self) -> TL | None:
            """Return the signed-in user, None if nobody is signed in."""

        async def sign_in(
            self,
            phone: str | None = None,
            code: str | None = None,
            *,
            password: str | None = None,
            bot_token: str | None = None,
        ) -> TL:
            """Sign in with a bot token, or with a phone number and code, then maybe a password."""

        async def send_code_request(self, phone: str) -> TL:
            """Have Telegram send a sign-in code to the person's other devices."""

        def is_connected(self) -> bool:
            """Return whether the client was connected and not disconnected since."""
            return False

        def add_event_handler(self, callback: Callable[[TL], Awaitable[None]], event: Any) -> None:
            """Register a coroutine function that is called for each event."""

        async def _update_loop(self) -> None: ...

        async def _handle_auto_reconnect(self) -> None: ...

        async def _on_login(self, user: TL) -> TL: ...

        async def _save_states_and_entities(self) -> None: ...

        def _disconnect_coro(self) -> Coroutine[Any, Any, None]: ...

else:
    from telethon import TelegramClient
    from telethon.network import ConnectionTcpFull as Connection
    from telethon.network import ConnectionTcpMTProxyRandomizedIntermediate as MTProxyConnection
    from telethon.sessions import SQLiteSession

HAS_SOCKS = False
PROXY_ERRORS: tuple[type[Exception], ...] = ()
with contextlib.suppress(ImportError):
    from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

    HAS_SOCKS, PROXY_ERRORS = True, (ProxyConnectionError, ProxyError, ProxyTimeoutError)

__all__ = [
    "HAS_SOCKS",
    "PROXY_ERRORS",
    "TL",
    "Connection",
    "InvalidBufferError",
    "InvalidChecksumError",
    "MTProxyConnection",
    "SQLiteSession",
    "SessionState",
    "TelegramClient",
    "errors",
    "events",
    "functions",
    "rsa",
    "types",
    "utils",
]
