"""Choices in words: what a text offers to be answered by a number or a command, without buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A line of choices, parted by dots: "1 Show key · 2 Usage", "/cancel – Cancel".
# A mark that nobody sees may stand in front.
_CHOICE = re.compile(r"\W*?(?:(?P<number>[1-9]\d?)[.)]? |(?P<command>/\S.*?) [–-] )(?P<label>.+)")


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: what it is called, and the word that chooses it."""

    label: str
    word: str


def choices_of(text: str) -> tuple[Choice, ...]:
    """List a text's choices.

    Numbers count from 1 on, or they are none. Where a text counts more than once, the last time
    holds: choices stand below what they are about.
    """
    numbered: list[Choice] = []
    commands: list[Choice] = []
    for line in text.splitlines():
        parts = [_CHOICE.fullmatch(part.strip()) for part in line.split(" · ")]
        for part in parts if all(parts) else ():
            assert part is not None  # noqa: S101 - `all` has seen it
            choice = Choice(part["label"], part["number"] or part["command"])
            if part["command"]:
                commands.append(choice)
            elif choice.word == "1":
                numbered = [choice]
            elif int(choice.word) == len(numbered) + 1:
                numbered.append(choice)
    return (*numbered, *commands)
