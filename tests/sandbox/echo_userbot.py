"""A bare Telethon userbot for tests of the chat: it echoes in Saved Messages and to whom it may.

With the argument `login` it signs in, with phone, code and password from standard input.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from telethon import TelegramClient, events
from telethon.crypto import rsa
from telethon.errors import SessionPasswordNeededError
from telethon.sessions import SQLiteSession

ECHO = "echo: "
CHOICES = "Pick one.\n1 Show key · 2 Usage"


async def sign_in(client: Any, phone: str, code: str, password: str) -> None:
    """Sign in; the account has a password."""
    await client.connect()
    await client.send_code_request(phone)
    try:
        await client.sign_in(phone, code)
    except SessionPasswordNeededError:
        await client.sign_in(phone, password=password)
    await client.disconnect()


async def run(client: Any) -> None:
    """Answer until killed."""
    await client.connect()
    me = await client.get_me()
    allowed = {int(number) for number in os.environ["SAPP_USERBOT_ALLOW"].split(",")}

    async def answer(event: Any) -> None:
        text = event.raw_text
        own = event.chat_id == me.id
        if text.startswith(ECHO) or text == CHOICES or not (own or event.chat_id in allowed):
            return
        await event.respond(CHOICES if text == "choices" else f"{ECHO}{text}")

    client.add_event_handler(answer, events.NewMessage())
    await client.run_until_disconnected()


def open_session() -> SQLiteSession:
    """Open the session file, aimed at the server of the environment."""
    rsa.add_key(Path(os.environ["TELEGRAM_SERVER_KEY"]).read_text(), old=False)
    folder = Path(os.environ["SAPP_DATA"])
    folder.mkdir(parents=True, exist_ok=True)
    session = SQLiteSession(str(folder / "echo"))
    host, _, port = os.environ["TELEGRAM_SERVER"].partition(":")
    session.set_dc(2, host, int(port))
    return session


async def main(session: SQLiteSession) -> None:
    """Do what was asked."""
    client = TelegramClient(session, 1, "x", catch_up=True, sequential_updates=True)
    client.parse_mode = None
    if sys.argv[1:] == ["login"]:
        await sign_in(client, *sys.stdin.read().split())
    else:
        await run(client)


if __name__ == "__main__":
    asyncio.run(main(open_session()))
