"""Record of what happened in the sandbox's chats. Knows no Telegram and prints nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["said", "edited", "deleted", "pressed", "popup", "paid", "file", "offered"]


_WITH_KEYS: frozenset[Kind] = frozenset({"said", "edited", "offered"})


@dataclass(frozen=True, slots=True)
class NotedKey:
    """A button under a message. `opens` is the address of a link.

    Of a choice in words, `word` is what has to be said.
    """

    label: str
    opens: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that happened in a person's chat with the bot.

    `own` tells the person's doing from the bot's. `text` is what the screen shows; `marked` is the
    same with spoilers between two bars: ||text||. `media` names what is attached
    ("sticker", "photo 60x40"), `field` is the placeholder of the input field. A deletion repeats
    the message's last text. "paid" is what Telegram says about Stars, "file" what a file has in it,
    with its name as `media`, "offered" the results of an inline query. `choices` are what a userbot
    offers in words, where a bot has buttons. `group` is where it happened, "" in private.
    """

    person: str
    kind: Kind
    own: bool
    message_id: int = 0
    text: str = ""
    marked: str = ""
    rows: tuple[tuple[NotedKey, ...], ...] = ()
    media: str = ""
    field: str = ""
    choices: tuple[NotedKey, ...] = ()
    group: str = ""

    @property
    def keys(self) -> list[NotedKey]:
        """All buttons in the order of their numbers, or the choices."""
        return [key for row in self.rows for key in row] or list(self.choices)


@dataclass(slots=True)
class ChatRecord:
    """All notes so far. `heard` is called with each as it comes."""

    heard: Callable[[Note], None] = lambda _: None
    notes: list[Note] = field(default_factory=list)
    since: int = 0
    members: dict[str, set[str]] = field(default_factory=dict)
    """Names of who is in each group: all of them see what the bot says there."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, note: Note) -> int:
        """Add a note, and return its place in `notes`."""
        self.notes.append(note)
        self._news.set()
        self.heard(note)
        return len(self.notes) - 1

    def name(self, place: int, message_id: int) -> None:
        """Set the message id of a note that was added before the id was known."""
        self.notes[place] = replace(self.notes[place], message_id=message_id)

    def delete(self, person: str, message_id: int) -> None:
        """Add a note that a message was deleted; an unknown one is the person's own."""
        last = next((n for n in reversed(self.notes) if _is(n, person, message_id)), None)
        if last is None:
            self.add(Note(person, "deleted", own=True, message_id=message_id))
        elif last.kind != "deleted":
            self.add(replace(last, kind="deleted", rows=(), field="", choices=()))

    def mark(self) -> None:
        """Start a new turn: `came` counts from here."""
        self.since = len(self.notes)

    def came(self, person: str) -> list[Note]:
        """Return what the bot did in a person's chat since `mark`: own lines only if deleted."""
        return [
            note
            for note in self.notes[self.since :]
            if note.person == person and (not note.own or note.kind == "deleted")
        ]

    def sees_it_too(self, person: str, note: Note) -> bool:
        """Return whether a note is another person's copy of what a person sees in a group."""
        is_seen_by_all = not note.own and note.kind in {"said", "edited", "deleted"}
        others = self.members.get(note.group, ())
        return is_seen_by_all and note.person != person and person in others

    def gone(self, note: Note) -> bool:
        """Return whether a note's message was deleted, before or after."""
        return any(
            other.kind == "deleted" and _is(other, note.person, note.message_id)
            for other in self.notes
        )

    def screen(self, person: str) -> Note | None:
        """Return the newest message with buttons, or inline results; None if there is none."""
        return next(self.screens(person), None)

    def screens(self, person: str) -> Iterator[Note]:
        """Yield the messages that have buttons now, newest first."""
        seen: set[int] = set()
        for note in reversed(self.notes):
            if note.person != person or note.own or note.kind not in _WITH_KEYS:
                continue
            if note.message_id not in seen and note.keys and not self.gone(note):
                yield note
            seen.add(note.message_id)

    async def until(self, met: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `met` returns True after a note; return whether it did in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while not met():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return met()
        return True


def _is(note: Note, person: str, message_id: int) -> bool:
    return note.message_id == message_id and note.person == person


def finds(wanted: str, notes: list[Note]) -> bool:
    """Return whether a text is in the notes; runs of white space count as one space."""
    wanted = " ".join(wanted.split())
    return any(wanted in " ".join(text.split()) for note in notes for text in _texts(note))


def shown_media(media: str) -> str:
    """Return media for display: (sticker), with a size [photo 60x40]; "" for none."""
    if not media:
        return ""
    return f"[{media}]" if " " in media else f"({media})"


def _texts(note: Note) -> Iterator[str]:
    if note.kind == "deleted":
        yield "(deleted)"
        return
    yield note.text
    yield note.marked
    if note.media:
        yield shown_media(note.media)
    for key in note.keys:
        yield key.label
        yield f"[{key.label}]"
