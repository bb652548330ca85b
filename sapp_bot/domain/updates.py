"""Values that come in from Telegram, frozen, without Telethon. Imports nothing of ours."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ChatKind = Literal["", "sender", "private", "group", "supergroup", "channel"]


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote or pressed.

    `language` is the language code of the Telegram account, empty when it tells none.
    """

    id: int
    name: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, new or edited.

    `text` is as Telegram sent it (a caption for media), and stays out of `repr`: it may be a
    password. `media` is the kind of what is attached ("photo", "sticker", "document", "voice", ...)
    or empty. `message_id` counts within the chat.
    """

    sender: Person
    chat_id: int
    message_id: int
    text: str = field(repr=False)
    sent_at: datetime
    private: bool = True
    media: str = ""
    forwarded: bool = False
    via_bot: bool = False
    edited_at: datetime | None = None

    @property
    def key(self) -> str:
        """Name this update among all of the account: the same update, the same key."""
        if self.edited_at is None:
            return f"m:{self.chat_id}:{self.message_id}"
        # Telegram counts edits in whole seconds: two within one differ by their text only.
        text = zlib.crc32(self.text.encode("utf-8", "surrogatepass"))
        at = int(self.edited_at.timestamp())
        return f"e:{self.chat_id}:{self.message_id}:{at}:{text:08x}"


@dataclass(frozen=True, slots=True)
class Press:
    """One press of an inline button. `data` is what the button carried: anybody can forge it."""

    sender: Person
    chat_id: int
    message_id: int
    query_id: int
    data: bytes
    private: bool = True

    @property
    def key(self) -> str:
        """Name this update among all of the account."""
        return f"p:{self.query_id}"


@dataclass(frozen=True, slots=True)
class Due:
    """A button that `ctx.later` pressed by itself, when its time came.

    `message_id` is the screen it belongs to, if one was known when it was set; else `screen`
    names it. `due_at` is when it shall run, at the earliest.
    """

    sender: Person
    chat_id: int
    message_id: int | None
    screen: str
    data: bytes
    due_at: datetime
    id: str
    private: bool = True

    @property
    def key(self) -> str:
        """Name this update among all of the account."""
        return f"d:{self.id}"


@dataclass(frozen=True, slots=True)
class InlineQuery:
    """What a person types behind the bot's name, in any chat, with each pause in the typing.

    `chat` is the kind of chat they type in: "sender" is the one with the bot, "private" one with
    somebody else; "" when Telegram does not tell. Which chat it is, and what stands there, the bot
    never learns.
    """

    sender: Person
    query_id: int
    text: str = field(repr=False)
    chat: ChatKind = ""

    @property
    def key(self) -> str:
        """Name this update among all of the account."""
        return f"i:{self.query_id}"


Update = Message | Press | Due
"""What goes through a person's queue: stored, then handled once, in order."""

Arrival = Update | InlineQuery
"""All that comes in from Telegram: besides, what is answered at once and never stored."""
