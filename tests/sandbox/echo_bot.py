"""A bare Telethon bot for tests of the chat: it echoes, deletes, edits, pops up, dies.

It sets a menu, as bots do, unless it is started with an argument.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from telethon import Button, TelegramClient, events
from telethon.crypto import rsa
from telethon.sessions import SQLiteSession
from telethon.tl import types
from telethon.tl.functions.bots import SetBotCommandsRequest
from telethon.tl.functions.messages import SendMediaRequest, SetBotPrecheckoutResultsRequest

from tests.sandbox.buyer import invoice_media

KEYS = [[Button.inline("Hello", b"hello"), Button.inline("World", b"world")]]
LINK = [[Button.url("Docs", "https://example.org/docs")]]


async def answer(event: Any) -> None:  # noqa: C901, PLR0912  # one case for each word
    """Answer one message, by its first word."""
    word, _, rest = event.raw_text.partition(" ")
    match word:
        case "silence":
            return
        case "die":
            os._exit(7)
        case "secret":
            await event.delete()
            await event.respond("I keep it.")
        case "buttons":
            await event.respond("Press one.", buttons=KEYS)
        case "link":
            await event.respond("Read this.", buttons=LINK)
        case "hidden":
            spoiler = types.MessageEntitySpoiler(offset=3, length=len(rest))
            await event.respond("🔑 " + rest, formatting_entities=[spoiler])
        case "folded":
            quote = types.MessageEntityBlockquote(offset=0, length=len(rest), collapsed=True)
            await event.respond(rest, formatting_entities=[quote])
        case "changing":
            sent = await event.respond("before")
            await sent.edit("after")
        case "gone":
            sent = await event.respond("short-lived")
            await sent.delete()
        case "sell":
            media, peer = invoice_media(), await event.get_input_chat()
            await event.client(SendMediaRequest(peer, media, "", random_id=event.id))
        case "arguments":
            await event.respond(" ".join(["started with", *sys.argv[1:]]))
        case "setting":
            await event.respond(f"{rest}={os.environ.get(rest)}")
        case _:
            await event.respond(f"echo: {event.raw_text or 'media'}")


async def pressed(event: Any) -> None:
    """Pop up what was pressed and edit the message."""
    name = event.data.decode()
    await event.answer(f"you pressed {name}")
    await event.edit(f"pressed {name}", buttons=KEYS)


async def asked(update: Any) -> None:
    """Let everybody pay."""
    answer = SetBotPrecheckoutResultsRequest(update.query_id, success=True)
    await update._client(answer)  # raw updates have no public one


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
    """Run until killed."""
    client = TelegramClient(session, 1, "x", catch_up=True, sequential_updates=True)
    client.parse_mode = None
    client.add_event_handler(answer, events.NewMessage(incoming=True))
    client.add_event_handler(answer, events.MessageEdited(incoming=True))
    client.add_event_handler(pressed, events.CallbackQuery())
    client.add_event_handler(asked, events.Raw(types.UpdateBotPrecheckoutQuery))
    await client.start(bot_token=os.environ["TELEGRAM_BOT_TOKEN"])
    session.save()
    if len(sys.argv) == 1:
        menu = [types.BotCommand("start", "Begin")]
        await client(SetBotCommandsRequest(types.BotCommandScopeDefault(), "", menu))
    await client.run_until_disconnected()


if __name__ == "__main__":
    asyncio.run(main(open_session()))
