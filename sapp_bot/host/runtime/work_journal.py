"""Remembers over the end of the process which plugin was at work, and leaves it for last.

A plugin that ends the process or stops the event loop while it is imported, while its lifespan
opens or when its timer runs would do so at every start, and nobody would be answered again. A
file, and not Redis: it is written in a moment, and it is there when the process is gone.
(Messages are counted in Redis, by `InboxStore.begin`: theirs is one person's trouble.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import structlog

from sapp_bot.errors import NotReady, PluginError

log = structlog.get_logger(__name__)

MOST_ENDS = 2
"""Processes that one kind of work of a plugin may end: after that it is not loaded any more."""

SUSPECT_WAIT_S = 5.0
"""How long the timers of a plugin wait when one of them was at work as the process ended."""

Work = Literal["import", "lifespan", "timer"]


def journal_path(folder: Path) -> Path:
    """Return where the journal is in the bot's data folder."""
    return folder / "at_work.json"


@dataclass(slots=True)
class WorkJournal:
    """Journal of what plugins do when no person asks them to.

    Attributes:
        path: The file; None keeps nothing over the end of the process.

    """

    path: Path | None = None
    _ends: dict[str, int] = field(default_factory=dict)
    """How many processes have ended during a work, by "<plugin> <version> <work>"."""
    _at_work: list[str] = field(default_factory=list)
    _versions: dict[str, float] = field(default_factory=dict)
    _delayed: set[str] = field(default_factory=set)

    def open(self) -> None:
        """Read what the process before has left; a file that cannot be read is an empty one."""
        try:
            found = self._read()
            at_work = [str(name) for name in found.get("at_work", ())]
            ends = {str(name): int(count) for name, count in found.get("ends", {}).items()}
        except (AttributeError, OSError, TypeError, ValueError) as error:
            log.warning("plugin.journal_unread", reason=type(error).__name__)
            return
        self._ends = ends
        for name in dict.fromkeys(at_work):
            self._ends[name] = self._ends.get(name, 0) + 1
            plugin, _, work = name.split(" ")
            log.warning("plugin.at_work", plugin=plugin, work=work, ends=self._ends[name])
        if at_work:
            self._write()

    def check(self, plugin: str, path: Path) -> None:
        """Let a plugin be loaded, or not yet, or not any more.

        Raises:
            NotReady: a process ended while it was loaded: it is loaded when all others answer.
            PluginError: that has happened again, and its file is still the same.

        """
        if self.path is None:
            return
        self._versions[plugin] = _version(path)
        ends = {work: self._ends.get(self._name(plugin, work), 0) for work in _WORKS}
        most = max(ends.values())
        if most >= MOST_ENDS:
            raise PluginError(
                f"{path}: my process ended {most} times while this was at work, with no message of "
                f"anybody. Mend the file, or try it again: /plugin reload {plugin}"
            )
        is_suspect = ends["import"] or ends["lifespan"]
        if is_suspect and plugin not in self._delayed:
            self._delayed.add(plugin)
            raise NotReady("my process ended while this was loaded, so it is loaded last")

    def wait_s(self, plugin: str) -> float:
        """Return the seconds for which the timers of a loaded plugin must wait for all others."""
        return SUSPECT_WAIT_S if self._ends.get(self._name(plugin, "timer")) else 0.0

    @contextmanager
    def during(self, plugin: str, work: Work, *, trusted: bool = False) -> Iterator[None]:
        """Note that a plugin is at work; once it comes to an end, what was before is forgotten.

        Args:
            plugin: Its name.
            work: What it does.
            trusted: Note nothing: two writes of the file for each plugin are a part of each start.

        """
        if trusted:
            yield
            return
        name = self._name(plugin, work)
        self._at_work.append(name)
        self._write()
        try:
            yield
        finally:
            self._at_work.remove(name)
            self._ends.pop(name, None)
            self._write()

    def forgive(self, plugin: str) -> None:
        """Forget what a plugin did: an operator wants it loaded."""
        for name in [name for name in self._ends if name.split(" ")[0] == plugin]:
            del self._ends[name]

    def _name(self, plugin: str, work: Work) -> str:
        return f"{plugin} {self._versions.get(plugin, 0.0)} {work}"

    def _read(self) -> dict[str, Any]:
        if self.path is None:
            return {}
        try:
            found: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return found

    def _write(self) -> None:
        if self.path is None:
            return
        fresh = self.path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps({"at_work": self._at_work, "ends": self._ends}), "utf-8")
            fresh.replace(self.path)
        except OSError as error:
            log.warning("plugin.journal_unwritten", reason=type(error).__name__)


_WORKS: tuple[Work, ...] = ("import", "lifespan", "timer")


def _version(path: Path) -> float:
    """Return when a plugin's file, or the newest one of its folder, was changed."""
    files = path.parent.rglob("*.py") if path.name == "__init__.py" else (path,)
    return max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
