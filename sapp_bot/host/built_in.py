"""Decides which plugin files are built-in, and which command names are reserved for them.

A file's folder or content cannot decide it: a third-party file may lie in the folder that ships
with the bot, `SAPP_PLUGINS` may name another folder with copies, and a file can claim anything.
So the package has a manifest, `built_in.txt`, generated from `plugins/` (`python -m tests.pages`)
and checked by a test. A file is built-in when the manifest lists it and it lies in the folder that
ships with the bot, or equals the file there byte for byte. An operator's changed copy elsewhere is
a plugin like any other.

Names are reserved from the manifest, not from the loaded plugins: those of a built-in plugin that
is broken or switched off must stay reserved, as a third-party /login would receive passwords.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from sapp_bot.host.runtime.names import folder_of, name_of
from sapp_bot.paths import shipped_plugins
from sapp_bot.values import dataclass

MANIFEST = Path(__file__).with_name("built_in.txt")
SHIPPED = shipped_plugins()
"""Folder of the plugins that ship with the bot."""


@dataclass(frozen=True, slots=True)
class BuiltInPlugins:
    """The plugins that ship with the bot.

    Attributes:
        folder: The folder that they ship in.
        files: Names and aliases of each one's commands, by the file's place in the folder.

    """

    folder: Path
    files: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> frozenset[str]:
        """Names of the plugins; safe mode reads no others."""
        return frozenset(name_of(self.folder / file) for file in self.files)

    @property
    def commands(self) -> Mapping[str, str]:
        """Name of the plugin of each command and alias."""
        return self._commands(self.files)

    def has(self, path: Path) -> bool:
        """Return whether a plugin's file is built-in (see the module)."""
        home, file = _place(path)
        if file not in self.files or not path.is_file():
            return False
        shipped = self.folder / file
        return _is_same_folder(home, self.folder) or _same(path, shipped)

    def commands_of(self, path: Path) -> tuple[str, ...]:
        """Return the command names of a built-in plugin's file; empty for any other file."""
        return self.files[_place(path)[1]] if self.has(path) else ()

    def reserved(self, path: Path) -> Mapping[str, str]:
        """Return the command names that a file must not use, each with its plugin's name.

        They belong to the built-in plugins in the same folder; empty for a built-in file itself.
        """
        if self.has(path):
            return {}
        home = _place(path)[0]
        return self._commands(file for file in self.files if self.has(home / file))

    def namesake(self, path: Path) -> bool:
        """Return whether a file that is not built-in has the name of a built-in one beside it."""
        home, name = _place(path)[0], name_of(path)
        beside = (home / file for file in self.files)
        return not self.has(path) and any(name_of(p) == name and self.has(p) for p in beside)

    def _commands(self, files: Iterable[str]) -> Mapping[str, str]:
        return {name: name_of(self.folder / file) for file in files for name in self.files[file]}


@cache
def built_in_plugins() -> BuiltInPlugins:
    """Return the plugins that ship with this bot, read from the manifest."""
    rows = [line.partition(":") for line in MANIFEST.read_text("utf-8").splitlines()]
    return BuiltInPlugins(SHIPPED, {file: tuple(names.split()) for file, _, names in rows})


def _place(path: Path) -> tuple[Path, str]:
    """Return the plugin folder of a file, and the file's place in that folder."""
    folder = folder_of(path)
    return folder, path.relative_to(folder).as_posix()


def _is_same_folder(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _same(path: Path, shipped: Path) -> bool:
    try:
        return path.read_bytes() == shipped.read_bytes()
    except OSError:
        return False
