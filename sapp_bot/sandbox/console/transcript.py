"""Prints a transcript: who, what, which buttons; nothing that the bot deleted from the chat.

A line that a person said is held back until the bot is done with it. If it was deleted by then, it
is printed as `(deleted)`; if the bot could not be done with it, its text is not printed at all, as
it may have been a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .record import ChatRecord, Note, shown_media

_INDENT = "     "
_OUTLINE = 40
_SPOILER = re.compile(r"\|\|.*?\|\|", re.DOTALL)
# Controls but the line feed, and characters that turn the line around: a text from the chat must
# not drive the terminal. Source: ECMA-48; https://unicode.org/reports/tr9/.
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")


class Transcript:
    """Prints a record turn by turn: call `flush` after each line sent.

    `current` is the person whose chat is on; the bot's words to others name the other.
    """

    def __init__(self, record: ChatRecord, write: Callable[[str], None], *, current: str) -> None:
        self._record = record
        self._write = write
        self._printed = 0
        self._over: set[tuple[str, int]] = set()
        self.current = current

    def flush(self, *, answered: bool = True, is_done: bool = False) -> None:
        """Print what is new, as it is now.

        Without an answer the person's line stays hidden, unless the bot is done with it: what it
        leaves in the chat then is no secret.
        """
        fresh = self._record.notes[self._printed :]
        self._printed = len(self._record.notes)
        for note in fresh:
            if self._record.sees_it_too(self.current, note):
                continue
            for line in self._lines(note, answered=answered or is_done):
                self._write(line)

    def remark(self, text: str) -> None:
        """Print a line of the sandbox itself."""
        self._write(f"-- {text}")

    def _lines(self, note: Note, *, answered: bool) -> Iterator[str]:
        if note.kind in {"said", "edited", "deleted"} and self._record.gone(note):
            message = (note.person, note.message_id)
            if message not in self._over:
                self._over.add(message)
                yield f"{_who(note, self.current)}: (deleted)"
        elif note.own and note.text and not answered:
            yield f"{_who(note, self.current)}: (no answer; the text is not shown)"
        else:
            yield from render(note, self.current)


def render(note: Note, current: str) -> Iterator[str]:
    """Yield a note's lines as they are printed; `current` is the person whose chat is shown."""
    who = _who(note, current)
    if note.kind == "pressed":
        yield f"{who} presses [{plain(note.text)}]"
        return
    if note.kind == "paid":
        yield f"{note.person}: {plain(note.text)}"
        return
    if note.kind == "file":
        yield f"{plain(note.media)}:"
        yield from (f"{_INDENT}{line}".rstrip() for line in plain(note.marked).split("\n"))
        return
    if note.kind == "deleted":
        yield f"{who}: (deleted) {_outline(note)}".rstrip()
        return
    manner = {"edited": " (edits)", "popup": " (pops up)"}.get(note.kind, "")
    words = f"{shown_media(note.media)} {plain(note.marked)}".strip(" ")
    first, *rest = words.rstrip().split("\n")
    yield f"{who}{manner}: {first}"
    yield from (f"{_INDENT}{line}".rstrip() for line in rest)
    number = 0
    for row in note.rows:
        labels = []
        for key in row:
            number += 1
            labels.append(f"[{number}] {plain(key.label)}" + (key.opens and f" -> {key.opens}"))
        yield _INDENT + "   ".join(labels)
    if note.field:
        yield f"{_INDENT}(field: {plain(note.field)})"


def plain(text: str) -> str:
    """Return a text that is safe to print: control characters become a replacement mark."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _who(note: Note, current: str) -> str:
    if note.own:
        return note.person
    return "bot" if note.person == current else f"bot to {note.person}"


def _outline(note: Note) -> str:
    """Return the start of a deleted message of the bot, without spoilers."""
    if note.own:
        return ""
    first = _SPOILER.sub("▒▒▒", plain(note.marked)).partition("\n")[0]
    return first if len(first) <= _OUTLINE else first[: _OUTLINE - 1] + "…"
