"""The floor: a bare Telethon bot that says back what it hears, with nothing around it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from telethon import TelegramClient, events
from telethon.crypto import rsa
from telethon.sessions import SQLiteSession


async def echo(event: Any) -> None:
    """Answer one message."""
    await event.respond(event.raw_text)


def open_session() -> SQLiteSession:
    """Open the session file, aimed at the server of the environment."""
    rsa.add_key(Path(os.environ["TELEGRAM_SERVER_KEY"]).read_text(), old=False)
    folder = Path(os.environ["SAPP_DATA"])
    folder.mkdir(parents=True, exist_ok=True)
    session = SQLiteSession(str(folder / "floor"))
    host, _, port = os.environ["TELEGRAM_SERVER"].partition(":")
    session.set_dc(2, host, int(port))
    return session


async def main(session: SQLiteSession, answer: Callable[[Any], Awaitable[None]] = echo) -> None:
    """Run until SIGTERM."""
    client = TelegramClient(session, 1, "x", catch_up=True)
    client.parse_mode = None
    client.add_event_handler(answer, events.NewMessage(incoming=True))
    await client.start(bot_token=os.environ["TELEGRAM_BOT_TOKEN"])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await client.disconnect()


if __name__ == "__main__":
    asyncio.run(main(open_session()))
