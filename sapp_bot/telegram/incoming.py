"""Converts Telethon's updates into values: messages, edits, presses, queries, payments.

Pure, and never raises. Updates that are not for the bot become None: other service messages,
channel posts and messages of bots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from sapp_bot.domain.text import Entity, Kind
from sapp_bot.domain.updates import (
    Arrival,
    ChatKind,
    InlineQuery,
    Message,
    PaymentReceived,
    PaymentRefunded,
    PaymentUpdate,
    Person,
    PreCheckoutQuery,
    Press,
)

from .seam import TL, types, utils

KNOWN_PEOPLE = 20_000
"""Most people whose names are kept in memory, for updates that come without names."""

_KINDS: Mapping[str, Kind] = {
    "MessageEntityBold": "bold",
    "MessageEntityItalic": "italic",
    "MessageEntityCode": "code",
    "MessageEntityPre": "pre",
    "MessageEntitySpoiler": "spoiler",
    "MessageEntityTextUrl": "link",
    "MessageEntityBlockquote": "quote",
    "MessageEntityStrike": "strike",
}

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
    """Converts the updates of one account.

    Args:
        heeds: Returns whether a message (Telethon's `Message`) is for the bot.
        sells: Whether the account is a bot's, which alone is paid; a person's own account sees
            service messages of payments, too, but of what the person has bought elsewhere.

    """

    def __init__(self, heeds: Callable[[TL], bool], *, sells: bool = True) -> None:
        self._heeds = heeds
        self._sells = sells
        self._people: dict[int, Person] = {}
        self._users: Mapping[int, TL] = {}
        """Those of the last container, which are remembered already."""

    def read(self, update: TL) -> Arrival | None:
        """Convert one update.

        Args:
            update: Any update of Telethon's, as `events.Raw` gives it.

        Returns:
            The value for the host, None if the update is not for the bot.

        """
        # Telethon puts the users of a container on each of its updates, under this private name.
        users = getattr(update, "_entities", None) or {}
        if users is not self._users:  # all updates of a container have the same
            self._remember_people(users.values())
            self._users = users
        match update:
            # Telethon's `events.NewMessage` never fires for service messages, so payments are read
            # from the raw update.
            case types.UpdateNewMessage(message=types.MessageService()):
                return self._payment(update.message) if self._sells else None
            case types.UpdateNewMessage() | types.UpdateNewChannelMessage():
                return self._message(update.message, users, edited=False)
            case types.UpdateEditMessage() | types.UpdateEditChannelMessage():
                return self._message(update.message, users, edited=True)
            case types.UpdateShortMessage() | types.UpdateShortChatMessage():
                return self._message(_full_message(update), users, edited=False)
        return self._query(update)

    def _query(self, update: TL) -> Press | InlineQuery | PreCheckoutQuery | None:
        match update:
            case types.UpdateBotCallbackQuery():
                return self._press(update)
            case types.UpdateBotInlineQuery():
                return self._inline(update)
            case types.UpdateBotPrecheckoutQuery() if self._sells:
                return self._pre_checkout(update)
        return None

    def _remember_people(self, users: Iterable[TL]) -> None:
        for user in users:
            # A `min` user has incomplete fields and must not replace a full one.
            # Source: https://core.telegram.org/api/min.
            if not isinstance(user, types.User) or user.min or user.bot:
                continue
            # Popped first, so that the dict stays in the order of the last update and drops the
            # person who has been silent for longest.
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
        # Link previews and reactions come as edits too, hidden or without a date; the person did
        # not change the text.
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
            topic=_topic(message),
            album=message.grouped_id,
            entities=formatting(message.entities),
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

    def _pre_checkout(self, query: TL) -> PreCheckoutQuery:
        return PreCheckoutQuery(
            sender=self._person(query.user_id),
            query_id=query.query_id,
            payload=query.payload,
            stars=query.total_amount,
            currency=query.currency,
        )

    def _payment(self, message: TL) -> PaymentUpdate | None:
        """Return the payment or refund that a service message tells of; None for any other.

        A refund's message is the bot's own (`out`), so `heeds` is not asked. The other side of the
        private chat is the payer on both; elsewhere it is who the message is from.
        """
        payer, action, at = _payer(message), message.action, _aware(message.date)
        if payer is None:
            return None
        person = self._person(payer)
        match action:
            case types.MessageActionPaymentSentMe():
                # Not `provider_charge_id`: Telegram refunds nothing by that one.
                charge, stars = action.charge.id, action.total_amount
                currency, payload = action.currency, action.payload
                return PaymentReceived(person, charge, payload, stars, at, currency)
            case types.MessageActionPaymentRefunded():
                charge, stars = action.charge.id, action.total_amount
                currency, payload = action.currency, action.payload or b""
                return PaymentRefunded(person, charge, payload, stars, at, currency)
        return None

    def _person(self, user_id: int) -> Person:
        return self._people.get(user_id, Person(user_id))


def formatting(entities: Iterable[TL] | None) -> tuple[Entity, ...]:
    """Return Telethon's entities as ours; those that the bot cannot send are left out."""
    kinds = ((_KINDS.get(type(e).__name__), e) for e in entities or ())
    return tuple(
        Entity(kind, e.offset, e.length, getattr(e, "url", "") or "")
        for kind, e in kinds
        if kind is not None
    )


def media_kind(media: TL | None) -> str:
    """Return the kind of an attachment: "photo", "sticker", "voice", "document", ...

    Args:
        media: Telethon's `MessageMedia...`, or None.

    Returns:
        The kind; "" for none, and for the preview of a link in the text.

    """
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
    if isinstance(message.from_id, types.PeerUser):
        return int(message.from_id.user_id)
    # In private chats Telegram leaves the sender out: the chat is the sender.
    if message.from_id is None and isinstance(message.peer_id, types.PeerUser):
        return int(message.peer_id.user_id)
    # Anonymous admins write as their group, others as a channel of theirs.
    # Source: https://core.telegram.org/api/channel#anonymous-admins
    if isinstance(message.from_id, types.PeerChannel):
        return int(utils.get_peer_id(message.from_id))
    return None


def _payer(message: TL) -> int | None:
    peer = message.peer_id if isinstance(message.peer_id, types.PeerUser) else message.from_id
    return int(peer.user_id) if isinstance(peer, types.PeerUser) else None


def _topic(message: TL) -> int | None:
    """Return the topic of a message in a forum; Telegram names it in the header of replies."""
    header = message.reply_to
    if not getattr(header, "forum_topic", False):
        return None
    top = header.reply_to_top_id or header.reply_to_msg_id
    return int(top) if top is not None else None


def _full_message(update: TL) -> TL:
    """Return a full `Message` for Telegram's short form of one."""
    private = isinstance(update, types.UpdateShortMessage)
    user_id = update.user_id if private else update.from_id
    return types.Message(
        id=update.id,
        peer_id=types.PeerUser(user_id) if private else types.PeerChat(update.chat_id),
        # `user_id` is the other side of the chat, also when the message is outgoing.
        from_id=None if private else types.PeerUser(user_id),
        date=update.date,
        message=update.message,
        out=update.out,
        fwd_from=update.fwd_from,
        via_bot_id=update.via_bot_id,
        entities=update.entities,
    )


def _aware(moment: datetime | None) -> datetime:
    # Telethon reads a time of 0 as None.
    return moment or datetime.fromtimestamp(0, UTC)
