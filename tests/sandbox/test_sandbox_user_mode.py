"""The sandbox in user mode, around a bare userbot: its owner, an allowed person, a friend."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest

from sapp_bot.sandbox.arguments import add_arguments
from sapp_bot.sandbox.cli import sandbox
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.console.player import BotEnded
from sapp_bot.sandbox.console.record import ChatRecord
from sapp_bot.sandbox.console.stage import SandboxProcesses
from sapp_bot.sandbox.telegram.server import TelegramServer
from tests.forked import ForkedBot, ready_to_fork

USERBOT = (sys.executable, str(Path(__file__).with_name("echo_userbot.py")))
USER_MODE = {**os.environ, "SAPP_MODE": "user", "SAPP_USERBOT_ALLOW": "bob"}

SCRIPT = """\
note
:expect echo: note
choices
:expect [Usage]
:2
:expect echo: 2
choices
:press show
:expect echo: 1
:as bob ru
hello
:expect echo: hello
:as eve
hello?
:never echo
"""


async def test_userbot_is_signed_in_and_talked_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The owner speaks from another device; numbers stand for buttons; allowed names are let in."""
    script = tmp_path / "script.txt"
    script.write_text(SCRIPT)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    arguments = parser.parse_args(["--script", str(script), "--log", str(tmp_path / "bot.log")])

    await ready_to_fork()
    code = await sandbox(
        arguments, USER_MODE, command=USERBOT, login=(*USERBOT, "login"), process=ForkedBot
    )

    captured = capsys.readouterr()
    assert code == 0, captured
    assert "anna: 2\nbot: echo: 2\n" in captured.out
    assert "eve: hello?\n" in captured.out


async def test_userbot_that_cannot_sign_in_is_told(tmp_path: Path) -> None:
    """A login that fails ends the sandbox with its last words."""
    no = (sys.executable, "-c", "import sys; input(); sys.exit('no such account')")
    stage = SandboxProcesses(
        ChatRecord(), USER_MODE, command=("/nowhere",), login=no, log=tmp_path / "log"
    )
    with pytest.raises(BotEnded, match="could not be signed in, exit code 1"):
        await stage.__aenter__()

    assert stage.last_log == ["no such account"]


async def test_login_that_never_ends_is_killed(tmp_path: Path) -> None:
    """A login that waits for more than it is given does not hold the sandbox for ever."""
    idle = (sys.executable, "-c", "import time; time.sleep(60)")
    stage = SandboxProcesses(
        ChatRecord(), USER_MODE, command=USERBOT, login=idle, log=tmp_path / "log", ready_s=0.3
    )
    with pytest.raises(BotEnded, match="exit code -9"):
        await stage.__aenter__()


async def test_a_userbot_has_no_menu() -> None:
    """A person's account has no commands: an app that asks for them is shown none."""
    async with TelegramServer() as server:
        owner = server.add_person("Owner", username="its_owner")
        friend = server.add_person("Friend")
        async with await SimulatedUser.join(server, friend, owner) as person:
            assert await person.menu() == {}
