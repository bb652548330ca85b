"""Basic groups and short forms of the local Telegram, with unmodified Telethon on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from telethon import Button, errors, events
from telethon.tl import functions, types

from sapp_bot.sandbox.client.group import GroupMember
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account

SHORT = (types.UpdateShortMessage, types.UpdateShortChatMessage)


@pytest.fixture
async def heard(bot: Any) -> list[Any]:
    """Have the bot answer every text with its echo; give the updates that it gets."""
    updates: list[Any] = []

    async def note(update: Any) -> None:
        updates.append(update)

    async def answer(event: Any) -> None:
        # Not event.respond: of a short form Telethon does not know the group as an input peer.
        group = types.InputPeerChat(-event.chat_id)
        keys = [[Button.inline("Press", b"x")]]
        await bot.send_message(group, f"echo: {event.raw_text}", buttons=keys)

    async def pressed(event: Any) -> None:
        await event.answer("pressed")
        await event.edit("pressed")

    bot.add_event_handler(note, events.Raw([types.UpdateNewMessage, *SHORT]))
    bot.add_event_handler(answer, events.NewMessage(incoming=True))
    bot.add_event_handler(pressed, events.CallbackQuery())
    return updates


@pytest.fixture
async def friends(
    telegram: TelegramServer, bot_account: Account
) -> AsyncIterator[tuple[GroupMember, GroupMember]]:
    """Give Ann, who made a group with the bot, and Bob, whom she brought in."""
    ann, bob = telegram.add_person("Ann", "ru"), telegram.add_person("Bob", "en")
    async with (
        await GroupMember.join(telegram, ann, bot_account, device=2) as founder,
        await GroupMember.join(telegram, bob, bot_account, device=2) as member,
    ):
        await founder.found("Friends")
        await founder.invite(bob)
        member.enter(founder.group)
        yield founder, member


def texts(heard: list[Any]) -> list[str]:
    """Return the texts that a bot was given, service messages left out."""
    messages = [getattr(update, "message", "") for update in heard]
    found = [m if isinstance(m, str) else m.message for m in messages]
    return [text for text in found if text]


@pytest.mark.parametrize("short", [False, True])
async def test_a_bot_is_given_what_is_meant_for_it(
    telegram: TelegramServer,
    friends: tuple[GroupMember, GroupMember],
    heard: list[Any],
    short: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """Commands, mentions and replies to it; everybody sees what it answers."""
    telegram.world.short_forms = short
    ann, bob = friends
    for text in ("hello", "/start@other_bot", "100 usd", "mail@sapp_bot"):
        await bob.say(text)
    await bob.say("/rates")
    await ann.sees("echo: /rates")
    answer = await bob.sees("echo: /rates")
    await ann.say("what do you say, @sapp_bot?")
    await bob.sees("echo: what do you say, @sapp_bot?")
    sent = await bob.client.send_message(
        types.InputPeerChat(bob.group), "thanks", reply_to=answer.message_id
    )
    await ann.sees("echo: thanks")

    assert texts(heard) == ["mail@sapp_bot", "/rates", "what do you say, @sapp_bot?", "thanks"]
    assert sent.id
    assert bool([u for u in heard if isinstance(u, types.UpdateShortChatMessage)]) is short


async def test_a_button_in_a_group_is_pressed_by_anybody(
    friends: tuple[GroupMember, GroupMember],
    heard: list[Any],  # noqa: ARG001  # the bot answers
) -> None:
    """The message has an id of its own for each, and changes for all."""
    ann, bob = friends
    await bob.say("/rates")
    await ann.sees("echo: /rates")
    assert await ann.press("Press") == "pressed"

    assert (await bob.sees("pressed")).text == "pressed"
    assert ann.screen is None


async def test_members_come_and_go(
    telegram: TelegramServer, friends: tuple[GroupMember, GroupMember], bot_account: Account
) -> None:
    """Who is in sees the title and the others; who is out can say nothing."""
    ann, bob = friends
    (chat,) = (await bob.client(functions.messages.GetChatsRequest([ann.group]))).chats
    full = await bob.client(functions.messages.GetFullChatRequest(ann.group))
    assert (chat.title, chat.participants_count) == ("Friends", 3)
    members = {p.user_id for p in full.full_chat.participants.participants}
    assert members == {ann.account.id, bob.account.id, bot_account.id}
    with pytest.raises(errors.UserAlreadyParticipantError):
        await ann.invite(bob.account)
    founder = await bob.client.get_input_entity(ann.account.id)
    with pytest.raises(errors.ChatAdminRequiredError):
        await bob.client(functions.messages.DeleteChatUserRequest(bob.group, founder))
    await bob.client(functions.messages.DeleteChatUserRequest(bob.group, types.InputUserSelf()))
    with pytest.raises(errors.ChatWriteForbiddenError):
        await bob.say("hello?")
    assert not telegram.crashes


async def test_only_its_author_deletes_a_message_for_all(
    friends: tuple[GroupMember, GroupMember],
) -> None:
    """A member may not, who made the group may; the copy of everybody goes."""
    ann, bob = friends
    number = await ann.say("mine")
    (theirs,) = await bob.client.get_messages(types.InputPeerChat(bob.group), limit=1)
    assert theirs.message == "mine"
    with pytest.raises(errors.MessageDeleteForbiddenError):
        await bob.delete(theirs.id)
    await ann.delete(number)

    (newest,) = await bob.client.get_messages(types.InputPeerChat(bob.group), limit=1)
    assert isinstance(newest, types.MessageService)


async def test_plain_messages_have_short_forms(
    telegram: TelegramServer, ann: SimulatedUser, bot: Any, bot_account: Account
) -> None:
    """Once the sender is known; a message with buttons, a picture or an edit never has."""
    telegram.world.short_forms = True
    came: asyncio.Queue[Any] = asyncio.Queue()

    async def note(update: Any) -> None:
        came.put_nowait(update)

    bot.add_event_handler(note, events.Raw([types.UpdateNewMessage, *SHORT]))
    kinds = []
    async with asyncio.timeout(10):
        for sending in (ann.say("one"), ann.say("two"), ann.send_photo()):
            await sending
            kinds.append(type(await came.get()).__name__)
    assert kinds == ["UpdateNewMessage", "UpdateShortMessage", "UpdateNewMessage"]

    sent = await bot.send_message(ann.account.id, "**bold**")
    seen = await ann.sees("bold")
    assert sent.message == "bold"
    assert [type(e).__name__ for e in sent.entities] == ["MessageEntityBold"]
    await bot.edit_message(ann.account.id, sent.id, "changed")
    changed = await ann.sees("changed")

    assert seen.message_id == changed.message_id
    assert bot_account.bot
