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
class PictureSource:
    """What a picture is drawn from when its reply is delivered: a renderer's name, and its
    arguments as JSON.

    No image travels through the outbox. There it would be sealed JSON of base64 of base64, so that
    60 KB of PNG pass Redis' scripts as 110 KB; what it is drawn from is small and can be drawn
    again. And nothing may leave before the commit, so it cannot be uploaded first.
    """

    renderer: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Send:
    """A new message. `screen` names it, so that later updates can find and edit it.

    With a picture, `text` is its caption, and what is sent in its place when it cannot be drawn.
    """

    chat_id: int
    text: Rich
    rows: Rows = ()
    screen: str = ""
    picture: PictureSource | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """New content for one of our messages; sent anew when that message is gone.

    Without `revive` it is not: what a timer changes, and the person has deleted, stays away.
    `was_picture` tells what kind the message is so far: Telegram does not turn a text into a photo
    nor a photo into a text, so a change of kind takes the message away and sends another.
    """

    chat_id: int
    message_id: int
    text: Rich
    rows: Rows = ()
    screen: str = ""
    revive: bool = True
    picture: PictureSource | None = None
    was_picture: bool = False

    def anew(self) -> Send:
        """Return the same content as a message of its own."""
        return Send(self.chat_id, self.text, self.rows, self.screen, picture=self.picture)


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
