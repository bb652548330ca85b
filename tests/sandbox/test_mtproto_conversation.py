"""A person and a bot talk, unmodified Telethon on both ends."""

from __future__ import annotations

from typing import Any

import pytest
from telethon import Button, events
from telethon.errors import MessageEmptyError
from telethon.tl import types

from sapp_bot.sandbox.client.person import NotSeen, SimulatedUser
from sapp_bot.sandbox.client.seen import Saw, SawDeletion, Toast, media_of
from sapp_bot.sandbox.telegram.server import TelegramServer


async def test_message_is_answered(ann: SimulatedUser, bot: Any) -> None:
    """A text reaches the bot with sender and language, and its answer reaches the person."""

    @bot.on(events.NewMessage)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def answer(event: Any) -> None:
        sender = await event.get_sender()
        await event.respond(f"{sender.first_name} {sender.lang_code}: {event.text}")

    await ann.say("/start")

    assert (await ann.sees("Ann ru: /start")).rows == ()
    assert ann.read_back() == "Ann: /start\nsapp_bot: Ann ru: /start"


async def test_press_is_answered_and_edits(ann: SimulatedUser, bot: Any) -> None:
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


async def test_deleted_secret_is_not_read_back(ann: SimulatedUser, bot: Any) -> None:
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


async def test_empty_message_is_refused(ann: SimulatedUser) -> None:
    """A message with nothing to see is refused and not counted as said."""
    with pytest.raises(MessageEmptyError):
        await ann.say("\u200b\u200b")

    assert ann.read_back() == "Ann: (not sent)"


async def test_force_reply_is_replied_to(ann: SimulatedUser, bot: Any) -> None:
    """A forced reply shows its placeholder, and what is said next replies to that message."""
    replies: list[int] = []

    @bot.on(events.NewMessage)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def answer(event: Any) -> None:
        replies.append(event.message.reply_to_msg_id)
        force = types.ReplyKeyboardForceReply(placeholder="Your name")
        sent = await event.respond("Name?", buttons=force)
        replies.append(sent.id)

    await ann.say("/new")
    asked = await ann.sees("Name?")
    await ann.say("Ann")
    await ann.sees("Name?")

    assert asked == Saw("Name?", (), asked.message_id, prompt="Your name")
    assert replies[:3] == [None, replies[1], replies[1]]


async def test_edits_and_forwards_reach_the_bot(ann: SimulatedUser, bot: Any) -> None:
    """A changed message arrives as an edit, a forwarded one with its first author."""
    came: list[str] = []

    @bot.on(events.NewMessage)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def new(event: Any) -> None:
        came.append(f"new {event.text} {bool(event.message.fwd_from)}")
        await event.respond("ok")

    @bot.on(events.MessageEdited)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def edited(event: Any) -> None:
        came.append(f"edited {event.text} {event.message.edit_date is not None}")
        await event.respond("edit ok")

    await ann.say("one")
    await ann.sees("ok")
    await ann.edit("two")
    await ann.sees("edit ok")
    await ann.forward()
    await ann.sees("ok")

    assert came == ["new one False", "edited two True", "new edit ok True"]


async def test_photo_sticker_and_document_arrive(ann: SimulatedUser, bot: Any) -> None:
    """Media reach the bot as what they are, and can be read back byte for byte."""
    came: list[tuple[str, int]] = []

    @bot.on(events.NewMessage)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def new(event: Any) -> None:
        kind = media_of(event.message)
        came.append((kind, len(await event.message.download_media(bytes))))
        await event.respond(f"{kind} {event.text}")

    await ann.send_photo(caption="me")
    await ann.sees("photo me")
    await ann.send_sticker()
    await ann.sees("sticker")
    await ann.send_document("a.csv", b"x" * 700_000)
    await ann.sees("document")

    assert came == [("photo", 70), ("sticker", 34), ("document", 700_000)]


async def test_copy_and_url_keys_give_what_they_hold(ann: SimulatedUser, bot: Any) -> None:
    """A key that copies or opens needs no bot."""
    rows = [
        types.KeyboardInlineButton("Copy", types.InlineButtonTypeCopy("the key")),
        types.KeyboardInlineButton("Open", types.InlineButtonTypeUrl("https://example.com")),
    ]
    await ann.say("hi")
    markup = types.ReplyInlineMarkup([types.KeyboardInlineButtonRow(rows)])
    await bot.send_message(ann.account.id, "Card", buttons=markup)
    await ann.sees("Card")

    assert await ann.press("copy") == "the key"
    assert await ann.press("Open") == "https://example.com"
    assert "the key" not in repr(ann.events)


async def test_missing_key_names_those_there_are(ann: SimulatedUser, bot: Any) -> None:
    """Pressing what is not there says what is."""
    await ann.say("hi")
    await bot.send_message(ann.account.id, "Card", buttons=[Button.inline("Show", b"1")])
    await ann.sees("Card")

    with pytest.raises(LookupError, match="Show"):
        await ann.press("Hide")


async def test_expectation_that_fails_says_what_came(ann: SimulatedUser, bot: Any) -> None:
    """What did not come in time is an error that names what did."""
    await ann.say("hi")
    await bot.send_message(ann.account.id, "Hello")
    await ann.sees("Hello")

    with pytest.raises(NotSeen, match="Hello"):
        await ann.sees("Goodbye", within_s=0.01)


async def test_long_text_is_cut_as_apps_do(ann: SimulatedUser, bot: Any) -> None:
    """A text of more than 4096 units goes out in several messages, none too long."""
    await ann.say("🙂" * 5000)

    sizes = [len(text) for text in (m.text for m in ann.messages.values())]
    assert (await bot.get_me()).bot
    assert sizes == [2048, 2048, 904]


async def test_saved_messages_reach_the_other_device(telegram: TelegramServer) -> None:
    """What one device says to itself, the account's other device sees."""
    me = telegram.add_person("Me")
    async with (
        await SimulatedUser.join(telegram, me, me) as first,
        await SimulatedUser.join(telegram, me, me, device=1) as second,
    ):
        await first.say("note")
        await second.sees("note")
        await second.say("answer")
        await first.sees("answer")

    assert telegram.texts(me, me) == ["note", "answer"]
