"""Numbered choices: what a text offers to be answered by number, where there are no buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator

# "1 Show key · 2 Usage" on one line, or one choice a line; "1." "1)" and "[1]" are as good.
_PIECES = re.compile(r"\n|\s+[·|]\s+|\s{3,}")
_CHOICE = re.compile(r"\W*(\d{1,2})[\])]?[.:)]?\s+(\S.*)", re.DOTALL)


def choices_of(text: str) -> tuple[str, ...]:
    """List the labels of a text's choices, in the order of their numbers; they count from 1.

    Where a text counts more than once, the last time holds: choices stand below what they are
    about.
    """
    labels: list[str] = []
    for number, label in _numbered(text):
        if number == 1:
            labels = [label]
        elif number == len(labels) + 1:
            labels.append(label)
    return tuple(labels)


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    for piece in _PIECES.split(text):
        if found := _CHOICE.fullmatch(piece.strip()):
            yield int(found[1]), found[2].strip()
