"""Frozen values of outgoing messages. Must not import Telethon."""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

from sapp_bot.values import dataclass, field

from .text import Rich

Style = Literal["", "primary", "success", "danger"]
STYLES: tuple[Style, ...] = get_args(Style)


@dataclass(frozen=True, slots=True)
class Callback:
    """A button that sends callback data to the bot.

    Attributes:
        label: Text on the button.
        data: Callback data, at most 64 bytes.
        typed_as: Command that does the same when typed, for user mode, which has no buttons.
        style: Colour of the button; "" for Telegram's usual one.

    """

    label: str
    data: bytes = field(repr=False)
    typed_as: str = ""
    style: Style = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A button that copies `text` on the person's device.

    The message contains `text` in the clear: use a secret only where the message shows it anyway.
    """

    label: str
    text: str

    def __repr__(self) -> str:
        """Leave out `text`, which is often an API key, so that no log holds it."""
        return f"Copy(label={self.label!r})"


@dataclass(frozen=True, slots=True)
class Url:
    """A button that opens `url`."""

    label: str
    url: str


Key = Callback | Copy | Url
Rows = tuple[tuple[Key, ...], ...]


@dataclass(frozen=True, slots=True)
class PictureSource:
    """Input of a picture, which is drawn when its reply is delivered.

    The outbox stores no images: 60 KB of PNG would pass through Redis' scripts as 110 KB of
    encrypted JSON (base64 twice). The input is small, and the picture can be drawn again after a
    crash. Nothing may be sent before the commit, so an image cannot be uploaded in advance either.

    Attributes:
        renderer: Name of the renderer: "<plugin>.<picture class>".
        arguments: Fields of the picture, as JSON.

    """

    renderer: str
    arguments: str


@dataclass(frozen=True, slots=True)
class FileSource:
    """Input of a file, which is written when its reply is delivered, for the reasons above.

    Attributes:
        renderer: Name of the renderer: "<plugin>.<file class>".
        arguments: Fields of the file, as JSON.
        filename: Name under which the person gets it, as "report.csv".

    """

    renderer: str
    arguments: str
    filename: str


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """What a message in a group answers: so it comes into the topic that the question is in.

    Attributes:
        message_id: The message that is answered.
        topic: Id of the first message of its forum topic; None if it is in none, or that is
            unknown.

    Source: https://core.telegram.org/api/forum#forum-topics
    """

    message_id: int
    topic: int | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """A new message.

    Attributes:
        chat_id: Telegram id of the chat.
        text: The text; with a picture its caption, or the whole message if drawing fails.
        rows: Buttons under the message.
        screen: Name under which later updates find and edit the message; "" for none.
        picture: Input of the message's picture; None for a text message.
        file: Input of the message's file; None for none. A message has one of the two at most.
        reply_to: The message in a group that it answers; None in a private chat.
        removes_keyboard: Whether it takes away the keyboard that a former program left below the
            chat. Such a message has no rows: it can carry one of the two.

    """

    chat_id: int = field(repr=False)
    text: Rich
    rows: Rows = ()
    screen: str = ""
    picture: PictureSource | None = None
    file: FileSource | None = None
    reply_to: ReplyTo | None = None
    removes_keyboard: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """New content for a message that the bot sent; `Send` has the attributes not named here.

    Attributes:
        message_id: Id of the message within the chat.
        revive: Whether to send the content as a new message if the old one was deleted. False
            for changes by a timer: a message that the person deleted must not come back.
        was_picture: Whether the message is a photo so far. Telegram cannot edit a text into a
            photo nor a photo into a text: a change of kind deletes the message and sends another.

    """

    chat_id: int = field(repr=False)
    message_id: int
    text: Rich
    rows: Rows = ()
    screen: str = ""
    revive: bool = True
    picture: PictureSource | None = None
    was_picture: bool = False

    def anew(self) -> Send:
        """Return the same content as a new message."""
        return Send(self.chat_id, self.text, self.rows, self.screen, picture=self.picture)


@dataclass(frozen=True, slots=True)
class Remove:
    """Deletion of messages, for both sides. A message that is already gone is no error."""

    chat_id: int = field(repr=False)
    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice in Telegram Stars, as a message of its own. Only a bot's account can send one.

    Sources of the limits: https://core.telegram.org/bots/api#sendinvoice

    Attributes:
        chat_id: Telegram id of the chat.
        title: Name of what is sold, 1-32 characters.
        description: What it is, 1-255 characters.
        payload: What comes back with each payment of it, 1-128 bytes; people do not see it.
        stars: Price in Telegram Stars, at least 1.
        pay_text: Text of the button that pays; "" for Telegram's own, which names the price.

    """

    chat_id: int = field(repr=False)
    title: str
    description: str
    payload: bytes = field(repr=False)
    stars: int
    pay_text: str = ""


@dataclass(frozen=True, slots=True)
class CloseScreens:
    """Takes the buttons off messages that are answered, or whose login has ended.

    Attributes:
        screens: Names of the screens; their messages are looked up when the reply is delivered, so
            that one which waits in the same outbox is found, too.
        text: Replaces the messages' text; None to leave that.
        message_ids: Ids of messages that are known already.

    """

    chat_id: int = field(repr=False)
    screens: tuple[str, ...]
    text: Rich | None = None
    message_ids: tuple[int, ...] = ()


WithoutButtons = Remove | Invoice | CloseScreens
"""Replies that have neither rows of buttons nor a picture."""

Reply = Send | Edit | WithoutButtons


@dataclass(frozen=True, slots=True)
class QueuedReply:
    """A reply in the outbox.

    Attributes:
        id: "<update key>/<ordinal>": the same after a crash, when the update is handled again.
        reply: The reply itself.
        plugin: Name of the plugin that made it; "" for the host.

    """

    id: str = field(repr=False)
    reply: Reply
    plugin: str = ""

    @property
    def random_id(self) -> int:
        """The id by which Telegram drops a message that is sent twice: 64 bit, signed.

        Source: https://core.telegram.org/method/messages.sendMessage, `random_id`.
        """
        digest = hashlib.blake2b(self.id.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)
