"""Finds the choices in a text of user mode: numbers or commands that replace buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A line of choices, separated by dots: "1 Show key · 2 Usage", "/cancel – Cancel".
# A mark that nobody sees may stand in front.
_CHOICE = re.compile(r"\W*?(?:(?P<number>[1-9]\d?)[.)]? |(?P<command>/\S.*?) [–-] )(?P<label>.+)")


@dataclass(frozen=True, slots=True)
class TextChoice:
    """One choice: its label, and the word to send for it."""

    label: str
    word: str


def choices_of(text: str) -> tuple[TextChoice, ...]:
    """Return the choices in a text.

    Numbers are choices only if they count from 1 on. If a text has several such lists, the last
    one counts: choices stand below what they are about.
    """
    numbered: list[TextChoice] = []
    commands: list[TextChoice] = []
    for line in text.splitlines():
        parts = [_CHOICE.fullmatch(part.strip()) for part in line.split(" · ")]
        for part in parts if all(parts) else ():
            assert part is not None  # noqa: S101  # `all` has seen it
            choice = TextChoice(part["label"], part["number"] or part["command"])
            if part["command"]:
                commands.append(choice)
            elif choice.word == "1":
                numbered = [choice]
            elif int(choice.word) == len(numbered) + 1:
                numbered.append(choice)
    return (*numbered, *commands)
