"""Short forms of plain messages, which Telegram sends in place of a whole `Updates`.

They carry no users and no chats, so they come only to who has been shown those before.
Source: https://core.telegram.org/constructor/updateShortMessage, updateShortChatMessage,
updateShortSentMessage
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from telethon.tl import types


def short_form(updates: list[Any], known: Collection[int]) -> Any | None:
    """Return the short form of a new message, None where it needs the long one.

    Args:
        updates: What is to be pushed.
        known: Ids of the accounts, and negative ids of the groups, that the receiver was shown.

    """
    if len(updates) != 1 or not isinstance(updates[0], types.UpdateNewMessage):
        return None
    update, message = updates[0], updates[0].message
    if not is_plain(message):
        return None
    common = {
        "id": message.id,
        "message": message.message,
        "pts": update.pts,
        "pts_count": update.pts_count,
        "date": message.date,
        "out": message.out,
        "silent": message.silent,
        "reply_to": message.reply_to,
        "entities": message.entities,
    }
    if isinstance(message.peer_id, types.PeerChat):
        sender, group = message.from_id.user_id, message.peer_id.chat_id
        if sender not in known or -group not in known:
            return None
        return types.UpdateShortChatMessage(from_id=sender, chat_id=group, **common)
    if message.peer_id.user_id not in known:
        return None
    return types.UpdateShortMessage(user_id=message.peer_id.user_id, **common)


def short_sent(update: Any) -> Any | None:
    """Return the short answer to who sent a plain message to a private chat, else None."""
    message = update.message
    if not is_plain(message) or not isinstance(message.peer_id, types.PeerUser):
        return None
    return types.UpdateShortSentMessage(
        id=message.id,
        pts=update.pts,
        pts_count=update.pts_count,
        date=message.date,
        out=message.out,
        entities=message.entities,
    )


def is_plain(message: Any) -> bool:
    """Return whether a message is text alone, and not to oneself."""
    if not isinstance(message, types.Message):
        return False
    extras = (
        message.media,
        message.reply_markup,
        message.fwd_from,
        message.via_bot_id,
        message.grouped_id,
    )
    return not any((*extras, message.grouped_id, message.saved_peer_id))
