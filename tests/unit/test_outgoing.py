"""Our replies become Telegram's requests, byte for byte serialisable; refusals become errors."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from telethon import errors, types

from sapp_bot.domain.answers import InlineAnswer, InlineResult, PressAnswer, SwitchToBot
from sapp_bot.domain.replies import Callback, CloseScreens, Copy, Edit, ReplyTo, Send, Url
from sapp_bot.domain.text import Entity, Rich, bold, code, join, link, pre, quote, spoiler, units
from sapp_bot.errors import ChatPaused, TelegramAway, TelegramError, Undeliverable
from sapp_bot.telegram import outgoing

PEER = types.InputPeerUser(7, 0)


def sent(reply: Send, random_id: int = 5) -> list[Any]:
    """Make the requests of a reply; all can be serialised."""
    requests = outgoing.send_requests(PEER, reply, random_id)
    assert all(bytes(request) for request in requests)
    return requests


def test_plain_text() -> None:
    """A short text is one message with the given number, no preview and no keyboard."""
    (request,) = sent(Send(7, Rich("a *b* <c>")))
    assert (request.message, request.random_id, request.no_webpage) == ("a *b* <c>", 5, True)
    assert (request.entities, request.reply_markup) == ([], None)


def test_a_reply_in_a_topic() -> None:
    """The message that is answered, and the topic that it is in, are named in every part."""
    requests = sent(Send(7, Rich("word\n" * 2000), reply_to=ReplyTo(41, 40)))
    assert {(r.reply_to.reply_to_msg_id, r.reply_to.top_msg_id) for r in requests} == {(41, 40)}


def test_a_former_keyboard_is_taken_away() -> None:
    """With the message that greets; one with buttons of its own carries those."""
    (request,) = sent(Send(7, Rich("hello"), removes_keyboard=True))
    assert isinstance(request.reply_markup, types.ReplyKeyboardHide)
    (request,) = sent(Send(7, Rich("hello")))
    assert request.reply_markup is None


def test_buttons_are_taken_off() -> None:
    """An edit that names nothing but the message removes its keyboard; a text replaces its text."""
    bare = outgoing.close_request(PEER, CloseScreens(7, ("a",)), 3)
    assert (bare.id, bare.message, bare.reply_markup) == (3, None, None)
    closed = outgoing.close_request(PEER, CloseScreens(7, ("a",), bold("gone")), 3, "> ")
    assert (closed.message, closed.reply_markup) == ("> gone", None)
    assert [(e.offset, e.length) for e in closed.entities] == [(2, 4)]
    assert bytes(bare)
    assert bytes(closed)


def test_entities() -> None:
    """Each kind of formatting has its entity, at the offsets of the text."""
    parts = [bold("😀"), code("c"), spoiler("s"), quote("q"), pre("p"), link("l", "http://x")]
    (request,) = sent(Send(7, join(parts) + Rich("k", (Entity("strike", 0, 1),))))
    found = [(type(e).__name__[13:], e.offset, e.length) for e in request.entities]
    assert found == [
        ("Bold", 0, 2),
        ("Code", 2, 1),
        ("Spoiler", 3, 1),
        ("Blockquote", 4, 1),
        ("Pre", 5, 1),
        ("TextUrl", 6, 1),
        ("Strike", 7, 1),
    ]


def test_keyboard() -> None:
    """Every key of every row is in the keyboard, with data, copy text, address and colour."""
    rows = (
        (Callback("Delete", b"\x00\xff", style="danger"), Callback("More", b"m")),
        (Copy("Copy", "secret"), Url("Docs", "https://x.test")),
        (),
    )
    (request,) = sent(Send(7, Rich("t"), rows))
    keys = [key for row in request.reply_markup.rows for key in row.buttons]
    assert [len(row.buttons) for row in request.reply_markup.rows] == [2, 2]
    assert [key.text for key in keys] == ["Delete", "More", "Copy", "Docs"]
    assert keys[0].style.bg_danger
    assert keys[1].style is None
    assert keys[0].type.data == b"\x00\xff"
    assert (keys[2].type.copy_text, keys[3].type.url) == ("secret", "https://x.test")


def test_long_text_is_split() -> None:
    """A long text becomes messages in order, the keyboard under the last, numbers repeatable."""
    reply = Send(7, Rich("word\n" * 2000), ((Callback("k", b"k"),),))
    requests = sent(reply)
    assert len(requests) == 3
    assert "".join(r.message for r in requests) == reply.text.plain
    assert [r.reply_markup is None for r in requests] == [True, True, False]
    numbers = [r.random_id for r in requests]
    assert numbers == [r.random_id for r in sent(reply)]
    assert numbers[0] == 5
    assert len(set(numbers)) == 3


def test_blank_rest_is_not_sent() -> None:
    """A split never leaves a message of blanks only, which Telegram refuses."""
    (request,) = sent(Send(7, Rich("a" * 4096 + "\n\n")))
    assert request.message == "a" * 4096


def test_lone_surrogates() -> None:
    """Half a character anywhere is replaced, and the offsets behind it stay right."""
    rows = ((Callback("\ud83d", b"d"), Copy("\udc00", "\ud800"), Url("u", "http://\ud800")),)
    (request,) = sent(Send(7, Rich("\ud800") + bold("x"), rows))
    assert request.message == "\ufffdx"
    assert request.entities[0].offset == 1
    assert bytes(outgoing.answer_request(1, PressAnswer("\ud800", alert=True)))
    assert bytes(outgoing.menu_request({"a": "\ud800"}, language="", peer=None))


def test_edit_is_cut() -> None:
    """An edit is one message: a long text ends in an ellipsis, its entities inside."""
    text = Rich("😀" * 2047) + bold("abcdef")
    request = outgoing.edit_request(PEER, Edit(7, 3, text))
    assert units(request.message) == 4096
    assert request.message.endswith("…")
    (entity,) = request.entities
    assert entity.offset + entity.length <= 4096
    assert (request.id, request.reply_markup) == (3, None)


def test_photo() -> None:
    """A photo is uploaded in parts and sent with its caption, which is cut where it is too long."""
    image = b"x" * (outgoing.PART_BYTES + 1)
    parts = outgoing.part_requests(5, image)
    photo = outgoing.uploaded_photo(5, image)
    request = outgoing.media_request(PEER, Send(1, Rich("c" * 2000)), 7, photo, "!")

    assert [(p.file_id, p.file_part, len(p.bytes)) for p in parts] == [
        (5, 0, outgoing.PART_BYTES),
        (5, 1, 1),
    ]
    assert (photo.file.id, photo.file.parts) == (5, 2)
    assert (request.random_id, request.media) == (7, photo)
    assert (units(request.message), request.message[:2]) == (1024, "!c")


def test_edit_of_a_photo() -> None:
    """The new photo takes the place of the old one, its text has a caption's room."""
    photo = outgoing.uploaded_photo(5, b"x")
    request = outgoing.edit_request(PEER, Edit(1, 3, Rich("c" * 2000)), photo=photo)

    assert (request.media, units(request.message)) == (photo, 1024)


def test_inline_answer() -> None:
    """Results are kept for the person alone, if at all; the button leads to the bot."""
    rows = [[Url("Docs", "https://example.org")]]
    result = InlineResult("a", "title", "", bold("text"), rows)
    answer = InlineAnswer((result,), 30, SwitchToBot("Open", "help"))
    request = outgoing.answer_request(9, answer)
    (sent,) = request.results

    assert (request.query_id, request.cache_time, request.private) == (9, 30, True)
    assert (request.switch_pm.text, request.switch_pm.start_param) == ("Open", "help")
    assert (sent.id, sent.type, sent.title, sent.description) == ("a", "article", "title", None)
    assert sent.send_message.message == "text"
    assert isinstance(sent.send_message.entities[0], types.MessageEntityBold)
    assert sent.send_message.reply_markup.rows[0].buttons[0].text == "Docs"
    assert outgoing.answer_request(9, InlineAnswer()).switch_pm is None


def test_deletion() -> None:
    """Deletions are for both sides, at most 100 at once; channels have a call of their own."""
    first, second = outgoing.delete_requests(PEER, tuple(range(1, 121)))
    assert (len(first.id), len(second.id), first.revoke) == (100, 20, True)
    (request,) = outgoing.delete_requests(types.InputPeerChannel(5, 1), (3,))
    assert type(request).__module__.endswith("channels")


def test_menu_scope() -> None:
    """A menu is for everybody's private chats, or for one person."""
    everybody = outgoing.menu_request({"help": "d" * 300}, language="ru", peer=None)
    one = outgoing.menu_request({}, language="", peer=PEER)
    assert isinstance(everybody.scope, types.BotCommandScopeUsers)
    assert (everybody.lang_code, units(everybody.commands[0].description)) == ("ru", 256)
    assert isinstance(one.scope, types.BotCommandScopePeer)


def test_made_message() -> None:
    """The id of a sent message is read from either form of Telegram's answer."""
    whole = types.Updates([types.UpdateMessageID(30, 5)], [], [], None, 0)
    short = types.UpdateShortSentMessage(31, 1, 1, None)
    assert outgoing.made_message(whole, 5) == 30
    assert outgoing.made_message(whole, 6) is None
    assert outgoing.made_message(short, 5) == 31


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.FloodWaitError(None, 6), ChatPaused),
        (errors.SlowModeWaitError(None, 6), ChatPaused),
        (errors.ServerError(None, "INTERNAL"), TelegramAway),
        (errors.RpcCallFailError(None), TelegramAway),
        (errors.TimedOutError(None, "Timeout"), TelegramAway),
        (errors.AuthKeyDuplicatedError(None), TelegramAway),
        (errors.AuthKeyUnregisteredError(None), TelegramAway),
        (errors.ConnectionNotInitedError(None), TelegramAway),
        (errors.AuthKeyError(None, "TOPIC_CLOSED"), Undeliverable),
        (TimeoutError(), TelegramAway),
        (ConnectionError(), TelegramAway),
        (errors.UserIsBlockedError(None), Undeliverable),
        (errors.InputUserDeactivatedError(None), Undeliverable),
        (errors.PeerIdInvalidError(None), Undeliverable),
        (errors.MessageTooLongError(None), Undeliverable),
        (errors.EntityBoundsInvalidError(None), Undeliverable),
        (errors.ButtonDataInvalidError(None), Undeliverable),
        (errors.BadRequestError(None, "SOMETHING_NEW"), Undeliverable),
        (struct.error(), Undeliverable),
    ],
)
def test_translated(error: Exception, expected: type[TelegramError]) -> None:
    """Waits pause the chat, outages can be repeated, refusals are final."""
    found = outgoing.translated(error)
    assert type(found) is expected
    if isinstance(found, ChatPaused):
        assert found.wait_s == 6


@pytest.mark.parametrize(
    ("error", "for_its_form"),
    [
        (errors.ButtonUrlInvalidError(None), True),
        (errors.EntityBoundsInvalidError(None), True),
        (errors.MessageTooLongError(None), True),
        (errors.BadRequestError(None, "SOMETHING_NEW"), True),
        (struct.error(), True),
        (errors.UserIsBlockedError(None), False),
        (errors.PeerIdInvalidError(None), False),
        (errors.InputUserDeactivatedError(None), False),
        (errors.FrozenMethodInvalidError(None), False),
    ],
)
def test_refusals_for_the_form_are_told_from_those_of_the_chat(
    error: Exception, *, for_its_form: bool
) -> None:
    """A plainer message may arrive where only the form was refused."""
    found = outgoing.translated(error)

    assert isinstance(found, Undeliverable)
    assert found.for_its_form is for_its_form
