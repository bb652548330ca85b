"""Values that go out to Telegram, frozen, without Telethon. Imports `text` only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from .text import Rich

Style = Literal["", "primary", "success", "danger"]


@dataclass(frozen=True, slots=True)
class Callback:
    """A key that sends `data` (at most 64 bytes) back to us.

    `typed_as` is the command that does the same when typed, for people without buttons.
    """

    label: str
    data: bytes
    typed_as: str = ""
    style: Style = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A key that copies `text` on the person's device.

    The text sits in the message: a secret belongs only on a message that shows it anyway.
    """

    label: str
    text: str

    def __repr__(self) -> str:
        """Keep what is copied, often an API key, out of logs."""
        return f"Copy(label={self.label!r})"


@dataclass(frozen=True, slots=True)
class Url:
    """A key that opens `url`."""

    label: str
    url: str


Key = Callback | Copy | Url
Rows = tuple[tuple[Key, ...], ...]


@dataclass(frozen=True, slots=True)
class Send:
    """A new message. `screen` names it, so that later updates can find and edit it."""

    chat_id: int
    text: Rich
    rows: Rows = ()
    screen: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """New content for one of our messages; sent anew when that message is gone.

    Without `revive` it is not: what a timer changes, and the person has deleted, stays away.
    """

    chat_id: int
    message_id: int
    text: Rich
    rows: Rows = ()
    screen: str = ""
    revive: bool = True


@dataclass(frozen=True, slots=True)
class Remove:
    """Take messages out of the chat, for both sides. Missing ones do not matter."""

    chat_id: int
    message_ids: tuple[int, ...]


Reply = Send | Edit | Remove


@dataclass(frozen=True, slots=True)
class QueuedReply:
    """A reply with the name it keeps over crashes: `id` is the update's key and an ordinal."""

    id: str
    reply: Reply

    @property
    def random_id(self) -> int:
        """Telegram drops a second message with the same number, so a repeat is seen once.

        Source: https://core.telegram.org/method/messages.sendMessage, `random_id`: 64 bit.
        """
        digest = hashlib.blake2b(self.id.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)
