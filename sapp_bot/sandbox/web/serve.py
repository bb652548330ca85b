"""Runs the chat in a browser: serves the page, opens it, and lets it go on until a signal."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from html import escape
from pathlib import Path

from sapp_bot.sandbox.console.stage import SandboxProcesses

from .hub import Hub
from .panel import AuthorPanel
from .site import PageSite

_DOORSTEP = """<!doctype html>
<meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
<title>sapp_bot</title><a href="{address}">The chat</a>
"""
_BROWSERS_NEED = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def can_open_browser(environment: Mapping[str, str]) -> bool:
    """Return whether a browser with windows can be opened: text browsers cannot show the page."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return any(environment.get(name) for name in _BROWSERS_NEED)


def open_browser(address: str) -> bool:
    """Open an address in the person's browser; return whether that began."""
    return can_open_browser(os.environ) and webbrowser.open(address)


@contextmanager
def doorstep(address: str) -> Iterator[str]:
    """Yield the address of a file that leads to another address, for whoever may read the file.

    A browser is started with it, so that the token of the page stands in no list of processes.
    """
    with tempfile.TemporaryDirectory(prefix="sapp-chat-") as folder:  # mode 0700
        file = Path(folder) / "chat.html"
        file.touch(mode=0o600)
        file.write_text(_DOORSTEP.format(address=escape(address)))
        yield file.as_uri()


async def _open(door: str, say: Callable[[str], None], show: Callable[[str], bool]) -> None:
    if not await asyncio.to_thread(show, door):
        say("Open this address in a browser of this machine.")


async def serve_page(
    stage: SandboxProcesses,
    say: Callable[[str], None],
    show: Callable[[str], bool] = open_browser,
) -> None:
    """Serve the page until cancelled; the page is there before servers and bot are.

    Args:
        stage: Servers and bot, not entered yet.
        say: Prints a line for the person who started the sandbox.
        show: Opens an address in a browser; returns whether it could.

    Raises:
        BotEnded: the bot could not be started.

    """
    hub = Hub(stage)
    async with AsyncExitStack() as kept, PageSite(hub) as site:
        say(f"The chat: {site.address}")
        door = kept.enter_context(doorstep(site.address))
        # Beside what follows: some browsers take seconds until they say that they have begun.
        opening = asyncio.create_task(_open(door, say, show))
        kept.callback(opening.cancel)
        async with stage:
            hub.begin(stage.bot_name, user_mode=stage.is_userbot)
            gc.freeze()  # what is here stays: to look through all of it would hold everybody up
            say(f"The bot is ready; its log: {stage.bot.log}. Ctrl-C ends.")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(hub.watch())
                tasks.create_task(AuthorPanel(stage, hub).watch())
