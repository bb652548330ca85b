"""Albums, messages for later, and whole chats that are deleted."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.images import png
from tests.sandbox.refusals import refused

HOUR = timedelta(hours=1)


async def test_album_is_one_group(bot: Any, ann: SimulatedUser) -> None:
    """Telethon uploads the photos first and sends them together; each keeps its caption."""
    await ann.say("hello")
    photos = [io.BytesIO(png(4, 4)), io.BytesIO(png(8, 4))]
    for photo in photos:
        photo.name = "photo.png"
    sent = await bot.send_file(ann.account.id, photos, caption=["first", "second"])

    assert len({message.grouped_id for message in sent}) == 1
    assert [message.message for message in sent] == ["first", "second"]
    assert [message.photo.sizes[0].w for message in sent] == [4, 8]


async def test_album_of_what_was_not_uploaded_is_refused(bot: Any, ann: SimulatedUser) -> None:
    """Albums take media by id alone, ten at most."""
    await ann.say("hello")
    one = types.InputSingleMedia(types.InputMediaEmpty(), "", random_id=1)
    send = functions.messages.SendMultiMediaRequest
    peer = types.InputPeerUser(ann.account.id, 0)
    with refused("MEDIA_INVALID"):
        await bot(send(peer, [one]))
    with refused("MULTI_MEDIA_TOO_LONG"):
        await bot(send(peer, [one] * 11))


async def test_chat_can_be_deleted(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """For oneself, or for both; from a message on, or whole."""
    await ann.say("one")
    await ann.say("two")
    peer = await ann.client.get_input_entity(bot_account.username)
    await ann.client(functions.messages.DeleteHistoryRequest(peer, max_id=0))
    assert telegram.texts(ann.account, bot_account) == []
    assert telegram.texts(bot_account, ann.account) == ["one", "two"]

    await ann.say("three")
    await ann.client(functions.messages.DeleteHistoryRequest(peer, max_id=0, revoke=True))
    assert telegram.texts(bot_account, ann.account) == ["one", "two"]


async def test_message_for_later_waits(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """A scheduled message is listed, not seen by the other side, and can be sent or given up."""
    await ann.say("now")
    peer = await ann.client.get_input_entity(bot_account.username)
    soon = datetime.now(UTC) + HOUR
    later = await ann.client.send_message(peer, "later", schedule=soon)
    never = await ann.client.send_message(peer, "never", schedule=soon + HOUR)
    listed = await ann.client(functions.messages.GetScheduledHistoryRequest(peer, 0))
    assert telegram.texts(bot_account, ann.account) == ["now"]
    assert [message.message for message in listed.messages] == ["never", "later"]

    await ann.client(functions.messages.DeleteScheduledMessagesRequest(peer, [never.id]))
    await ann.client(functions.messages.SendScheduledMessagesRequest(peer, [later.id]))
    listed = await ann.client(functions.messages.GetScheduledHistoryRequest(peer, 0))
    assert telegram.texts(bot_account, ann.account) == ["now", "later"]
    assert listed.messages == []


async def test_bots_cannot_put_off(bot: Any, ann: SimulatedUser) -> None:
    """A date in a bot's call is refused, as is one after a year."""
    await ann.say("hello")
    with refused("SCHEDULE_BOT_NOT_ALLOWED"):
        await bot.send_message(ann.account.id, "x", schedule=datetime.now(UTC) + HOUR)
    with refused("SCHEDULE_DATE_TOO_LATE"):
        await ann.client.send_message("me", "x", schedule=datetime.now(UTC) + 9000 * HOUR)
