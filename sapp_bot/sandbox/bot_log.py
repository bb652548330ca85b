"""Reads the bot's log for an author: which plugins there are, and what went wrong where."""

from __future__ import annotations

import json
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TROUBLES_KEPT = 30
_CHUNK = 1 << 20
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_PLACE = re.compile(r"(?P<file>[\w./-]+\.py)[:,](?: line )?(?P<line>\d+)")
_STATES = {
    "plugin.loaded": "ready",
    "plugin.failed": "failed",
    "plugin.not_ready": "not ready",
    "plugin.quarantined": "quarantined",
}
_STARTED = "telegram.connecting"


@dataclass(frozen=True, slots=True)
class PluginSeen:
    """What the log says of a plugin: its state, why if it does not answer, its timers."""

    name: str
    state: str
    reason: str = ""
    timers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A warning or an error: its event, why, file and line ("" if unknown), its trace, when."""

    event: str
    level: str
    reason: str
    where: str
    trace: str
    at: str


class BotLog:
    """Reads a log of JSON lines as it grows, from its present end on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0
        self._rest = b""
        self._plugins: dict[str, PluginSeen] = {}
        self.troubles: deque[Trouble] = deque(maxlen=TROUBLES_KEPT)

    @property
    def plugins(self) -> list[PluginSeen]:
        """The plugins of the bot as it runs now, by name."""
        return [self._plugins[name] for name in sorted(self._plugins)]

    def read(self) -> None:
        """Read what is new."""
        with suppress(FileNotFoundError), self._path.open("rb") as log:
            log.seek(self._offset)
            new = log.read(_CHUNK)
            self._offset += len(new)
            *lines, self._rest = (self._rest + new).split(b"\n")
            for line in lines:
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
        except ValueError:  # a print, or a trace of the interpreter itself
            return
        if not isinstance(entry, dict):
            return
        event = str(entry.get("event", ""))
        if event == _STARTED:
            self._plugins.clear()
        self._take_plugin(event, entry)
        if entry.get("level") in {"warning", "error", "critical"}:
            self.troubles.append(_trouble(event, entry))

    def _take_plugin(self, event: str, entry: dict[str, Any]) -> None:
        name = str(entry.get("plugin") or Path(str(entry.get("path", ""))).stem)
        if event == "plugin.gone":
            self._plugins.pop(name, None)
        elif state := _STATES.get(event):
            if entry.get("answering"):
                state = "old version answers"
            former = self._plugins.get(name)
            timers = entry.get("timers", former.timers if former else ())
            self._plugins[name] = PluginSeen(
                name, state, str(entry.get("reason", "")), tuple(map(str, timers))
            )


def _trouble(event: str, entry: dict[str, Any]) -> Trouble:
    trace = str(entry.get("exception", ""))
    known = str(entry.get("reason") or entry.get("error") or "")
    reason = known or (trace.strip().splitlines() or [""])[-1]
    return Trouble(
        event,
        str(entry["level"]),
        reason,
        _where(trace, reason),
        trace,
        str(entry.get("timestamp", "")),
    )


def _where(trace: str, reason: str) -> str:
    """Return "file:line" of the innermost frame of a plugin, or of the innermost at all."""
    frames = [(m["file"], m["line"]) for m in _FRAME.finditer(trace)]
    own = [frame for frame in frames if "/plugins/" in frame[0] or "sapp_bot" not in frame[0]]
    own = [frame for frame in own if "site-packages" not in frame[0] and "/lib/" not in frame[0]]
    if frames:
        file, line = (own or frames)[-1]
        return f"{file}:{line}"
    place = _PLACE.search(reason)
    return f"{place['file']}:{place['line']}" if place else ""
