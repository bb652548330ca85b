"""Menus, presses and typing: what only bots have."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telethon import events
from telethon.tl import functions, types

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.sandbox.refusals import refused

DEFAULT, USERS = types.BotCommandScopeDefault(), types.BotCommandScopeUsers()


async def set_menu(bot: Any, scope: Any, language: str, *names: str) -> None:
    """Set a menu of these commands."""
    commands = [types.BotCommand(name, name.title()) for name in names]
    await bot(functions.bots.SetBotCommandsRequest(scope, language, commands))


async def test_person_sees_the_narrowest_menu(bot: Any, ann: SimulatedUser) -> None:
    """A menu for the chat goes before one for the language, and that before the default."""
    await ann.say("hi")
    seen = []
    await set_menu(bot, DEFAULT, "", "help")
    seen.append(await ann.menu())
    await set_menu(bot, USERS, "ru", "pomosch")
    seen.append(await ann.menu())
    own = types.BotCommandScopePeer(types.InputPeerUser(ann.account.id, 0))
    await set_menu(bot, own, "", "admin")
    seen.append(await ann.menu())
    await bot(functions.bots.ResetBotCommandsRequest(own, ""))
    seen.append(await ann.menu())

    assert [list(menu) for menu in seen] == [["help"], ["pomosch"], ["admin"], ["pomosch"]]
    read = await bot(functions.bots.GetBotCommandsRequest(USERS, "ru"))
    assert [(c.command, c.description) for c in read] == [("pomosch", "Pomosch")]


@pytest.mark.parametrize(
    ("name", "language", "error"),
    [
        ("Help", "", "BOT_COMMAND_INVALID"),
        ("", "", "BOT_COMMAND_INVALID"),
        ("help", "rus", "LANG_CODE_INVALID"),
    ],
)
async def test_bad_menu_is_refused(bot: Any, name: str, language: str, error: str) -> None:
    """A menu of what Telegram does not take is refused."""
    with refused(error):
        await set_menu(bot, DEFAULT, language, name)


async def test_menu_for_a_stranger_is_refused(telegram: TelegramServer, bot: Any) -> None:
    """A bot cannot set a menu for somebody it never met."""
    stranger = types.InputPeerUser(telegram.add_person("Bob").id, 0)
    with refused("PEER_ID_INVALID"):
        await set_menu(bot, types.BotCommandScopePeer(stranger), "", "help")


async def test_person_cannot_set_menus(ann: SimulatedUser) -> None:
    """Menus are for bots."""
    with refused("USER_BOT_REQUIRED"):
        await set_menu(ann.client, DEFAULT, "", "help")


async def test_press_without_answer_times_out(
    telegram: TelegramServer, bot: Any, ann: SimulatedUser
) -> None:
    """A press nobody answers ends after a while; an answer after that is too late."""
    telegram.world.queries.timeout_s = 0.05
    queries: list[int] = []

    @bot.on(events.CallbackQuery)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def pressed(event: Any) -> None:
        queries.append(event.query.query_id)

    await card(bot, ann)

    assert await ann.press("Go") is None
    with refused("QUERY_ID_INVALID"):
        await bot(functions.messages.SetBotCallbackAnswerRequest(queries[0], 0, message="late"))


async def test_only_the_first_answer_is_seen(bot: Any, ann: SimulatedUser) -> None:
    """A second answer to the same press is taken and shown to nobody."""

    @bot.on(events.CallbackQuery)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def pressed(event: Any) -> None:
        for text in ("first", "second"):
            request = functions.messages.SetBotCallbackAnswerRequest(
                event.query.query_id, 0, message=text
            )
            await bot(request)

    await card(bot, ann)

    assert await ann.press("Go") == "first"


async def test_press_carries_whatever_the_app_sends(bot: Any, ann: SimulatedUser) -> None:
    """A changed app may send data that no key has: the bot must not trust it."""
    came: list[bytes] = []

    @bot.on(events.CallbackQuery)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def pressed(event: Any) -> None:
        came.append(event.data)
        await event.answer()

    message_id = await card(bot, ann)
    forged = functions.messages.GetBotCallbackAnswerRequest
    await ann.client(forged(ann._peer, message_id, data=b"forged"))

    assert came == [b"forged"]
    with refused("MESSAGE_ID_INVALID"):
        await ann.client(forged(ann._peer, message_id + 1, data=b"forged"))
    with refused("DATA_INVALID"):
        await ann.client(forged(ann._peer, message_id, data=b"x" * 65))


async def test_press_while_the_bot_is_away_is_lost(
    telegram: TelegramServer, bot_account: Account, bot: Any, ann: SimulatedUser
) -> None:
    """A press has no pts: a bot that was away never hears of it."""
    telegram.world.queries.timeout_s = 0.05
    await card(bot, ann)
    pts = telegram.world.mail.box(bot_account.id).pts
    await bot.disconnect()

    assert await ann.press("Go") is None
    assert telegram.world.mail.box(bot_account.id).pts == pts


async def test_typing_is_shown_to_people(bot: Any, ann: SimulatedUser) -> None:
    """What the bot is doing reaches the person's app."""
    typing = asyncio.Event()

    async def seen(_: Any) -> None:
        typing.set()

    ann.client.add_event_handler(seen, events.Raw(types.UpdateUserTyping))
    await ann.say("hi")
    async with bot.action(ann.account.id, "typing"):
        await asyncio.wait_for(typing.wait(), 5)


async def card(bot: Any, ann: SimulatedUser) -> int:
    """Let the bot show a card with one key; gives its id on the person's side."""
    await ann.say("hi")
    go = types.KeyboardInlineButton("Go", types.InlineButtonTypeCallback(b"go"))
    markup = types.ReplyInlineMarkup([types.KeyboardInlineButtonRow([go])])
    await bot.send_message(ann.account.id, "Card", buttons=markup)
    return (await ann.sees("Card")).message_id
