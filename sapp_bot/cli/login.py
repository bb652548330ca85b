"""`python -m sapp_bot login`: sign a person in for user mode, at a terminal or from a pipe."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from sapp_bot.roles.edge import telegram_edge
from sapp_bot.settings.settings import Settings
from sapp_bot.telegram.sign_in import LoginFailed

FIRST_WORD_S, REMIND_S = 2.0, 60.0
"""After so long without a question a word, and then again, in seconds."""

_INPUT = 0
"""Standard input."""


async def login(settings: Settings) -> str:
    """Sign in, unless somebody is; gives what to tell the person at the end.

    Raises:
        LoginFailed: it did not work; the text says why.
        ConfigError: a setting or the session file is wrong.
        AlreadyRunning: the bot works with this session just now.

    """
    asker = LoginPrompt()
    edge = telegram_edge(settings, ask=asker)
    waiting = asyncio.create_task(_say_waiting(asker))
    try:
        me = await edge.connect()
    finally:
        waiting.cancel()
        await edge.stop()
    if asker.has_asked:
        return f"Signed in as {me.name} ({me.id}). `python -m sapp_bot run` can start now."
    return (
        f"{me.name} ({me.id}) is signed in already. To sign in as somebody else, end the session "
        f"in Telegram's settings (Devices) and delete {edge.session_path}."
    )


async def _say_waiting(asker: LoginPrompt) -> None:
    """Print after a moment and then every minute that Telegram lets one wait; the log says why."""
    pause_s = FIRST_WORD_S
    while True:
        await asyncio.sleep(pause_s)
        if asker.has_asked:
            return
        sys.stderr.write("Telegram does not answer yet, trying on; Ctrl-C ends it.\n")
        pause_s = REMIND_S


class LoginPrompt:
    """Asks whoever is at standard input: each answer is a line.

    Reads without a thread: Ctrl-C ends the question at once, and the terminal shows again what
    is typed.
    """

    def __init__(self) -> None:
        self.has_asked = False

    async def __call__(self, question: str, *, secret: bool = False) -> str:
        """Ask; a secret is typed without being seen.

        Raises:
            LoginFailed: standard input has ended.

        """
        self.has_asked = True
        at_terminal = os.isatty(_INPUT)
        with _unseen() if at_terminal and secret else _seen(at_terminal):
            # Asked after the terminal was told not to show: nobody types too early.
            sys.stderr.write(question)
            sys.stderr.flush()
            line = await _read_line()
        if not line.endswith("\n"):
            raise LoginFailed("Standard input ended before all was answered.")
        return line.rstrip("\r\n")


@contextmanager
def _seen(at_terminal: bool) -> Iterator[None]:  # noqa: FBT001  # reads well where it is used
    yield
    if not at_terminal:
        sys.stderr.write("\n")  # a terminal shows the person's own


@contextmanager
def _unseen() -> Iterator[None]:
    """Switch off the echo of the terminal."""
    before = termios.tcgetattr(_INPUT)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(_INPUT, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(_INPUT, termios.TCSADRAIN, before)
        sys.stderr.write("\n")


async def _read_line() -> str:
    """Read byte by byte, so that nothing of the next line is taken."""
    line = bytearray()
    while not line.endswith(b"\n"):
        await _readable()
        byte = os.read(_INPUT, 1)
        if not byte:
            break
        line += byte
    return line.decode("utf-8", "replace")


async def _readable() -> None:
    loop = asyncio.get_running_loop()
    came: asyncio.Future[None] = loop.create_future()
    try:
        loop.add_reader(_INPUT, _wake, came)
    except PermissionError:  # a plain file can always be read
        return
    try:
        await came
    finally:
        loop.remove_reader(_INPUT)


def _wake(came: asyncio.Future[None]) -> None:
    if not came.done():
        came.set_result(None)
