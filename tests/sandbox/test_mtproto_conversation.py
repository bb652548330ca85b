"""A person and a bot talk, unmodified Telethon on both ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telethon import Button, events
from telethon.errors import MessageEmptyError

from sapp_bot.sandbox.person import Person
from sapp_bot.sandbox.telegram.connect import make_client
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.transcript import SawDeletion, Toast


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    """Give a server that has not crashed inside by the end of the test."""
    async with TelegramServer() as server:
        yield server
        assert not server.crashes


@pytest.fixture
async def bot(server: TelegramServer) -> AsyncIterator[Any]:
    """Give a bot's client, signed in by its token."""
    account = server.add_bot("sapp_bot")
    client = make_client(server)
    await client.start(bot_token=account.token)
    yield client
    await client.disconnect()


@pytest.fixture
async def ann(server: TelegramServer, bot: Any) -> AsyncIterator[Person]:
    """Give a person in a chat with the bot."""
    me = await bot.get_me()
    account = server.world.accounts.get(me.id)
    assert account
    async with await Person.join(server, server.add_person("Ann", "ru"), account) as person:
        yield person


async def test_message_is_answered(ann: Person, bot: Any) -> None:
    """A text reaches the bot with sender and language, and its answer reaches the person."""

    @bot.on(events.NewMessage)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def answer(event: Any) -> None:
        sender = await event.get_sender()
        await event.respond(f"{sender.first_name} {sender.lang_code}: {event.text}")

    await ann.say("/start")

    assert (await ann.sees("Ann ru: /start")).rows == ()
    assert ann.read_back() == "Ann: /start\nsapp_bot: Ann ru: /start"


async def test_press_is_answered_and_edits(ann: Person, bot: Any) -> None:
    """A press brings the bot its data, the person the toast and the edited message."""

    @bot.on(events.NewMessage)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def answer(event: Any) -> None:
        await event.respond("Card", buttons=[[Button.inline("Show", b"show")]])

    @bot.on(events.CallbackQuery)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def pressed(event: Any) -> None:
        await event.answer(event.data.decode(), alert=True)
        await event.edit("Shown")

    await ann.say("/client")
    await ann.sees("Card")

    assert await ann.press("Show") == "show"
    assert (await ann.sees("Shown")).rows == ()
    assert Toast("show", alert=True) in ann.events


async def test_deleted_secret_is_not_read_back(ann: Person, bot: Any) -> None:
    """What the bot deletes is gone on both sides, and shown as deleted afterwards."""

    @bot.on(events.NewMessage)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def answer(event: Any) -> None:
        await event.delete()
        await event.respond("Thank you")

    message_id = await ann.say("hunter2")
    await ann.sees("Thank you")

    assert SawDeletion((message_id,), own=(message_id,)) in ann.events
    assert "hunter2" not in ann.read_back()
    assert message_id not in ann.messages


async def test_empty_message_is_refused(ann: Person) -> None:
    """A message with nothing to see is refused and not counted as said."""
    with pytest.raises(MessageEmptyError):
        await ann.say("\u200b\u200b")

    assert ann.read_back() == "Ann: (not sent)"
