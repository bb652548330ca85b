"""Checks of messages as Telegram makes them: text, entities, buttons.

Sources: https://core.telegram.org/method/messages.sendMessage (errors),
https://core.telegram.org/api/config (limits), https://core.telegram.org/bots/api (buttons)
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from telethon.tl import types

from sapp_bot.sandbox.telegram.refusal import RpcError

from .auto_entities import found_entities

MESSAGE_UNITS = 4096
CAPTION_UNITS = 1024
CALLBACK_BYTES = 64
ANSWER_UNITS = 200
_COPY_UNITS = 256
_BUTTONS = 100
_BUTTONS_IN_ROW = 8
_PLACEHOLDER_UNITS = 64
_UNIT_BYTES = 2

_LOW_SURROGATES = range(0xDC00, 0xE000)


def units(text: str) -> int:
    """Return the length of a text in UTF-16 units, in which Telegram counts."""
    return len(_utf16(text)) // _UNIT_BYTES


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def message_text(text: str, entities: Iterable[Any] | None) -> tuple[str, tuple[Any, ...]]:
    """Return text and entities as they are stored, trimmed.

    Raises:
        RpcError: nothing visible, too long, or an entity out of bounds.

    """
    if not _visible(text):
        raise RpcError("MESSAGE_EMPTY")
    trimmed = text.lstrip()
    shift = units(text[: len(text) - len(trimmed)])
    trimmed = trimmed.rstrip()
    if units(trimmed) > MESSAGE_UNITS:
        raise RpcError("MESSAGE_TOO_LONG")
    _check_bounds(text, entities or ())
    marked = _moved(entities or (), shift, units(trimmed))
    return trimmed, (*marked, *found_entities(trimmed, marked))


def caption(text: str, entities: Iterable[Any] | None) -> tuple[str, tuple[Any, ...]]:
    """Return the text under a picture like `message_text`; it may be empty."""
    if not _visible(text):
        return "", ()
    if units(text.strip()) > CAPTION_UNITS:
        raise RpcError("MEDIA_CAPTION_TOO_LONG")
    return message_text(text, entities)


def _visible(text: str) -> bool:
    return any(unicodedata.category(c)[0] not in "ZC" for c in text)


def _check_bounds(text: str, entities: Iterable[Any]) -> None:
    code = _utf16(text)
    for entity in entities:
        start, end = entity.offset, entity.offset + entity.length
        if start < 0 or entity.length <= 0 or end * _UNIT_BYTES > len(code):
            raise RpcError("ENTITY_BOUNDS_INVALID")
        if _splits_pair(code, start) or _splits_pair(code, end):
            raise RpcError("ENTITY_BOUNDS_INVALID")


def _splits_pair(code: bytes, unit: int) -> bool:
    at = unit * _UNIT_BYTES
    return int.from_bytes(code[at : at + _UNIT_BYTES], "little") in _LOW_SURROGATES


def _moved(entities: Iterable[Any], shift: int, length: int) -> tuple[Any, ...]:
    moved = []
    for entity in entities:
        start = max(entity.offset - shift, 0)
        end = min(entity.offset - shift + entity.length, length)
        if end > start:
            changed = copy.copy(entity)
            changed.offset, changed.length = start, end - start
            moved.append(changed)
    return tuple(moved)


def markup(keys: Any, *, by_bot: bool) -> Any:
    """Return a keyboard as it is stored: none for people, whose accounts cannot send any.

    Raises:
        RpcError: a button that Telegram does not accept.

    """
    if not by_bot:
        return None
    if isinstance(keys, types.ReplyKeyboardForceReply):
        if units(keys.placeholder or "") > _PLACEHOLDER_UNITS:
            raise RpcError("INPUT_FIELD_PLACEHOLDER_INVALID")
        return keys
    if not isinstance(keys, types.ReplyInlineMarkup):
        return keys
    rows = [row for row in keys.rows if row.buttons]
    if not rows:
        return None
    if sum(len(row.buttons) for row in rows) > _BUTTONS:
        raise RpcError("REPLY_MARKUP_TOO_LONG")
    if any(len(row.buttons) > _BUTTONS_IN_ROW for row in rows):
        raise RpcError("REPLY_MARKUP_INVALID")
    for row in rows:
        for button in row.buttons:
            _check_button(button)
    return types.ReplyInlineMarkup(rows)


def _check_button(button: Any) -> None:
    if not button.text.strip():
        raise RpcError("BUTTON_TEXT_INVALID")
    kind = button.type
    if isinstance(kind, types.InlineButtonTypeCallback):
        if not 1 <= len(kind.data) <= CALLBACK_BYTES:
            raise RpcError("BUTTON_DATA_INVALID")
    elif isinstance(kind, types.InlineButtonTypeUrl):
        if not _is_link(kind.url):
            raise RpcError("BUTTON_URL_INVALID")
    elif isinstance(kind, types.InlineButtonTypeCopy):
        if not 1 <= units(kind.copy_text) <= _COPY_UNITS:
            raise RpcError("BUTTON_COPY_TEXT_INVALID")
    elif not isinstance(kind, types.InlineButtonTypeBuy):
        raise RpcError("BUTTON_TYPE_INVALID")


def _is_link(url: str) -> bool:
    """Return whether a button may open a URL: Telegram demands a real host name."""
    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "tg":
        return True
    return parts.scheme in {"http", "https"} and "." in host.strip(".")
