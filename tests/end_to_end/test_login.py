"""`python -m sapp_bot login`, from standard input: phone, code, second factor; and its refusals."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.sandbox.faults import Fail
from sapp_bot.sandbox.telegram.state.codes import LOGIN_CODE
from tests.end_to_end.sides import CLOUD_PASSWORD, PHONE
from tests.end_to_end.world import World

LOGIN = (sys.executable, "-m", "sapp_bot", "login")
LIMIT_S = 90.0
GOOD = (PHONE, LOGIN_CODE, CLOUD_PASSWORD)
LONG = pytest.mark.long


@pytest.fixture
async def world(tmp_path: Path, redis_anywhere: str) -> AsyncIterator[World]:
    """Give a world in which nobody has signed in, and no bot runs."""
    world = World(tmp_path, redis_anywhere, "user")
    async with world.neighbours():
        yield world


async def login(world: World, *lines: str, **settings: str) -> int:
    """Run `login` with these answers; gives its exit code."""
    process = world.process("login", **settings)
    return await process.ask(LOGIN, "".join(f"{line}\n" for line in lines), LIMIT_S)


def said(world: World) -> str:
    """Give all that `login` has said so far."""
    return (world.folder / "login.log").read_text()


async def test_signs_in(world: World) -> None:
    """The session is one file, named after the server, for nobody else to read."""
    assert await login(world, *GOOD) == 0
    assert f"Signed in as Olga ({world.account.id})" in said(world)
    (file,) = (world.folder / "data").glob("*.session")
    assert file.name == f"127.0.0.1_{world.telegram.port}-user.session"
    modes = {f.name: f.stat().st_mode & 0o777 for f in (world.folder / "data").iterdir()}
    assert set(modes.values()) == {0o600}


async def test_what_is_typed_is_told_to_nobody(world: World) -> None:
    """Phone, code and password are in no word that is said and in no file that is left."""
    assert await login(world, PHONE, "11111", LOGIN_CODE, "a wrong one", CLOUD_PASSWORD) == 0
    files = [f for f in world.folder.rglob("*") if f.is_file()]
    secrets = (PHONE, PHONE.replace(" ", ""), "393200000001", CLOUD_PASSWORD, "a wrong one")
    for file in files:
        content = file.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], file.name
    assert LOGIN_CODE not in said(world)


@pytest.mark.long
async def test_a_second_login_changes_nothing(world: World) -> None:
    """Who is signed in is told so, and nothing is asked."""
    await login(world, *GOOD)
    assert await login(world) == 0
    assert f"Olga ({world.account.id}) is signed in already." in said(world)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "Standard input ended before all was answered."),
        pytest.param((PHONE, LOGIN_CODE), "Standard input ended before", marks=LONG),
        pytest.param(("letters", "12", ""), "No phone number was given.", marks=LONG),
        pytest.param(("+39 320 999 9999", LOGIN_CODE), "has no Telegram account", marks=LONG),
        pytest.param((PHONE, "1", "2", ""), "The code was wrong three times.", marks=LONG),
        ((PHONE, LOGIN_CODE, "x", "y", ""), "The password was wrong three times."),
    ],
)
async def test_refusals_are_plain(world: World, lines: tuple[str, ...], why: str) -> None:
    """What does not work is said in a sentence, without a traceback, with exit code 1."""
    assert await login(world, *lines) == 1
    assert why in said(world)
    assert "Traceback" not in said(world)


@pytest.mark.long
async def test_a_flood_wait_is_told(world: World) -> None:
    """Nobody waits blindly: the time is said, and the command ends."""
    world.telegram.faults.add("auth.sendCode", Fail(420, "FLOOD_WAIT_3600"))
    assert await login(world, *GOOD) == 1
    assert "Telegram lets nobody sign in here for 60 min." in said(world)


async def test_a_telegram_that_is_away_is_waited_for(world: World) -> None:
    """The command says in a sentence that it waits, and goes on when Telegram is there."""
    world.telegram.network.refuse()
    signing_in = asyncio.create_task(login(world, *GOOD))
    log = world.folder / "login.log"
    await world.until(lambda: log.exists() and "does not answer yet, trying on" in said(world))
    world.telegram.network.allow()

    assert await signing_in == 0
    assert "Traceback" not in said(world)


async def test_run_without_a_login_names_the_command(world: World) -> None:
    """`run` cannot ask, so it says who can; exit code 78."""
    bot = world.process("bot")
    await bot.start()
    assert await bot.ended() == 78
    assert "run `python -m sapp_bot login` first" in bot.log.read_text()


async def test_a_running_bot_keeps_its_session(tmp_path: Path, redis_anywhere: str) -> None:
    """Nobody signs in under a running bot; exit code 75."""
    async with World(tmp_path, redis_anywhere, "user") as world:
        assert await login(world, *GOOD) == 75
        assert "The bot is running with this session" in said(world)


async def test_a_bot_has_no_login(world: World) -> None:
    """In bot mode the command says what it is for; exit code 78."""
    assert await login(world, SAPP_MODE="bot") == 78
    assert "set SAPP_MODE=user" in said(world)


async def test_at_a_terminal_the_password_is_not_shown(world: World) -> None:
    """What a terminal echoes holds the phone and the code, and not the password."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *LOGIN, stdin=theirs, stdout=theirs, stderr=theirs, env=world.environment()
    )
    os.close(theirs)
    reader = asyncio.StreamReader()
    pipe = os.fdopen(ours, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    shown = b""
    async with asyncio.timeout(30):
        for question, answer in zip(
            (b"code: ", b"devices: ", b"verification: "), GOOD, strict=True
        ):
            shown += await reader.readuntil(question)
            os.write(ours, f"{answer}\n".encode())
        shown += await reader.readuntil(b"can start now")
    assert await process.wait() == 0
    assert LOGIN_CODE.encode() in shown
    assert CLOUD_PASSWORD.encode() not in shown
