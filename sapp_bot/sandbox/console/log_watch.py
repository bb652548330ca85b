"""Reads the bot's log as it grows: what a plugin author wants to hear of, in one line each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TOLD = frozenset(
    {
        *("plugin.loaded", "plugin.failed", "plugin.not_ready", "plugin.gone"),
        *("plugin.quarantined", "plugin.lifespan_failed", "plugin.value_dropped"),
        "settings.advice",
        *("update.failed", "timer.failed", "picture.failed", "inline.failed", "forget.failed"),
        *("update.unstorable", "reply.malformed", "reply.refused", "timer.refused", "loop.blocked"),
    }
)
"""Events that are told."""

_OF_AUTHORS = frozenset({"PluginError", "HandlerTimeout"})
"""Errors in an `update.refused` that are for the author; the others are for the person."""

_CONNECTING, _READY = "telegram.connecting", "bot.ready"
"""The first and the last line of a start."""

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_NOT_THEIRS = ("/sapp_bot/", "/site-packages/", "/lib/python3")
"""What the paths of the bot and of libraries have in them."""


class LogWatch:
    """Tells what is new in a log of JSON lines, which may not exist yet.

    `ours` is the folder of the plugins that ship with the bot: what is slow there, is on a slow
    machine, and no mistake of the author.
    """

    def __init__(self, path: Path, *, ours: Path) -> None:
        self._path = path
        self._ours = ours
        self._read = 0
        self._is_starting = True
        self._last: dict[str, tuple[str, float]] = {}

    def news(self) -> Iterator[str]:
        """Yield a line for each event of `TOLD` since the last call.

        That a plugin was loaded is told from the end of the bot's start on, and the fault of a file
        once, until the file changes.
        """
        if not self._path.is_file():
            return
        with self._path.open("rb") as log:
            log.seek(self._read)
            written = log.read()
        whole, _, _ = written.rpartition(b"\n")  # the last line may be half written
        self._read += len(whole) + 1 if whole else 0
        for line in whole.splitlines():
            entry = _entry(line)
            if entry is None:
                continue
            event = entry.get("event")
            self._is_starting = event == _CONNECTING or (self._is_starting and event != _READY)
            if event == "plugin.loaded" and self._is_starting:
                continue
            if _is_told(entry, self._ours) and not self._is_repeated(entry):
                yield _told(entry)

    def _is_repeated(self, entry: dict[str, Any]) -> bool:
        """Return whether the fault of a file was told, and the file is as it was then."""
        path = str(entry.get("path", ""))
        if not path:
            return False
        about = (_told(entry), _changed_at(Path(path)))
        is_repeated, self._last[path] = self._last.get(path) == about, about
        return is_repeated


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _is_told(entry: dict[str, Any], ours: Path) -> bool:
    if entry.get("event") == "update.refused":
        return entry.get("error") in _OF_AUTHORS
    if entry.get("event") == "loop.blocked":
        return not Path(str(entry.get("file", ""))).is_relative_to(ours)
    return entry.get("event") in TOLD


def _place(trace: str) -> str:
    """Return the last line of a trace that is the author's, as `remind.py:85 moment`; or ""."""
    frames = [
        frame for frame in _FRAME.findall(trace) if not any(n in frame[0] for n in _NOT_THEIRS)
    ]
    return "{}:{} {}".format(Path(frames[-1][0]).name, *frames[-1][1:]) if frames else ""


def _told(entry: dict[str, Any]) -> str:
    """Return one line: the event, whose it is or where it was, and why: the end of a trace."""
    text = str(entry.get("exception", ""))
    whose = (
        _place(text) or entry.get("plugin") or entry.get("path") or entry.get("collection") or ""
    )
    trace = [line for line in text.splitlines() if line.strip()]
    why = entry.get("reason") or (trace[-1] if trace else "")
    if entry["event"] == "loop.blocked" and entry.get("file"):
        whose = f"{Path(str(entry['file'])).name}:{entry.get('line')} {entry.get('function', '')}"
        why = "this holds up the bot for everybody"
    if whose and str(why).startswith(f"{whose}:"):  # a path that the reason begins with
        whose = ""
    words = " ".join(str(word) for word in (entry["event"], whose) if word)
    if entry["event"] == "plugin.failed" and entry.get("answering"):
        why = f"{why} (the version before goes on answering)"
    separator = ": " if whose or entry["event"] != "plugin.failed" else " "
    return f"{words}{separator}{why}" if why else words
