"""What the local Telegram refuses, and how it numbers messages: no kinder than the real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from telethon.tl import functions, types

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.sandbox.refusals import refused

Ask = Callable[[Any], Any]


def keys(*kinds: Any) -> Any:
    """Make one row of keys."""
    row = [types.KeyboardInlineButton("key", kind) for kind in kinds]
    return types.ReplyInlineMarkup([types.KeyboardInlineButtonRow(row)])


def send(peer: Any, text: str, **more: Any) -> Any:
    """Make a call that sends a text."""
    return functions.messages.SendMessageRequest(peer, text, **more)


async def peer_of(ann: SimulatedUser) -> Any:
    """Let the person be met by the bot; gives how the bot names them."""
    await ann.say("hello")
    return types.InputPeerUser(ann.account.id, 0)


CALLBACK, URL, COPY = (
    types.InlineButtonTypeCallback,
    types.InlineButtonTypeUrl,
    types.InlineButtonTypeCopy,
)

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("", {}, "MESSAGE_EMPTY"),
    (" \n\u200b\u2063", {}, "MESSAGE_EMPTY"),
    ("🙂" * 2049, {}, "MESSAGE_TOO_LONG"),
    ("a", {"entities": [types.MessageEntityBold(0, 2)]}, "ENTITY_BOUNDS_INVALID"),
    ("🙂a", {"entities": [types.MessageEntityBold(0, 1)]}, "ENTITY_BOUNDS_INVALID"),
    ("a", {"entities": [types.MessageEntityBold(0, 0)]}, "ENTITY_BOUNDS_INVALID"),
    ("a", {"reply_markup": keys(CALLBACK(b"x" * 65))}, "BUTTON_DATA_INVALID"),
    ("a", {"reply_markup": keys(CALLBACK(b""))}, "BUTTON_DATA_INVALID"),
    ("a", {"reply_markup": keys(URL("http://localhost/"))}, "BUTTON_URL_INVALID"),
    ("a", {"reply_markup": keys(URL("javascript:alert(1)"))}, "BUTTON_URL_INVALID"),
    ("a", {"reply_markup": keys(COPY("x" * 257))}, "BUTTON_COPY_TEXT_INVALID"),
    ("a", {"reply_markup": keys(*[CALLBACK(b"x")] * 9)}, "REPLY_MARKUP_INVALID"),
    ("a", {"random_id": 0}, "RANDOM_ID_INVALID"),
]


@pytest.mark.parametrize(("text", "more", "error"), REFUSED)
async def test_bad_message_is_refused(
    bot: Any, ann: SimulatedUser, text: str, more: dict[str, Any], error: str
) -> None:
    """Each thing Telegram does not take is refused under its own name, and nothing is sent."""
    peer = await peer_of(ann)

    with refused(error):
        await bot(send(peer, text, **more))
    assert ann.saw("") is None


async def test_longest_message_and_data_are_taken(bot: Any, ann: SimulatedUser) -> None:
    """4096 units and 64 bytes are not too long."""
    peer = await peer_of(ann)
    await bot(send(peer, "🙂" * 2048, reply_markup=keys(CALLBACK(b"x" * 64))))

    assert len((await ann.sees("🙂")).text) == 2048


async def test_spaces_around_a_text_are_cut(bot: Any, ann: SimulatedUser) -> None:
    """A message is trimmed, its entities are moved along, and commands are marked."""
    peer = await peer_of(ann)
    bold = [types.MessageEntityBold(2, 2)]
    answer = await bot(send(peer, "  hi /start \n", entities=bold))

    message = answer.updates[1].message
    assert message.message == "hi /start"
    assert message.entities == [
        types.MessageEntityBold(0, 2),
        types.MessageEntityBotCommand(3, 6),
    ]


async def test_same_random_id_is_sent_once(
    telegram: TelegramServer, bot: Any, bot_account: Account, ann: SimulatedUser
) -> None:
    """A call that is repeated gives the first message again, and the person sees one."""
    peer = await peer_of(ann)
    first = await bot(send(peer, "once", random_id=77))
    second = await bot(send(peer, "once", random_id=77))

    assert first.updates[1].message.id == second.updates[1].message.id
    assert second.updates[1].pts_count == 0
    assert telegram.texts(ann.account, bot_account) == ["hello", "once"]


async def test_repeat_of_a_deleted_message_is_told(bot: Any, ann: SimulatedUser) -> None:
    """A repeated call whose message is gone is an error, not a second message."""
    peer = await peer_of(ann)
    first = await bot(send(peer, "once", random_id=77))
    await bot.delete_messages(peer, [first.updates[1].message.id])

    with refused("RANDOM_ID_DUPLICATE"):
        # Not through the client, which would try five times more.
        await bot._sender.send(send(peer, "once", random_id=77))


async def test_edit_rules(bot: Any, ann: SimulatedUser) -> None:
    """Unchanged, foreign and missing messages cannot be edited."""
    peer = await peer_of(ann)
    await ann.say("mine")
    markup = keys(CALLBACK(b"1"))
    sent = await bot.send_message(peer, "one", buttons=markup)

    async def edit(message_id: int, text: str, buttons: Any = None) -> Any:
        request = functions.messages.EditMessageRequest(
            peer, message_id, message=text, reply_markup=buttons
        )
        return await bot(request)

    with refused("MESSAGE_NOT_MODIFIED"):
        await edit(sent.id, "one ", markup)
    with refused("MESSAGE_AUTHOR_REQUIRED"):
        await edit(sent.id - 1, "two")
    with refused("MESSAGE_ID_INVALID"):
        await edit(sent.id + 1, "two")
    with refused("MESSAGE_TOO_LONG"):
        await edit(sent.id, "x" * 4097)
    assert (await edit(sent.id, "one")).updates[0].message.reply_markup is None


async def test_blocked_bot_cannot_write(bot: Any, ann: SimulatedUser) -> None:
    """A person who blocked the bot gets nothing more, and can take it back."""
    peer = await peer_of(ann)
    await ann.block()
    with refused("USER_IS_BLOCKED"):
        await bot(send(peer, "hi"))
    await ann.unblock()
    await bot(send(peer, "hi again"))

    assert (await ann.sees("hi")).text == "hi again"


async def test_bot_cannot_write_first(
    telegram: TelegramServer, bot: Any, bot_account: Account
) -> None:
    """A bot cannot write to somebody who never wrote to it, nor to another bot."""
    bob = telegram.add_person("Bob")
    with refused("PEER_ID_INVALID"):
        await bot(send(types.InputPeerUser(bob.id, 0), "hi"))

    other = telegram.add_bot("other_bot")
    known = telegram.world.accounts.access_hash(bot_account, other)
    with refused("USER_IS_BOT"):
        await bot(send(types.InputPeerUser(other.id, known), "hi"))


@pytest.mark.parametrize(
    "request_class",
    [
        lambda peer: functions.messages.GetHistoryRequest(peer, 0, None, 0, 10, 0, 0, 0),
        lambda peer: functions.messages.GetDialogsRequest(None, 0, peer, 10, 0),
        lambda peer: functions.messages.ReadHistoryRequest(peer, 0),
    ],
)
async def test_bots_cannot_read_chats(bot: Any, ann: SimulatedUser, request_class: Ask) -> None:
    """History, dialogs and read marks are for people only."""
    peer = await peer_of(ann)

    with refused("BOT_METHOD_INVALID"):
        await bot(request_class(peer))


async def test_people_cannot_send_keys(ann: SimulatedUser) -> None:
    """Inline keys that a person's account sends are dropped."""
    await peer_of(ann)
    answer = await ann.client(send(ann._peer, "hi", reply_markup=keys(CALLBACK(b"1"))))

    assert answer.updates[1].message.reply_markup is None


async def test_ids_belong_to_the_box(
    telegram: TelegramServer, bot: Any, bot_account: Account, ann: SimulatedUser
) -> None:
    """Both sides number the same message differently, each from somewhere, each by one."""
    first = await ann.say("one")
    second = await ann.say("two")
    own = telegram.world.mail.box(ann.account.id)
    other = telegram.world.mail.box(bot_account.id)

    assert second == first + 1
    assert own.twins[first] == (bot_account.id, other.last_id - 1)
    assert first > 10_000
    assert other.last_id - 1 != first
    assert (await bot.get_messages(None, ids=other.last_id)).text == "two"


async def test_pts_counts_each_change(
    telegram: TelegramServer, bot_account: Account, bot: Any, ann: SimulatedUser
) -> None:
    """A message or an edit is one, a deletion as many as it deletes, a reading none for a bot."""
    box = telegram.world.mail.box(bot_account.id)
    start = box.pts
    ids = [await ann.say(text) for text in "abc"]
    await ann.edit("d")
    await ann.client.delete_messages(ann._peer, ids[:2], revoke=True)
    await ann.client.send_read_acknowledge(ann._peer)

    assert (await bot.get_me()).bot
    assert box.pts - start == 3 + 1 + 2


async def test_deleting_for_oneself_leaves_the_other_side(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """Without `revoke` the other side keeps its copy."""
    number = await ann.say("kept")
    await ann.client.delete_messages(ann._peer, [number], revoke=False)

    assert telegram.texts(ann.account, bot_account) == []
    assert telegram.texts(bot_account, ann.account) == ["kept"]


async def test_boxes_and_logs_are_capped(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """The oldest messages and changes are forgotten beyond the cap."""
    telegram.world.mail.messages_kept = telegram.world.mail.log_kept = 5
    for number in range(8):
        await ann.say(str(number))
    box = telegram.world.mail.box(bot_account.id)

    assert telegram.texts(bot_account, ann.account) == list("34567")
    assert (len(box.log), len(box.twins)) == (5, 5)


async def test_unknown_method_is_refused(ann: SimulatedUser) -> None:
    """What the server does not know it refuses at once."""
    with refused("METHOD_INVALID"):
        await ann.client(functions.messages.GetAllStickersRequest(0))


async def test_history_and_dialogs_page(
    telegram: TelegramServer, bot: Any, bot_account: Account, ann: SimulatedUser
) -> None:
    """A person's app reads its chats, newest first, in pages, either way round."""
    for number in range(5):
        await ann.say(str(number))
    await bot.send_message(ann.account.id, "answer")

    newest = await ann.client.get_messages("sapp_bot", limit=2)
    oldest = await ann.client.get_messages("sapp_bot", limit=3, reverse=True)
    dialogs = [dialog async for dialog in ann.client.iter_dialogs()]

    assert [m.text for m in newest] == ["answer", "4"]
    assert newest.total == 6
    assert [m.text for m in oldest] == ["0", "1", "2"]
    assert [(d.id, d.unread_count) for d in dialogs] == [(bot_account.id, 1)]
    assert telegram.count("messages.getDialogs") >= 1
