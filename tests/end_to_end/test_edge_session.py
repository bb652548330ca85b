"""The session: one process, one server, for nobody else to read; signing in takes its time."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from telethon import types

from sapp_bot.errors import AlreadyRunning, ConfigError
from sapp_bot.sandbox.faults import Fail
from sapp_bot.telegram.account import BotAccount
from sapp_bot.telegram.edge import EdgeConfig, TelegramEdge
from sapp_bot.telegram.session import SessionFile, SessionLock, session_path, split_address
from tests.end_to_end.stage import Shelf, stage, until

HERE = "127.0.0.1:4000"


async def test_me(tmp_path: Path) -> None:
    """Connecting tells who we are; the second time nobody has to sign in."""
    async with stage(tmp_path) as s:
        for _ in range(2):
            edge = s.edge()
            me = await edge.connect()
            await edge.stop()
            assert (me.id, me.username) == (s.bot.id, "sapp_test_bot")
        assert s.server.count("auth.importBotAuthorization") == 1


async def test_second_process_is_refused(tmp_path: Path) -> None:
    """The session is for one process at a time."""
    async with stage(tmp_path) as s, s.running(Shelf()):
        second = s.edge()
        with pytest.raises(AlreadyRunning):
            await second.connect()
        await second.stop()


async def test_file_is_private(tmp_path: Path) -> None:
    """No file of the session can be read by others, whatever the umask."""
    before = os.umask(0)
    try:
        async with stage(tmp_path / "new") as s, s.running(Shelf()):
            files = list((tmp_path / "new").iterdir())
            modes = {file.name: file.stat().st_mode & 0o777 for file in files}
            folder = (tmp_path / "new").stat().st_mode & 0o777
    finally:
        os.umask(before)
    assert len(modes) >= 2
    assert set(modes.values()) == {0o600}
    assert folder == 0o700


async def test_no_names_on_disk(tmp_path: Path) -> None:
    """Of the people the bot met, the file holds ids and access hashes only."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker("Wilhelmina") as person:
        async with s.running(shelf):
            await person.say("hello")
            await shelf.first(1)
        file = s.edge().session_path
        assert b"Wilhelmina" not in file.read_bytes()
        with closing(sqlite3.connect(file)) as connection:
            query = "select hash from entities where id = ?"
            assert connection.execute(query, (person.account.id,)).fetchone()


def test_name_of_the_file(tmp_path: Path) -> None:
    """The file is named after server and account, and carries nothing of the token's secret."""
    account = BotAccount(SecretStr("123456:secret"))
    assert session_path(tmp_path, None, account.name).name == "telegram-bot123456.session"
    assert session_path(tmp_path, HERE, account.name).name == "127.0.0.1_4000-bot123456.session"


def test_other_server_is_refused(tmp_path: Path) -> None:
    """A file made for one server is never used with another: its key would go there."""
    path = tmp_path / "a.session"
    SessionFile(path, HERE).close()
    again = SessionFile(path, HERE)
    assert (again.server_address, again.port) == ("127.0.0.1", 4000)
    again.close()
    for other in (None, "127.0.0.1:4001"):
        with pytest.raises(ConfigError, match="is for the server"):
            SessionFile(path, other)


def test_gate(tmp_path: Path) -> None:
    """The state in the file moves only while the gate is open, and never after a freeze."""
    session = SessionFile(tmp_path / "a.session", HERE)
    session.set_update_state(0, state(1))
    assert session.owed
    session.may_save = lambda: True
    session.set_update_state(0, state(2))
    assert not session.owed
    session.freeze()
    session.set_update_state(0, state(3))
    found = session.get_update_state(0)
    session.close()
    assert found is not None
    assert found.pts == 2


def test_a_lock_of_somebody_else(tmp_path: Path) -> None:
    """A backup or a browser of SQLite holds the file: no write waits for it, none is lost."""
    path = tmp_path / "a.session"
    session = SessionFile(path, HERE)
    session.may_save = lambda: True
    state = types.updates.State(2, 0, datetime.now(UTC), 0, 0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other, capture_logs() as logs:
        other.execute("begin immediate")
        begun = time.monotonic()
        session.set_update_state(0, state)
        session.process_entities([types.User(id=7, access_hash=8)])
        session.save()
        took_s = time.monotonic() - begun
        other.execute("rollback")
    assert session.owed
    session.set_update_state(0, state)
    session.close()

    assert took_s < 1
    assert {entry["event"] for entry in logs} == {"session.unwritable"}
    found: Any = SessionFile(path, HERE).get_update_state(0)
    assert found.pts == 2


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/sapp_bot"])
def test_a_folder_that_cannot_be_used(tmp_path: Path, place: str) -> None:
    """SAPP_DATA is a file, or nobody may write there: a wrong setting, with path and uid."""
    (tmp_path / "file").touch()
    folder = tmp_path / place
    with pytest.raises(ConfigError, match=rf"SAPP_DATA: .* has uid {os.getuid()}") as caught:
        SessionLock(session_path(folder, HERE, "bot1"))

    assert str(folder) in str(caught.value)


def test_a_session_file_that_is_a_folder(tmp_path: Path) -> None:
    """What stands in the place of the session file is named, and whose it is."""
    path = tmp_path / "a.session"
    path.mkdir()
    with pytest.raises(ConfigError, match=r"a\.session cannot be used: .* belongs to uid \d+"):
        SessionFile(path, HERE)


def test_full_disk(tmp_path: Path) -> None:
    """A disk without room stops neither the receiving nor the sending."""
    session = SessionFile(tmp_path / "a.session", HERE)
    session._cursor().execute("pragma max_page_count = 1")  # SQLite takes the present size
    crowd = [types.User(id=number, access_hash=number) for number in range(1, 5000)]
    with capture_logs() as logs:
        session.process_entities(crowd)
        session.save()
    session.close()
    assert {entry["event"] for entry in logs} == {"session.unwritable"}


def test_full_disk_at_a_commit(tmp_path: Path) -> None:
    """What cannot be committed is told, and written when there is room again."""
    session = SessionFile(tmp_path / "a.session", HERE)
    session.may_save = lambda: True
    session.set_update_state(0, state(1))
    session.save()
    session.set_update_state(0, state(2))
    written = (tmp_path / "a.session-wal").stat().st_size
    with capture_logs() as logs, no_file_grows_beyond(written):
        session.save()
    session.set_update_state(0, state(3))
    session.close()

    assert [entry["event"] for entry in logs] == ["session.unwritable"]
    found: Any = SessionFile(tmp_path / "a.session", HERE).get_update_state(0)
    assert found.pts == 3


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """Have the system refuse to make any file longer, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def state(pts: int) -> Any:
    """Make an update state."""
    return types.updates.State(pts, 0, datetime.now(UTC), 0, 0)


def test_foreign_file_is_refused(tmp_path: Path) -> None:
    """What another program made, or is no database, is told and left alone."""
    path = tmp_path / "a.session"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table notes (text)")
    with pytest.raises(ConfigError, match="another program"):
        SessionFile(path, None)
    path.write_text("not a database at all" * 100)
    with pytest.raises(ConfigError, match="no usable session"):
        SessionFile(path, None)


@pytest.mark.parametrize("tables", [False, True])
def test_killed_while_making_the_file(tmp_path: Path, *, tables: bool) -> None:
    """A file that was begun and not finished is finished at the next start."""
    path = tmp_path / "a.session"
    path.touch()
    if tables:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("create table sapp_bot_origin (server text not null)")
            connection.execute("insert into sapp_bot_origin values (?)", (HERE,))
    session = SessionFile(path, HERE)
    assert session.server_address == "127.0.0.1"
    session.close()


@pytest.mark.parametrize("token", ["", "abc", ":secret", "123:", "abc:secret"])
def test_malformed_token(token: str, tmp_path: Path) -> None:
    """A token that cannot be one is refused before anything is sent, and is not shown."""
    config = EdgeConfig(1, SecretStr("hash"), SecretStr(token), tmp_path)
    with pytest.raises(ConfigError) as refused:
        TelegramEdge(config)
    assert "secret" not in str(refused.value)


async def test_refused_token(tmp_path: Path) -> None:
    """A token that Telegram does not know is a matter of configuration, and is not shown."""
    async with stage(tmp_path) as s:
        config = EdgeConfig(
            1,
            SecretStr("hash"),
            SecretStr(f"{s.bot.id}:wrong-secret"),
            tmp_path,
            s.config().server,
            s.config().server_key,
        )
        edge = TelegramEdge(config)
        with pytest.raises(ConfigError) as refused:
            await edge.connect()
        await edge.stop()
    assert "wrong-secret" not in str(refused.value) + repr(refused.value.__dict__) + repr(config)


def test_server_address() -> None:
    """An address is host:port, IPv6 in brackets."""
    assert split_address("[::1]:443") == ("::1", 443)
    for wrong in ("here", "here:", ":443", "here:port"):
        with pytest.raises(ConfigError):
            split_address(wrong)


async def test_bad_server_key(tmp_path: Path) -> None:
    """A key that is none is a matter of configuration."""
    config = EdgeConfig(1, SecretStr("h"), SecretStr("1:x"), tmp_path, HERE, "no key")
    edge = TelegramEdge(config)
    with pytest.raises(ConfigError, match="PKCS"):
        await edge.connect()


async def test_away_at_start(tmp_path: Path) -> None:
    """Without a server the bot says so at once, and is there as soon as the server is."""
    async with stage(tmp_path) as s:
        edge = s.edge()
        await s.server.close()
        with capture_logs() as logs:
            work = asyncio.create_task(edge.connect())
            told = "telegram.unreachable"
            await until(lambda: any(entry["event"] == told for entry in logs), within_s=2)
            await s.server.start()
            me = await work
        await edge.stop()
    assert me.id == s.bot.id
    assert [entry["event"] for entry in logs][-1] == "telegram.back"


async def test_flood_wait_at_login(tmp_path: Path) -> None:
    """A wait before signing in is sat out: ending and starting again would prolong it."""
    async with stage(tmp_path) as s:
        s.server.faults.add("auth.importBotAuthorization", Fail(420, "FLOOD_WAIT_1"))
        edge = s.edge()
        begun = time.monotonic()
        await edge.connect()
        await edge.stop()
    assert time.monotonic() - begun >= 1


async def test_an_application_that_telegram_refuses(tmp_path: Path) -> None:
    """A wrong api id, told before anybody signs in, is a wrong setting."""
    async with stage(tmp_path) as s:
        s.server.faults.add("help.getConfig", Fail(400, "CONNECTION_API_ID_INVALID"))
        edge = s.edge()
        with pytest.raises(ConfigError, match="TELEGRAM_API_ID"):
            await edge.connect()
        await edge.stop()


async def test_stop_ends_a_connection_attempt_that_was_not_cancelled(tmp_path: Path) -> None:
    """Up to Python 3.11 a cancellation can be lost when the connection is refused just then."""
    async with stage(tmp_path) as s:
        await s.server.close()
        edge = s.edge()
        work = asyncio.create_task(edge.connect())
        await until(edge.session_path.exists)
        await edge.stop()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(work, 20)


async def test_stop_at_any_time(tmp_path: Path) -> None:
    """A stop before, during and after connecting ends cleanly, also twice."""
    async with stage(tmp_path) as s:
        edge = s.edge()
        await edge.stop()
        await s.server.close()
        edge = s.edge()
        work = asyncio.create_task(edge.connect())
        await until(edge.session_path.exists)
        work.cancel()
        await edge.stop()
        await edge.stop()
        with pytest.raises(asyncio.CancelledError):
            await work
        await s.server.start()
        edge = s.edge()
        await edge.connect()
        await edge.stop()
