"""Splits a long text into messages, as Telegram's apps do."""

from __future__ import annotations

MESSAGE_UNITS = 4096
"""UTF-16 units; apps cut a longer text into several messages."""


def parts_of(text: str) -> list[str]:
    """Split a text into messages, between characters."""
    parts, part, room = [], "", MESSAGE_UNITS
    for character in text:
        width = len(character.encode("utf-16-le", "surrogatepass")) // 2
        if width > room:
            parts.append(part)
            part, room = "", MESSAGE_UNITS
        part += character
        room -= width
    return [*parts, part]
