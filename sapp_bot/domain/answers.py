"""Values that answer one query of Telegram's directly, frozen, never stored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PressAnswer:
    """What a press is answered with: `text` (at most 200 characters) pops up, "" only ends its
    progress bar. An alert has to be closed.
    """

    text: str = ""
    alert: bool = False


Answer = PressAnswer
