"""The session file: auth key, update state, access hashes. One process, one server, mode 0600.

Telethon advances its update state before an update is handled, and saves it at times of its own;
a crash after such a save loses the updates that were not stored yet. So `SessionFile` accepts a
state only while everything that the state covers is in the store.
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
"""Name of Telegram itself in file names, where another server has its address."""

KNOWN_ENTITIES = 20_000
"""Most users and chats remembered as stored, so that they are not written again."""

log = structlog.get_logger(__name__)


def session_path(folder: Path, server: str | None, account: str) -> Path:
    """Return the path of the session file, as `<folder>/telegram-bot123.session`.

    Args:
        folder: Folder of the file.
        server: "host:port", None for Telegram itself.
        account: `TelegramAccount.name`.

    """
    name = re.sub(r"[^A-Za-z0-9.]+", "_", server) if server else OFFICIAL
    return folder / f"{name}-{account}.session"


class SessionLock:
    """Lock on one session, held until `release` or the end of the process.

    A file of its own: closing any descriptor of the session file would drop the locks that
    SQLite holds on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).

    Args:
        session: Path of the session file; the lock file is beside it.

    """

    def __init__(self, session: Path) -> None:
        """Take the lock.

        Raises:
            AlreadyRunning: another process has it.
            ConfigError: the folder cannot be made or written in.

        """
        path = session.with_suffix(".lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(_unusable(Path(error.filename or path), error)) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise AlreadyRunning(f"another process works with {session}") from None

    def release(self) -> None:
        """Release the lock. May be called again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class SessionFile(SQLiteSession):
    """Telethon's session file, which stores the update state only if `may_save` returns True.

    `may_save` is called at each save: by Telethon's keepalive, its entity cache, or the bot. It
    must not be a coroutine function: Telethon's `maybe_async` warns before it awaits, and with
    warnings as errors no state would be saved.
    """

    def __init__(self, path: Path, server: str | None) -> None:
        """Open the file or make it; `server` is "host:port", None for Telegram itself.

        Raises:
            ConfigError: the file belongs to another server, or is no session file.
            AlreadyRunning: another program holds the file.

        """
        self.is_official = server is None
        self.may_save: Callable[[], bool] = lambda: False
        self.owed = False  # a save was refused since the last one
        self.keeps_people = False
        """Whether each new access hash is committed at once, before its message is handed on.

        A person's account needs the hash to answer, also after a crash.
        """
        self._frozen = False
        self._stored: dict[tuple[type[TL], int], int | None] = {}
        # 0600 before there is anything in it, whatever the umask; SQLite gives its journal the
        # same mode.
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            path.chmod(0o600)
        except OSError as error:
            raise ConfigError(_unusable(path, error)) from None
        try:
            _mark_origin(path, server or OFFICIAL)
            super().__init__(str(path))
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise ConfigError(f"{path} cannot be used: {error}") from error
            raise AlreadyRunning(f"another program has locked {path}") from error
        except sqlite3.DatabaseError as error:
            raise ConfigError(f"{path} is no usable session file: {error}") from error
        if server and not self.server_address:
            # Telethon connects to Telegram itself if the session holds no address.
            self.set_dc(2, *split_address(server))
            self.save()

    def freeze(self) -> None:
        """Ignore all later update states; called first when the client stops."""
        self._frozen = True

    def set_update_state(self, entity_id: int, state: TL) -> None:
        """Store the state if `may_save` allows; else the older one stays, to be replayed from."""
        self.owed = not self.may_save()
        if self.owed or self._frozen:
            return
        try:
            super().set_update_state(entity_id, state)
        except sqlite3.OperationalError as error:
            self.owed = True
            log.error("session.unwritable", error=str(error))  # noqa: TRY400  # the trace says no more

    def process_entities(self, tlo: TL) -> None:
        """Store the access hashes that an answer contains.

        A full disk is logged, not raised: a bot can write to people without their hashes.
        """
        try:
            super().process_entities(tlo)
        except sqlite3.OperationalError as error:
            self._stored.clear()
            log.error("session.unwritable", error=str(error))  # noqa: TRY400  # the trace says no more
        if self.keeps_people and self._conn is not None and self._conn.in_transaction:
            self.save()

    def save(self) -> None:
        """Commit. A full disk is logged, not raised: the next pulse tries again."""
        try:
            super().save()
        except sqlite3.OperationalError as error:
            log.error("session.unwritable", error=str(error))  # noqa: TRY400  # the trace says no more

    def close(self) -> None:
        """Commit and close the file; Telethon opens it again when needed."""
        self.save()
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def forget_key(self) -> None:
        """Delete the auth key that the server refuses; the update state stays."""
        self.auth_key = None
        self.save()

    def _cursor(self) -> sqlite3.Cursor:
        fresh = self._conn is None
        cursor = super()._cursor()
        if fresh:
            # A commit then waits for no disk: it would hold up the loop for tens of ms. After
            # a power cut the file may be some commits old, which only means a replay.
            # Nobody waits for a lock that another program holds (a backup, a browser of SQLite):
            # that would stop the loop for 5 s at each write. What was not written is written later.
            cursor.execute("pragma busy_timeout = 0")
            cursor.execute("pragma journal_mode = wal")
            cursor.execute("pragma synchronous = normal")
        return cursor

    def _entity_to_row(self, entity: TL) -> tuple[object, ...] | None:
        # None for a row that is stored already: each message brings its users along, and writing
        # them all again would cost a transaction per message.
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
        # No user name, phone number or name may reach the disk: ids and access hashes suffice.
        return id, hash, None, None, None


def _unusable(path: Path, error: OSError) -> str:
    """Return why a path in SAPP_DATA cannot be used, and whose it is."""
    why = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
    reason = f"SAPP_DATA: {path} cannot be used: {why}; this process has uid {os.getuid()}"
    try:
        owner = next(at for at in (path, *path.parents) if at.exists())
        about = owner.stat()
    except OSError:
        return reason
    mode = oct(about.st_mode & 0o777)
    return f"{reason}, {owner} belongs to uid {about.st_uid}, mode {mode}"


def split_address(server: str) -> tuple[str, int]:
    """Return host and port of "host:port" or "[IPv6 address]:port".

    Raises:
        ConfigError: `server` has neither form.

    """
    host, _, port = server.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal():
        raise ConfigError(f"not a server address, write host:port: {server!r}")
    return host, int(port)


def _mark_origin(path: Path, server: str) -> None:
    """Write the server's name into a new file, or check it in an old one.

    Before Telethon's own tables: a key of one server must never be sent to another one.

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
