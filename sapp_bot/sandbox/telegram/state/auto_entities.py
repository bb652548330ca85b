"""Finds the entities that the server adds to a text by itself: commands, links, names.

Source: https://core.telegram.org/api/entities, "automatically generated"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from telethon.tl import types

_KINDS: dict[str, Any] = {
    "url": types.MessageEntityUrl,
    "email": types.MessageEntityEmail,
    "command": types.MessageEntityBotCommand,
    "mention": types.MessageEntityMention,
    "hashtag": types.MessageEntityHashtag,
}
_FOUND = re.compile(
    r"(?P<url>\bhttps?://[^\s<>\"]+[^\s<>\".,:;!?')\]])"
    r"|(?P<email>\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+\b)"
    r"|(?<![\w/@<>])(?P<command>/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?)(?![\w/@])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z]\w{3,31})\b"
    r"|(?<![\w#])(?P<hashtag>#\w*[^\W\d_]\w*)",
)


def found_entities(text: str, marked: Sequence[Any]) -> Iterator[Any]:
    """Yield the found entities that do not overlap those of the sender."""
    taken = [(entity.offset, entity.offset + entity.length) for entity in marked]
    for match in _FOUND.finditer(text):
        offset, end = (_units(text[:at]) for at in match.span())
        if not any(offset < stop and start < end for start, stop in taken):
            yield _KINDS[match.lastgroup or ""](offset, end - offset)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
