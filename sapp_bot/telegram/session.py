"""The session file: keys, and how far updates were received. One process, one server, 0600.

Telethon moves its update state before anything is handled and saves it whenever it likes; a
crash after such a save loses what was not stored yet. So the file takes a state only while the
gate is open: everything that the state covers is in the store.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import structlog

from sapp_bot.errors import AlreadyRunning, ConfigError

from .seam import TL, SQLiteSession

OFFICIAL = "telegram"
"""The server's name in file names when it is Telegram itself."""

KNOWN_ENTITIES = 20_000
"""Of how many it is remembered that they are in the file, so that they are not written again."""

log = structlog.get_logger(__name__)


def session_path(folder: Path, server: str | None, account: str) -> Path:
    """Name the file after server and account: `telegram-bot123.session`."""
    name = re.sub(r"[^A-Za-z0-9.]+", "_", server) if server else OFFICIAL
    return folder / f"{name}-{account}.session"


class SessionLock:
    """Holds one session for this process, until `release` or the end of the process.

    A file of its own: closing any descriptor of the session file would drop the locks that
    SQLite holds on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """

    def __init__(self, session: Path) -> None:
        """Take the lock.

        Raises:
            AlreadyRunning: another process has it.

        """
        path = session.with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise AlreadyRunning(f"another process works with {session}") from None

    def release(self) -> None:
        """Let another process have the session. May be called again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class SessionFile(SQLiteSession):
    """Telethon's session file with a gate before the update state.

    `may_save` is asked at each save, which comes from Telethon's keepalive, its entity cache or
    from us. It must stay a plain call: Telethon's `maybe_async` warns before it awaits, and with
    warnings as errors an async gate would stop all saves.
    """

    def __init__(self, path: Path, server: str | None) -> None:
        """Open the file or make it; `server` is "host:port", None for Telegram itself.

        Raises:
            ConfigError: the file belongs to another server, or is no session file.

        """
        self.may_save: Callable[[], bool] = lambda: False
        self.owed = False  # a save was refused since the last one
        self.keeps_people = False
        """Whether each new access hash is committed at once, before its message is handed on."""
        self._frozen = False
        self._stored: dict[tuple[type[TL], int], int | None] = {}
        # 0600 before there is anything in it, whatever the umask; SQLite gives its journal the
        # same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
        try:
            _mark_origin(path, server or OFFICIAL)
            super().__init__(str(path))
        except sqlite3.DatabaseError as error:
            raise ConfigError(f"{path} is no usable session file: {error}") from error
        if server and not self.server_address:
            # Without an address of its own Telethon would dial Telegram itself.
            self.set_dc(2, *split_address(server))
            self.save()

    def freeze(self) -> None:
        """Keep the update state as it is from now on: the first act of a stop."""
        self._frozen = True

    def set_update_state(self, entity_id: int, state: TL) -> None:
        """Store the state if the gate is open; else the older one stays, and is replayed from."""
        self.owed = not self.may_save()
        if self.owed or self._frozen:
            return
        try:
            super().set_update_state(entity_id, state)
        except sqlite3.OperationalError as error:
            self.owed = True
            log.error("session.unwritable", error=str(error))  # noqa: TRY400  # the trace says no more

    def process_entities(self, tlo: TL) -> None:
        """Store the access hashes in an answer; without them a bot can still write to people."""
        try:
            super().process_entities(tlo)
        except sqlite3.OperationalError as error:
            self._stored.clear()
            log.error("session.unwritable", error=str(error))  # noqa: TRY400  # the trace says no more
        if self.keeps_people and self._conn is not None and self._conn.in_transaction:
            self.save()

    def save(self) -> None:
        """Commit. A full disk is no reason to stop answering: the next minute tries again."""
        try:
            super().save()
        except sqlite3.OperationalError as error:
            log.error("session.unwritable", error=str(error))  # noqa: TRY400  # the trace says no more

    def close(self) -> None:
        """Commit and close the file; it is opened again when needed."""
        self.save()
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def forget_key(self) -> None:
        """Drop the key that the server no longer takes; the update state stays."""
        self.auth_key = None
        self.save()

    def _cursor(self) -> sqlite3.Cursor:
        fresh = self._conn is None
        cursor = super()._cursor()
        if fresh:
            # A commit then waits for no disk: it would hold up the loop for tens of ms. After
            # a power cut the file may be some commits old, which only means a replay.
            cursor.execute("pragma journal_mode = wal")
            cursor.execute("pragma synchronous = normal")
        return cursor

    def _entity_to_row(self, entity: TL) -> tuple[object, ...] | None:
        """Give the row of somebody, None when it is stored already: with each message they come."""
        place = (type(entity), getattr(entity, "id", 0))
        access_hash = getattr(entity, "access_hash", None)
        if place in self._stored and self._stored[place] == access_hash:
            return None
        row: tuple[object, ...] | None = super()._entity_to_row(entity)  # type: ignore[misc]  # Telethon: untyped
        if row is not None:
            if len(self._stored) >= KNOWN_ENTITIES:
                self._stored.clear()
            self._stored[place] = access_hash
        return row

    @staticmethod
    def _entity_values_to_row(
        id: int,  # noqa: A002  # Telethon's signature
        hash: int,  # noqa: A002  # Telethon's signature
        *_person: object,
    ) -> tuple[int, int, None, None, None]:
        """Keep ids and access hashes only: no user name, phone or name reaches the disk."""
        return id, hash, None, None, None


def split_address(server: str) -> tuple[str, int]:
    """Take "host:port" or "[v6]:port" apart.

    Raises:
        ConfigError: it is neither.

    """
    host, _, port = server.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal():
        raise ConfigError(f"not a server address, write host:port: {server!r}")
    return host, int(port)


def _mark_origin(path: Path, server: str) -> None:
    """Write the server's name into a new file, before Telethon's tables; check it in an old one.

    Raises:
        ConfigError: the file is for another server, or another program made it.

    """
    with closing(sqlite3.connect(path)) as connection, connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master")}
        if not tables:
            connection.execute("begin")
            connection.execute("create table sapp_bot_origin (server text not null)")
            connection.execute("insert into sapp_bot_origin values (?)", (server,))
            return
        if "sapp_bot_origin" not in tables:
            raise ConfigError(f"{path} was made by another program; move it away")
        (found,) = connection.execute("select server from sapp_bot_origin").fetchone()
    if found != server:
        raise ConfigError(f"{path} is for the server {found}, not for {server}; move it away")
