"""Frozen values of what arrives from Telegram. Must not import Telethon."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Literal

from sapp_bot.values import dataclass, field

from .text import Entity

ChatKind = Literal["", "sender", "private", "group", "supergroup", "channel"]


@dataclass(frozen=True, slots=True)
class Person:
    """Sender of an update.

    Attributes:
        id: Telegram user id. Negative for a group's anonymous admin or a channel, which write as a
            chat (its marked id): nobody knows which person that is.
        name: First name of the Telegram account.
        language: Language code of the Telegram app ("en", "pt-br"), "" if unknown.

    """

    id: int = field(repr=False)
    name: str = field(default="", repr=False)
    language: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether a chat writes, in the place of a person."""
        return self.id < 0


@dataclass(frozen=True, slots=True)
class Message:
    """One message, new or edited.

    Attributes:
        sender: Who wrote.
        chat_id: Telegram id of the chat.
        message_id: Id of the message within the chat.
        text: Text as Telegram sent it, for media the caption. Not in `repr`: it may be a password.
        sent_at: When it was sent, aware UTC.
        private: Whether the chat is a private one.
        media: Kind of attachment ("photo", "sticker", "document", "voice", ...), or "".
        forwarded: Whether somebody else wrote it first.
        via_bot: Whether an inline bot made it.
        edited_at: When it was edited, aware UTC, whole seconds; None for a new message.
        topic: Id of the first message of the forum topic that it is in; None outside of one.
        album: Number of the album that it is a part of: Telegram sends each picture of one as a
            message of its own. None for a single message.
        entities: Its formatting, of the kinds that the bot can send again.

    """

    sender: Person
    chat_id: int = field(repr=False)
    message_id: int
    text: str = field(repr=False)
    sent_at: datetime
    private: bool = True
    media: str = ""
    forwarded: bool = False
    via_bot: bool = False
    edited_at: datetime | None = None
    topic: int | None = None
    album: int | None = None
    entities: tuple[Entity, ...] = field(default=(), repr=False)

    @property
    def key(self) -> str:
        """Unique key of this update within the account; the same whenever it arrives again."""
        if self.edited_at is None:
            return f"m:{self.chat_id}:{self.message_id}"
        # Telegram dates edits in whole seconds: two within one second differ only by their text.
        text = zlib.crc32(self.text.encode("utf-8", "surrogatepass"))
        at = int(self.edited_at.timestamp())
        return f"e:{self.chat_id}:{self.message_id}:{at}:{text:08x}"


@dataclass(frozen=True, slots=True)
class Press:
    """One press of an inline button.

    Attributes:
        sender: Who pressed.
        chat_id: Telegram id of the chat.
        message_id: Id of the message that the button hangs under.
        query_id: Id by which the press is answered.
        data: Callback data of the button, at most 64 bytes. Anybody can forge it.
        private: Whether the chat is a private one.

    """

    sender: Person
    chat_id: int = field(repr=False)
    message_id: int
    query_id: int
    data: bytes
    private: bool = True

    @property
    def key(self) -> str:
        """Unique key of this update within the account."""
        return f"p:{self.query_id}"


@dataclass(frozen=True, slots=True)
class Due:
    """A delayed press, set by `ctx.later`.

    Attributes:
        sender: The person whose handler set it.
        chat_id: Telegram id of the chat.
        message_id: Message of the screen that it belongs to; None if that was not known when it
            was set: then `screen` finds the message.
        screen: Name of that screen, "" for none.
        data: Signed callback data of the button.
        due_at: When it runs at the earliest, aware UTC.
        id: Unique within the account: "<update key>/later<ordinal>".
        private: Whether the chat is a private one.

    """

    sender: Person
    chat_id: int = field(repr=False)
    message_id: int | None
    screen: str
    data: bytes
    due_at: datetime
    id: str
    private: bool = True

    @property
    def key(self) -> str:
        """Unique key of this update within the account."""
        return f"d:{self.id}"


@dataclass(frozen=True, slots=True)
class InlineQuery:
    """Text typed behind the bot's name in any chat; Telegram sends one at each pause.

    Attributes:
        sender: Who types.
        query_id: Id by which the query is answered.
        text: What was typed so far. Not in `repr`.
        chat: Kind of the chat it is typed in: "sender" is the one with the bot, "private" one
            with somebody else, "" is unknown. Telegram tells neither which chat it is nor what
            was written there.

    """

    sender: Person
    query_id: int
    text: str = field(repr=False)
    chat: ChatKind = ""

    @property
    def key(self) -> str:
        """Unique key of this update within the account."""
        return f"i:{self.query_id}"


@dataclass(frozen=True, slots=True)
class PreCheckoutQuery:
    """Somebody is about to pay an invoice; nothing is charged before the bot agrees.

    Telegram waits 10 s for the answer, and never repeats the query.
    Source: https://core.telegram.org/api/payments

    Attributes:
        sender: Who wants to pay: anybody who has the invoice, also a forwarded one.
        query_id: Id by which the query is answered.
        payload: Payload of the invoice, as the bot wrote it.
        stars: Price in Telegram Stars, or in the smallest unit of another currency.
        currency: "XTR" for Telegram Stars.

    """

    sender: Person
    query_id: int
    payload: bytes = field(repr=False)
    stars: int
    currency: str = "XTR"

    @property
    def key(self) -> str:
        """Unique key of this update within the account."""
        return f"q:{self.query_id}"


@dataclass(frozen=True, slots=True)
class PaymentReceived:
    """Stars were paid for an invoice. One invoice can be paid many times, by anybody.

    Attributes:
        sender: Who has paid.
        charge_id: Telegram's id of this payment: unique, and what a refund names.
        payload: Payload of the invoice, as the bot wrote it.
        stars: What was paid, in Telegram Stars.
        paid_at: When it was paid, aware UTC, whole seconds.
        currency: "XTR" for Telegram Stars.

    """

    sender: Person
    charge_id: str
    payload: bytes = field(repr=False)
    stars: int
    paid_at: datetime
    currency: str = "XTR"

    @property
    def key(self) -> str:
        """Unique key of this update: by the charge, as the payload repeats in each payment."""
        return f"paid:{self.charge_id}"

    @property
    def chat_id(self) -> int:
        """Telegram id of the private chat with the payer, wherever the invoice was paid."""
        return self.sender.id

    @property
    def private(self) -> bool:
        """Whether the chat is a private one: always."""
        return True


@dataclass(frozen=True, slots=True)
class PaymentRefunded:
    """Stars went back to who paid them: the bot returned them, or somebody else (a chargeback).

    Attributes:
        sender: Who got them back.
        charge_id: Id of the payment.
        payload: Payload of the invoice; b"" if Telegram leaves it out.
        stars: What was returned, in Telegram Stars.
        refunded_at: When, aware UTC, whole seconds.
        currency: "XTR" for Telegram Stars.

    """

    sender: Person
    charge_id: str
    payload: bytes = field(repr=False)
    stars: int
    refunded_at: datetime
    currency: str = "XTR"

    @property
    def key(self) -> str:
        """Unique key of this update: a payment is returned once, and whole."""
        return f"refunded:{self.charge_id}"

    @property
    def chat_id(self) -> int:
        """Telegram id of the private chat with the payer."""
        return self.sender.id

    @property
    def private(self) -> bool:
        """Whether the chat is a private one: always."""
        return True


PaymentUpdate = PaymentReceived | PaymentRefunded
"""Money that has moved. Stored before all else and never turned away; not behind the messages."""

QueuedUpdate = Message | Press | Due
"""What goes through a person's queue: stored, then handled once, in order."""

Update = QueuedUpdate | PaymentUpdate
"""Everything that is stored when it arrives, and then handled once."""

Arrival = Update | InlineQuery | PreCheckoutQuery
"""Everything that arrives from Telegram; the queries are answered at once, never stored."""
