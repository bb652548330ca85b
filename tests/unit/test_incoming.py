"""Telethon's updates become our values, and what is not for us becomes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from telethon import types

from sapp_bot.domain.text import Entity
from sapp_bot.domain.updates import InlineQuery, Message, Person, Press
from sapp_bot.telegram.incoming import Reader, media_kind

SENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EDITED = datetime(2026, 11, 22, 12, 5, tzinfo=UTC)
ANN = types.User(id=7, first_name="Ann", lang_code="ru", access_hash=1)


def reader() -> Reader:
    """Read as a bot does."""
    return Reader(lambda message: not message.out)


def message(**more: Any) -> Any:
    """Make a message of Ann's."""
    values: dict[str, Any] = {"id": 3, "peer_id": types.PeerUser(7), "date": SENT, "message": "hi"}
    return types.Message(**{**values, **more})


def new(*people: Any, **more: Any) -> Any:
    """Make the update of a new message, with the people it brings along."""
    update = types.UpdateNewMessage(message(**more), pts=1, pts_count=1)
    update._entities = {person.id: person for person in people}
    return update


def edit(**more: Any) -> Any:
    """Make the update of an edited message."""
    return types.UpdateEditMessage(message(**more), pts=1, pts_count=1)


def read(update: Any) -> Message:
    """Read an update that is a message."""
    value = reader().read(update)
    assert isinstance(value, Message)
    return value


def test_private_message() -> None:
    """A private message carries who sent it, in what language, and when."""
    assert read(new(ANN)) == Message(Person(7, "Ann", "ru"), 7, 3, "hi", SENT)


def test_formatting_comes_along() -> None:
    """What the bot can send again is kept; a mention, a hashtag and an underline are not."""
    entities = [
        types.MessageEntityBold(0, 1),
        types.MessageEntityUnderline(0, 1),
        types.MessageEntityTextUrl(1, 1, "https://example.org"),
        types.MessageEntityMention(0, 2),
        types.MessageEntityPre(0, 2, "py"),
    ]

    assert read(new(entities=entities)).entities == (
        Entity("bold", 0, 1),
        Entity("link", 1, 1, "https://example.org"),
        Entity("pre", 0, 2),
    )


def test_person_without_details() -> None:
    """Somebody who comes without a name or language is still answered."""
    assert read(new()).sender == Person(7)


def test_person_is_remembered() -> None:
    """An update that leaves its people out is read with what was learnt before."""
    known = reader()
    known.read(new(ANN))
    short = types.UpdateShortMessage(4, 7, "again", pts=2, pts_count=1, date=SENT)
    assert known.read(short) == Message(Person(7, "Ann", "ru"), 7, 4, "again", SENT)


def test_a_user_name_that_moved_is_nobody() -> None:
    """Who wrote says the number alone: a user name may be another person's tomorrow."""
    this, that = (types.User(id=number, first_name="Ann", username="shop") for number in (7, 8))
    at = reader()
    found = [
        at.read(new(this)),
        at.read(new(that, peer_id=types.PeerUser(8))),
        at.read(new(peer_id=types.PeerUser(8))),
    ]

    assert [update.sender.id for update in found if isinstance(update, Message)] == [7, 8, 8]


def test_group_message() -> None:
    """In a group the sender and the chat differ, and the message is not private."""
    found = read(new(ANN, from_id=types.PeerUser(7), peer_id=types.PeerChat(50)))
    assert (found.sender.id, found.chat_id, found.private) == (7, -50, False)


def test_a_group_or_channel_that_writes() -> None:
    """An anonymous admin writes as the group, others as their channel: a chat, and no person."""
    found = read(new(**CHANNEL))
    assert (found.sender.id, found.sender.is_anonymous) == (-1000000000005, True)


@pytest.mark.parametrize(
    ("header", "topic"),
    [
        (types.MessageReplyHeader(forum_topic=True, reply_to_msg_id=40), 40),
        (types.MessageReplyHeader(forum_topic=True, reply_to_msg_id=41, reply_to_top_id=40), 40),
        (types.MessageReplyHeader(reply_to_msg_id=41), None),
        (None, None),
    ],
)
def test_the_topic_of_a_forum(header: Any, topic: int | None) -> None:
    """A message of a topic names it; a reply elsewhere names a message only."""
    place = {"from_id": types.PeerUser(7), "peer_id": types.PeerChannel(5)}
    assert read(new(ANN, **place, reply_to=header)).topic == topic


def test_a_part_of_an_album() -> None:
    """Each picture comes alone, with the number of its album."""
    assert read(new(ANN, grouped_id=77)).album == 77


def test_short_group_message() -> None:
    """The short form of a group message is read like the long one."""
    short = types.UpdateShortChatMessage(4, 7, 50, "hi", pts=2, pts_count=1, date=SENT)
    assert read(short) == Message(Person(7), -50, 4, "hi", SENT, private=False)


def test_edit() -> None:
    """An edit has a key of its own, by its time."""
    found = read(edit(edit_date=EDITED))
    assert found.edited_at == EDITED
    assert found.key.startswith(f"e:7:3:{int(EDITED.timestamp())}:")


def test_forwarded_and_via_bot() -> None:
    """What a person did not type is marked."""
    found = read(new(fwd_from=types.MessageFwdHeader(date=SENT), via_bot_id=9))
    assert (found.forwarded, found.via_bot) == (True, True)


def test_press() -> None:
    """A press carries its raw data; a game's press carries none."""
    query = types.UpdateBotCallbackQuery(11, 7, types.PeerUser(7), 3, 0, data=b"\xff\x00")
    assert reader().read(query) == Press(Person(7), 7, 3, 11, b"\xff\x00")
    query.data = None
    found = reader().read(query)
    assert isinstance(found, Press)
    assert found.data == b""


SERVICE = types.MessageService(3, types.PeerUser(7), SENT, types.MessageActionHistoryClear())
CHANNEL = {"from_id": types.PeerChannel(5), "peer_id": types.PeerChannel(5)}


@pytest.mark.parametrize(
    "update",
    [
        new(out=True),
        new(types.User(id=7, bot=True, bot_info_version=1)),
        new(post=True, peer_id=types.PeerChannel(5)),
        new(**CHANNEL, post=True),
        new(peer_id=types.PeerChat(5)),
        edit(edit_date=None),
        edit(edit_date=EDITED, edit_hide=True),
        types.UpdateNewMessage(SERVICE, 1, 1),
        types.UpdateNewMessage(types.MessageEmpty(3, types.PeerUser(7)), 1, 1),
        types.UpdateShortMessage(4, 7, "own", pts=2, pts_count=1, date=SENT, out=True),
        types.UpdateDeleteMessages([3], 1, 1),
        types.UpdateUserTyping(7, types.SendMessageTypingAction()),
    ],
)
def test_not_for_us(update: Any) -> None:
    """Own, bots', channels', nobody's and service messages, and other updates, are nothing."""
    assert reader().read(update) is None


def document(*attributes: Any, voice: bool = False) -> Any:
    """Make an attached document."""
    file = types.Document(1, 1, b"", SENT, "x/y", 1, 2, list(attributes))
    return types.MessageMediaDocument(document=file, voice=voice)


STICKER = types.DocumentAttributeSticker("", types.InputStickerSetEmpty())
VIDEO = types.DocumentAttributeVideo(1, 1, 1)


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        (None, ""),
        (types.MessageMediaEmpty(), ""),
        (types.MessageMediaWebPage(types.WebPageEmpty(1)), ""),
        (types.MessageMediaPhoto(), "photo"),
        (types.MessageMediaContact("1", "a", "b", "", 1), "contact"),
        (types.MessageMediaGeo(types.GeoPointEmpty()), "location"),
        (types.MessageMediaDocument(), "document"),
        (document(), "document"),
        (document(STICKER, VIDEO), "sticker"),
        (document(types.DocumentAttributeAnimated(), VIDEO), "animation"),
        (document(VIDEO), "video"),
        (document(types.DocumentAttributeAudio(1), voice=True), "voice"),
        (types.MessageMediaUnsupported(), "unsupported"),
    ],
)
def test_media_kind(media: Any, kind: str) -> None:
    """What is attached is named by kind; a link's preview counts as nothing."""
    assert media_kind(media) == kind


@pytest.mark.parametrize(
    ("peer_type", "chat"),
    [
        (types.InlineQueryPeerTypeSameBotPM(), "sender"),
        (types.InlineQueryPeerTypeMegagroup(), "supergroup"),
        (None, ""),
    ],
)
def test_inline_query(peer_type: Any, chat: str) -> None:
    """What is typed behind the bot's name comes with its person and the kind of chat."""
    update = types.UpdateBotInlineQuery(9, 7, "100 usd", "", peer_type=peer_type)
    update._entities = {7: ANN}
    found = reader().read(update)

    assert isinstance(found, InlineQuery)
    assert (found.sender, found.query_id, found.text) == (Person(7, "Ann", "ru"), 9, "100 usd")
    assert (found.chat, found.key) == (chat, "i:9")


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "\u202eevil", "x" * 70_000])
def test_text_is_raw(text: str) -> None:
    """Text is passed as it came, whatever is in it."""
    assert read(new(message=text)).text == text
