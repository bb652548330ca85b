"""The sandbox at a real terminal and under signals: a pseudo-terminal, and what is left behind."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PROGRAM = """
import argparse, asyncio, os, sys
from sapp_bot.sandbox.arguments import add_arguments
from sapp_bot.sandbox.cli import sandbox
parser = argparse.ArgumentParser()
add_arguments(parser)
command = (sys.executable, os.path.abspath("tests/sandbox/echo_bot.py"))
sys.exit(asyncio.run(sandbox(parser.parse_args([]), os.environ, command=command)))
"""
PROMPT = "anna>"
NO_CPR = {"PROMPT_TOOLKIT_NO_CPR": "1"}
"""Nobody here answers where the cursor is."""


class Screen:
    """A sandbox with a terminal of its own, and all that it wrote there."""

    def __init__(self, temporary: Path) -> None:
        self.master, slave = pty.openpty()
        self.written = ""
        self.process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", PROGRAM],
            cwd=PROJECT,
            env={**os.environ, "TERM": "xterm", "TMPDIR": str(temporary), **NO_CPR},
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)

    def until(self, seen: Callable[[str], bool], within_s: float = 60.0) -> None:
        """Read what is written until `seen` is content with it."""
        end = time.monotonic() + within_s
        while not seen(self.written):
            assert time.monotonic() < end, self.written
            if select.select([self.master], [], [], 0.1)[0]:
                self.written += os.read(self.master, 65_536).decode(errors="replace")

    def type(self, text: str, seen: str) -> None:
        """Type at the prompt, and wait for what is said to it and the prompt after that."""
        since = len(self.written)
        os.write(self.master, text.encode())
        self.until(lambda written: PROMPT in written[since:].partition(seen)[2])

    def end(self) -> int:
        """Wait for the end; gives the exit code."""
        return self.process.wait(timeout=30)


@contextmanager
def started(temporary: Path) -> Iterator[Screen]:
    """Start a sandbox, up to its first prompt."""
    screen = Screen(temporary)
    try:
        screen.until(lambda written: PROMPT in written)
        yield screen
    finally:
        screen.process.kill()
        screen.process.wait()
        os.close(screen.master)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    """Give a sandbox that the test ends."""
    with started(tmp_path) as screen:
        yield screen


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Screen, str]]:
    """Give a sandbox in which one test talks after the other, and what it said at first."""
    with started(tmp_path_factory.mktemp("talk")) as screen:
        yield screen, screen.written


def bot_log(screen: Screen) -> Path:
    """Find the log that the welcome names: it lies in the temporary folder."""
    found = re.search(r"log: (\S+)", screen.written)
    assert found is not None
    return Path(found[1])


def test_password_leaves_the_terminal(talk: tuple[Screen, str]) -> None:
    """The line that the bot deleted is cleared where the terminal had echoed it."""
    screen, _ = talk
    screen.type("secret hunter2\n", "I keep it.")
    screen.type("hello\n", "bot: echo: hello")

    assert "\x1b[1A\x1b[Janna: (deleted)\r\nbot: I keep it.\r\n" in screen.written


def test_what_the_log_says_comes_at_once(talk: tuple[Screen, str]) -> None:
    """Nothing has to be typed for it, and it comes once."""
    screen, _ = talk
    log = bot_log(screen)
    with log.open("a", encoding="utf-8") as file:
        file.write('{"event": "plugin.failed", "path": "p/hey.py", "reason": "no name"}\n')
    screen.until(lambda written: "-- plugin.failed p/hey.py: no name" in written)
    screen.type("hello\n", "bot: echo: hello")

    assert screen.written.count("plugin.failed") == 1


def test_a_pipe_may_begin_with_settings(tmp_path: Path) -> None:
    """As a script may: what is set reaches the bot, and the lines behind it are said."""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        input=":set SAPP_SUPPORT @me\nsetting SAPP_SUPPORT\n:set SAPP_SUPPORT @you\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert "bot: SAPP_SUPPORT=@me" in done.stdout
    assert "-- the bot has started: give settings" in done.stdout


def test_whoever_begins_a_chat_reads_that_its_rates_are_made_up(
    talk: tuple[Screen, str],
) -> None:
    """Before the first line."""
    _, said_at_first = talk

    assert "All rates are made up" in said_at_first


def test_a_line_is_edited_and_comes_back(talk: tuple[Screen, str]) -> None:
    """Arrow keys correct it, the last one is there again, and a secret one is not."""
    screen, _ = talk
    screen.type("hxllo\x1b[D\x1b[D\x1b[D\x7fe\n", "bot: echo: hello")
    screen.type("secret hunter2\n", "I keep it.")
    screen.type("\x1b[A\n", "bot: echo: hello")


def test_unmet_expectation_does_not_end_a_talk(screen: Screen) -> None:
    """At the keyboard one is told, and goes on; Ctrl-D ends with 0."""
    screen.type("hello\n", "bot: echo: hello")
    screen.type(":never echo\n", "-- 'echo' should not have come")
    screen.type(":expect echo\n", "-- as expected")
    screen.type(":dance\n", "-- there is no :dance")
    os.write(screen.master, b"\x04")

    assert screen.end() == 0


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.long),
        pytest.param(signal.SIGHUP, marks=pytest.mark.long),
    ],
)
def test_signal_leaves_nothing_behind(screen: Screen, number: signal.Signals) -> None:
    """Bot and temporary folder are gone within seconds, whatever ends the sandbox."""
    folder = bot_log(screen).parent
    bot = bot_process(screen.process.pid)
    assert folder.is_dir()
    screen.process.send_signal(number)

    assert screen.end() == 128 + number
    assert not folder.exists()
    assert not Path(f"/proc/{bot}").exists()


def bot_process(parent: int) -> int:
    """Find the process that the sandbox started."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    if not children.exists():
        pytest.skip("this system does not list the children of a process in /proc")
    return int(children.read_text().split()[0])


def test_a_button_that_is_not_there_is_said_at_once(talk: tuple[Screen, str]) -> None:
    """Who mistypes a label is not left waiting as a script is, for half a minute."""
    screen, _ = talk
    os.write(screen.master, b":press Nowhere\n")

    screen.until(lambda written: "no button Nowhere to press" in written, within_s=20)
