"""Reads the bot's log as it grows: what a plugin author wants to hear of, in one line each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TOLD = frozenset(
    {
        *("plugin.loaded", "plugin.failed", "plugin.not_ready", "plugin.gone"),
        *("plugin.quarantined", "plugin.lifespan_failed", "plugin.value_dropped"),
        *("update.failed", "timer.failed", "picture.failed", "inline.failed", "forget.failed"),
    }
)
"""Events that are told."""


class LogWatch:
    """Tells what is new in a log of JSON lines, which may not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def news(self, *, but: str = "") -> Iterator[str]:
        """Yield a line for each event of `TOLD` since the last call, but for one kind of them."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as log:
            log.seek(self._read)
            written = log.read()
        whole, _, _ = written.rpartition(b"\n")  # the last line may be half written
        self._read += len(whole) + 1 if whole else 0
        for line in whole.splitlines():
            entry = _entry(line)
            if entry is not None and entry.get("event") in TOLD - {but}:
                yield _told(entry)


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _told(entry: dict[str, Any]) -> str:
    """Return one line: the event, whose it is, why, and the last line of a trace."""
    whose = entry.get("plugin") or entry.get("path") or entry.get("collection") or ""
    trace = [line for line in str(entry.get("exception", "")).splitlines() if line.strip()]
    why = entry.get("reason") or (trace[-1] if trace else "")
    words = " ".join(str(word) for word in (entry["event"], whose) if word)
    return f"{words}: {why}" if why else words
