"""Telethon 1.45 as far as we use it, with types: the library ships none (no `py.typed`).

The other modules of this package take everything of Telethon's from here, so that one file
shows what an upgrade can break. Names with an underscore are private to Telethon: there is no
public way to what they do, and the version is pinned for that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

from telethon import errors, events, functions, types, utils
from telethon._updates import SessionState
from telethon.crypto import rsa
from telethon.errors import InvalidBufferError

TL: TypeAlias = Any
"""An object of Telegram's type language: a request, an update, a message."""

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Coroutine

    class Connection:
        """TCP with MTProto's full framing."""

        _connected: bool
        _writer: asyncio.StreamWriter

        def __init__(self, ip: str, port: int, dc_id: int, *, loggers: Any, **more: Any) -> None:
            """Make a connection that is not open yet."""

        async def connect(self, timeout: float | None = None, ssl: Any = None) -> None:  # noqa: ASYNC109  # Telethon's signature
            """Open it; `timeout` in seconds."""

        async def disconnect(self) -> None:
            """Close it."""

        async def recv(self) -> bytes:
            """Wait for one packet."""

    class SQLiteSession:
        """Keys, update state and access hashes in one file."""

        filename: str
        auth_key: Any
        server_address: str
        port: int
        _conn: sqlite3.Connection | None

        def __init__(self, session_id: str) -> None:
            """Open or make the file; ".session" is put behind `session_id`."""

        def set_dc(self, dc_id: int, server_address: str, port: int) -> None:
            """Say where the server is."""

        def get_update_state(self, entity_id: int) -> TL | None:
            """Read it back."""

        def set_update_state(self, entity_id: int, state: TL) -> None:
            """Store how far the updates of an entity were received; 0 is the account."""

        def process_entities(self, tlo: TL) -> None:
            """Store the access hashes in an answer."""

        def get_entity_rows_by_id(self, id: int, exact: bool = True) -> tuple[int, int] | None:  # noqa: A002, FBT001, FBT002  # Telethon's signature
            """Find (marked id, access hash)."""

        def save(self) -> None:
            """Commit."""

        def close(self) -> None:
            """Commit and close the file."""

        def _cursor(self) -> sqlite3.Cursor: ...

    class Sender:
        """The part of the client that owns the connection and the unanswered requests."""

        _pending_state: dict[int, Any]
        _send_queue: Any

        def send(self, request: TL) -> asyncio.Future[Any]:
            """Queue one request."""
            raise NotImplementedError(request)

        def _transport_connected(self) -> bool: ...

        def _start_reconnect(self, error: BaseException | None) -> None: ...

    class TelegramClient:
        """The client, in the parts that are used here."""

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
            """Make a client that is not connected yet."""

        async def __call__(
            self,
            request: TL,
            ordered: bool = False,  # noqa: FBT001, FBT002  # Telethon's signature
            flood_sleep_threshold: float | None = None,
        ) -> TL:
            """Make a request."""

        async def connect(self) -> None:
            """Connect, hand-shake, load the update state."""

        async def disconnect(self) -> None:
            """Disconnect; saves the update state."""

        async def catch_up(self) -> None:
            """Ask for what was missed."""

        async def get_me(self) -> TL | None:
            """Ask who is signed in."""

        async def sign_in(
            self,
            phone: str | None = None,
            code: str | None = None,
            *,
            password: str | None = None,
            bot_token: str | None = None,
        ) -> TL:
            """Sign in: with a token; or a phone and its code, and then perhaps a password."""

        async def send_code_request(self, phone: str) -> TL:
            """Have a code sent to the person's other devices."""

        def is_connected(self) -> bool:
            """Tell whether the client was connected and not disconnected since."""
            return False

        def add_event_handler(self, callback: Callable[[TL], Awaitable[None]], event: Any) -> None:
            """Have `callback` called for each event."""

        async def _update_loop(self) -> None: ...

        async def _handle_auto_reconnect(self) -> None: ...

        async def _on_login(self, user: TL) -> TL: ...

        async def _save_states_and_entities(self) -> None: ...

        def _disconnect_coro(self) -> Coroutine[Any, Any, None]: ...

else:
    from telethon import TelegramClient
    from telethon.network import ConnectionTcpFull as Connection
    from telethon.sessions import SQLiteSession

__all__ = [
    "TL",
    "Connection",
    "InvalidBufferError",
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
