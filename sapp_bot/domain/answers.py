"""Values that answer one query of Telegram's directly, frozen, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .replies import Copy, Url
from .text import Rich


@dataclass(frozen=True, slots=True)
class PressAnswer:
    """What a press is answered with: `text` (at most 200 characters) pops up, "" only ends its
    progress bar. An alert has to be closed.
    """

    text: str = ""
    alert: bool = False


@dataclass(frozen=True, slots=True)
class InlineResult:
    """One answer to an inline query: a line to choose, and the text that choosing it sends.

    Args:
        id: Names it among the results, at most 64 bytes.
        title: The line's first words.
        description: What stands below them.
        text: What is sent, in the person's name.
        rows: Keys under it: `Copy` and `Url`.

    """

    id: str
    title: str
    description: str
    text: Rich | str
    rows: Sequence[Sequence[Copy | Url]] = ()


@dataclass(frozen=True, slots=True)
class SwitchToBot:
    """A button above the results that opens the bot's chat with `/start <start>`."""

    text: str
    start: str


@dataclass(frozen=True, slots=True)
class InlineAnswer:
    """The results for one person. `cache_s`: so long Telegram may give that person the same."""

    results: tuple[InlineResult, ...] = ()
    cache_s: int = 0
    switch: SwitchToBot | None = None


Answer = PressAnswer | InlineAnswer
