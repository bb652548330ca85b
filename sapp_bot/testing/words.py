"""Buttons that are written as words, as a userbot's screens have them."""

from __future__ import annotations

import re

_CHOICE = re.compile(r"(?:(?P<number>[1-9][0-9]?) |(?P<command>/.+?) – )(?P<label>.+)")


def words_of(text: str) -> dict[str, str]:
    """Find the choices of a message in user mode: what is to be typed for each label."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        parts = [_CHOICE.fullmatch(part) for part in line.split(" · ")]
        if all(parts):
            found |= {p["label"]: p["number"] or p["command"] for p in parts if p}
    return found
