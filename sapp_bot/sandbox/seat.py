"""A person's place at the chat: an unmodified Telethon client whose chat with the bot is noted."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Coroutine
from typing import Any

from telethon import events, helpers
from telethon.errors import BotResponseTimeoutError, RPCError
from telethon.tl import functions, types

from .chat import Unmet
from .record import Key, Kind, Note, Record


class Seat:
    """Speaks for a person and listens for them. Made by `take`."""

    def __init__(self, name: str, client: Any, bot: Any, record: Record) -> None:
        self._name = name
        self._client = client
        self._bot = bot
        self._record = record
        self._last = 0

    @classmethod
    async def take(cls, name: str, client: Any, bot_username: str, record: Record) -> Seat:
        """Connect a signed-in client and listen."""
        # What is typed is sent as it is, whatever `*` or `_` it holds.
        client.parse_mode = None
        await client.connect()
        seat = cls(name, client, await client.get_input_entity(bot_username), record)
        client.add_event_handler(seat._sent, events.NewMessage(incoming=True))
        client.add_event_handler(seat._edited, events.MessageEdited(incoming=True))
        client.add_event_handler(seat._deleted, events.MessageDeleted())
        return seat

    async def leave(self) -> None:
        """Disconnect."""
        await self._client.disconnect()

    async def say(self, text: str) -> None:
        """Send a message. Raises Unmet where Telegram refuses it."""
        await self._post(self._client.send_message(self._bot, text, link_preview=False), text)

    async def photo(self) -> None:
        """Send a photo."""
        await self._post(self._client.send_file(self._bot, _file("photo.png", _png())), "", "photo")

    async def sticker(self) -> None:
        """Send a sticker."""
        kind = types.DocumentAttributeSticker(alt="👍", stickerset=types.InputStickerSetEmpty())
        sticker = _file("sticker.webp", b"RIFF\x04\x00\x00\x00WEBP")
        sending = self._client.send_file(self._bot, sticker, attributes=[kind])
        await self._post(sending, "", "sticker")

    async def _post(self, sending: Coroutine[Any, Any, Any], text: str, media: str = "") -> None:
        sent = await _allowed(sending)
        self._last = sent.id
        self._record.add(Note(self._name, "said", True, sent.id, text, text, media=media))

    async def edit(self, text: str) -> None:
        """Change the text of what was said last. Raises Unmet where that cannot be."""
        if not self._last:
            raise Unmet("nothing was said yet that could be edited")
        await _allowed(self._client.edit_message(self._bot, self._last, text, link_preview=False))
        self._record.add(Note(self._name, "edited", True, self._last, text, text))

    async def press(self, message_id: int, number: int) -> None:
        """Press a button; what pops up is noted. Links and copies need no answer.

        Raises:
            Unmet: the message is gone.

        """
        message = await self._client.get_messages(self._bot, ids=message_id)
        buttons = [b for row in _rows(message) for b in row] if message else []
        if number > len(buttons):
            raise Unmet("the message with this button is gone")
        button = buttons[number - 1]
        self._record.add(Note(self._name, "pressed", True, text=button.text))
        if not isinstance(button.type, types.InlineButtonTypeCallback):
            return
        request = functions.messages.GetBotCallbackAnswerRequest(
            peer=self._bot, msg_id=message_id, data=button.type.data
        )
        try:
            popup = (await _allowed(self._client(request))).message
        except BotResponseTimeoutError:
            popup = "(the bot did not answer the press)"
        if popup:
            self._record.add(Note(self._name, "popup", False, text=popup, marked=popup))

    async def _sent(self, event: Any) -> None:
        self._note(event.message, "said")

    async def _edited(self, event: Any) -> None:
        self._note(event.message, "edited")

    def _note(self, message: Any, kind: Kind) -> None:
        rows = tuple(tuple(_key(button) for button in row) for row in _rows(message))
        self._record.add(
            Note(
                self._name,
                kind,
                own=False,
                message_id=message.id,
                text=message.message,
                marked=_marked(message.message, message.entities or ()),
                rows=rows,
                media=_media(message),
                field=getattr(message.reply_markup, "placeholder", None) or "",
            )
        )

    async def _deleted(self, event: Any) -> None:
        for message_id in event.deleted_ids:
            self._record.delete(self._name, message_id)


async def _allowed(call: Coroutine[Any, Any, Any]) -> Any:
    """Await a call; what Telegram refuses is not met, as the person sees it on the screen."""
    try:
        return await call
    except BotResponseTimeoutError:
        raise
    except RPCError as error:
        raise Unmet(f"Telegram refused it: {error}") from None


def _rows(message: Any) -> list[list[Any]]:
    markup = message.reply_markup
    if not isinstance(markup, types.ReplyInlineMarkup):
        return []
    return [list(row.buttons) for row in markup.rows]


def _key(button: Any) -> Key:
    return Key(button.text, getattr(button.type, "url", None) or "")


def _media(message: Any) -> str:
    if message.media is None:
        return ""
    return "photo" if isinstance(message.media, types.MessageMediaPhoto) else "file"


def _marked(text: str, entities: Any) -> str:
    """Put `||` around spoilers; offsets count UTF-16 units."""
    wide = helpers.add_surrogate(text)
    places = sorted(
        place
        for entity in entities
        if isinstance(entity, types.MessageEntitySpoiler)
        for place in (entity.offset, entity.offset + entity.length)
    )
    for place in reversed(places):
        wide = f"{wide[:place]}||{wide[place:]}"
    return str(helpers.del_surrogate(wide))


def _file(name: str, data: bytes) -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = name
    return file


def _png() -> bytes:
    """Make the smallest PNG: one black pixel. Source: RFC 2083."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress(bytes(2)))
        + chunk(b"IEND", b"")
    )
