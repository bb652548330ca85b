"""Telethon's updates read into our values: new messages, edits, presses. Pure, never raises.

What is not for us is None: service messages, channel posts, what nobody or a bot sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from sapp_bot.domain.updates import Arrival, ChatKind, InlineQuery, Message, Person, Press

from .seam import TL, types, utils

KNOWN_PEOPLE = 20_000
"""How many people's names are kept in memory, for updates that come without them."""

_MEDIA = {
    "MessageMediaEmpty": "",
    "MessageMediaWebPage": "",  # a preview of a link in the text
    "MessageMediaGeo": "location",
    "MessageMediaGeoLive": "location",
    "MessageMediaVenue": "location",
}

# First match wins: an animated sticker is a video too, a voice message is audio.
_DOCUMENTS = {
    "DocumentAttributeSticker": "sticker",
    "DocumentAttributeCustomEmoji": "sticker",
    "DocumentAttributeAnimated": "animation",
    "DocumentAttributeVideo": "video",
    "DocumentAttributeAudio": "audio",
}

_CHATS: Mapping[str, ChatKind] = {
    "InlineQueryPeerTypeSameBotPM": "sender",
    "InlineQueryPeerTypePM": "private",
    "InlineQueryPeerTypeBotPM": "private",
    "InlineQueryPeerTypeChat": "group",
    "InlineQueryPeerTypeMegagroup": "supergroup",
    "InlineQueryPeerTypeBroadcast": "channel",
}


class Reader:
    """Reads updates of one account; `heeds` says which of its messages are for us."""

    def __init__(self, heeds: Callable[[TL], bool]) -> None:
        self._heeds = heeds
        self._people: dict[int, Person] = {}

    def read(self, update: TL) -> Arrival | None:
        """Turn one update into a value, or None when it is not for us."""
        users = getattr(update, "_entities", None) or {}
        self._meet(users.values())
        match update:
            case types.UpdateNewMessage() | types.UpdateNewChannelMessage():
                return self._message(update.message, users, edited=False)
            case types.UpdateEditMessage() | types.UpdateEditChannelMessage():
                return self._message(update.message, users, edited=True)
            case types.UpdateShortMessage() | types.UpdateShortChatMessage():
                return self._message(_unfold(update), users, edited=False)
            case types.UpdateBotCallbackQuery():
                return self._press(update)
            case types.UpdateBotInlineQuery():
                return self._inline(update)
        return None

    def _meet(self, users: Iterable[TL]) -> None:
        """Remember the people that an update brings along."""
        for user in users:
            if not isinstance(user, types.User) or user.min or user.bot:
                continue
            self._people.pop(user.id, None)
            self._people[user.id] = Person(user.id, user.first_name or "", user.lang_code or "")
            if len(self._people) > KNOWN_PEOPLE:
                del self._people[next(iter(self._people))]

    def _message(self, message: TL, users: Mapping[int, TL], *, edited: bool) -> Message | None:
        if not isinstance(message, types.Message) or message.post or not self._heeds(message):
            return None
        sender = _sender(message)
        if sender is None or getattr(users.get(sender), "bot", False):
            return None
        # Previews and reactions come as edits too, hidden or without a date.
        if edited and (message.edit_date is None or message.edit_hide):
            return None
        return Message(
            sender=self._person(sender),
            chat_id=utils.get_peer_id(message.peer_id),
            message_id=message.id,
            text=message.message or "",
            sent_at=_aware(message.date),
            private=isinstance(message.peer_id, types.PeerUser),
            media=media_kind(message.media),
            forwarded=message.fwd_from is not None,
            via_bot=message.via_bot_id is not None,
            edited_at=_aware(message.edit_date) if edited else None,
        )

    def _press(self, query: TL) -> Press:
        return Press(
            sender=self._person(query.user_id),
            chat_id=utils.get_peer_id(query.peer),
            message_id=query.msg_id,
            query_id=query.query_id,
            data=query.data or b"",
            private=isinstance(query.peer, types.PeerUser),
        )

    def _inline(self, query: TL) -> InlineQuery:
        return InlineQuery(
            sender=self._person(query.user_id),
            query_id=query.query_id,
            text=query.query,
            chat=_CHATS.get(type(query.peer_type).__name__, ""),
        )

    def _person(self, user_id: int) -> Person:
        return self._people.get(user_id, Person(user_id))


def media_kind(media: TL | None) -> str:
    """Name what is attached: "photo", "sticker", "voice", "document", ...; empty for nothing."""
    if media is None:
        return ""
    name = type(media).__name__
    if name == "MessageMediaDocument":
        return _document_kind(media)
    return _MEDIA.get(name, name.removeprefix("MessageMedia").lower())


def _document_kind(media: TL) -> str:
    if media.voice:
        return "voice"
    attributes = {type(a).__name__ for a in getattr(media.document, "attributes", ())}
    return next((kind for name, kind in _DOCUMENTS.items() if name in attributes), "document")


def _sender(message: TL) -> int | None:
    """Find the person who sent it: in private chats the chat itself names them."""
    if isinstance(message.from_id, types.PeerUser):
        return int(message.from_id.user_id)
    if message.from_id is None and isinstance(message.peer_id, types.PeerUser):
        return int(message.peer_id.user_id)
    return None


def _unfold(update: TL) -> TL:
    """Make a whole message of Telegram's short form."""
    private = isinstance(update, types.UpdateShortMessage)
    user_id = update.user_id if private else update.from_id
    return types.Message(
        id=update.id,
        peer_id=types.PeerUser(user_id) if private else types.PeerChat(update.chat_id),
        # An outgoing one names whom it went to; Telegram leaves out who wrote it.
        from_id=None if private else types.PeerUser(user_id),
        date=update.date,
        message=update.message,
        out=update.out,
        fwd_from=update.fwd_from,
        via_bot_id=update.via_bot_id,
    )


def _aware(moment: datetime | None) -> datetime:
    """Give aware UTC; Telethon leaves None for a time of 0."""
    return moment or datetime.fromtimestamp(0, UTC)
