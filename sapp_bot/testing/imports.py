"""Modules of the built-in plugins, kept from one stage to the next of a process.

To import them takes most of a stage's start, and gives the same each time: they keep nothing in
their modules, which `StageImports.check` sees to. A reload and a restart import them anew, as the
bot does, and so does a second stage beside the first. Each stage imports other plugins anew.
What was read of their declarations is kept too, and bound anew to the services of each stage.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.plugin import Plugin
from sapp_bot.host.built_in import built_in_plugins
from sapp_bot.host.lifecycle.importer import LeakProbes, PluginImports, members
from sapp_bot.host.lifecycle.signatures import Services
from sapp_bot.host.routing.registry import LoadedPlugin
from sapp_bot.i18n import Catalogue

from .rebinding import RebindablePlugin


@dataclass(slots=True)
class _Kept:
    """The modules of a plugin's file, as it was when the first stage imported it.

    Attributes:
        module: The file's own module.
        before: The values of each of its modules, as they were after the import.
        copies: Those values that can change in place, with a copy.
        is_lent: Whether a stage has it.
        read: What the first stage read of it; None before.

    """

    module: ModuleType
    before: Sequence[_Values]
    copies: Sequence[tuple[str, object, object]]
    is_lent: bool = False
    read: RebindablePlugin | None = None

    def changes(self) -> list[str]:
        """Return the names of what is no more as it was."""
        found = [name for name, value, copied in self.copies if value != copied]
        for values in self.before:
            found += values.changes()
        return found


class _Values:
    """The values of a module's names, as they are now."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.by_name = dict(vars(module))
        self._ids = _ids(vars(module))

    def changes(self) -> list[str]:
        """Return the names that have another value by now."""
        now = vars(self.module)
        if _ids(now) == self._ids:  # nearly always, and in a tenth of the time
            return []
        names = [name for name, value in self.by_name.items() if now.get(name) is not value]
        return [f"{self.module.__name__}.{name}" for name in names]


def _ids(values: Mapping[str, object]) -> list[int]:
    """Return the identities of some values; they stay theirs while somebody holds the values."""
    return [*map(id, values.values())]


_kept: dict[tuple[Path, Path], _Kept] = {}
"""By the plugin's file, as it was asked for (its errors name it so) and as it lies on the disk."""

_lending = threading.Lock()


@cache
def _shipped() -> Path:
    """Return where the built-in plugins lie on the disk."""
    return built_in_plugins().folder.resolve()


class StageImports(PluginImports):
    """The imports of one stage."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: set[Path] = set()
        self._mine: dict[str, _Kept] = {}
        self._changed: list[str] = []

    def run(self, name: str, path: Path) -> ModuleType:
        """Return a built-in plugin's module as it was kept; import all else anew."""
        is_first = path not in self._asked
        self._asked.add(path)
        home = path.resolve()
        if not is_first or not home.is_relative_to(_shipped()):
            return super().run(name, path)
        with _lending:
            kept = _kept.get((path, home))
            if kept is not None and kept.is_lent:
                return super().run(name, path)
            if kept is None:
                kept = _kept[path, home] = _keep(super().run(name, path))
            kept.is_lent = True
        self._mine[kept.module.__name__] = kept
        return kept.module

    def read(
        self,
        plugin: Plugin,
        path: Path,
        services: Services,
        catalogues: Mapping[str, Catalogue],
        *,
        module: str,
    ) -> LoadedPlugin:
        """Return what was read of a lent plugin, for this stage; read every other."""
        kept = self._mine.get(module)
        if kept is not None and kept.read is not None:
            try:
                return kept.read.bind(services, catalogues)
            except PluginError:  # with the place in the text, it is read once more
                pass
        loaded = super().read(plugin, path, services, catalogues, module=module)
        if kept is not None:
            kept.read = RebindablePlugin(loaded)
        return loaded

    def drop(self, name: str) -> LeakProbes:
        """Take a module back that was lent; remove every other."""
        kept = self._mine.pop(name, None)
        if kept is None:
            return super().drop(name)
        if kept.read is not None:
            kept.read.release()  # the stage is to be freed
        changes = kept.changes()
        if changes:  # no other stage shall have it
            self._changed += changes
        else:
            kept.is_lent = False
        return {}

    def check(self) -> None:
        """See that no built-in plugin keeps anything in its modules: a reload would lose it.

        Raises:
            AssertionError: one does; the text names the places.

        """
        if self._changed:
            raise AssertionError(f"a plugin keeps something in its modules: {self._changed}")


def _keep(module: ModuleType) -> _Kept:
    before = [_Values(member) for member in members(module.__name__)]
    copies = [
        (f"{values.module.__name__}.{name}", value, copy.copy(value))
        for values in before
        for name, value in values.by_name.items()
        if isinstance(value, dict | list | set) and not name.startswith("__")
    ]
    return _Kept(module, before, copies)
