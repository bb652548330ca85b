"""Which plugin files are built-in, and which names of commands stay theirs.

Neither folder nor file can tell. A stranger's file may lie in the folder that ships with the bot,
`SAPP_PLUGINS` may name another folder with copies in it, and what a file says of itself anybody can
write. So the package has a manifest, `built_in.txt`, made from `plugins/` together with the pages
(`python -m tests.pages`) and kept fresh by a test: who can change it can change the bot. A file is
built-in when the manifest lists it, and it lies in the folder that ships with the bot or equals
the one there byte for byte. An operator's changed copy elsewhere is a plugin like any other.

Names are reserved from the manifest, not from what is loaded: those of a built-in plugin that is
broken or switched off stay free of strangers, too (a stranger's /login would be told passwords).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sapp_bot.host.runtime.names import name_of

MANIFEST = Path(__file__).with_name("built_in.txt")
SHIPPED = Path(__file__).parent.parent.parent / "plugins"
"""The folder of plugins that ships with the bot, beside the package."""


@dataclass(frozen=True, slots=True)
class BuiltInPlugins:
    """The plugins that ship in `folder`: names and aliases of their commands, by file in it."""

    folder: Path
    files: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> frozenset[str]:
        """The names of the plugins: all that is read in safe mode."""
        return frozenset(name_of(self.folder / file) for file in self.files)

    @property
    def commands(self) -> Mapping[str, str]:
        """The plugin of each command and alias."""
        return self._commands(self.files)

    def has(self, path: Path) -> bool:
        """Return whether a plugin's file is built-in."""
        home, file = _place(path)
        if file not in self.files or not path.is_file():
            return False
        shipped = self.folder / file
        return home.resolve() == self.folder.resolve() or _same(path, shipped)

    def commands_of(self, path: Path) -> tuple[str, ...]:
        """List the commands of a built-in plugin, by its file; none for another."""
        return self.files[_place(path)[1]] if self.has(path) else ()

    def reserved(self, path: Path) -> Mapping[str, str]:
        """Return the commands that a file may not have, with the plugin that has each.

        They are those of the built-in plugins that lie beside it, unless it is one itself.
        """
        if self.has(path):
            return {}
        home = _place(path)[0]
        return self._commands(file for file in self.files if self.has(home / file))

    def namesake(self, path: Path) -> bool:
        """Return whether a file that is none has the name of a built-in plugin beside it."""
        home = _place(path)[0]
        beside = [home / file for file in self.files if self.has(home / file)]
        return not self.has(path) and name_of(path) in {name_of(p) for p in beside}

    def _commands(self, files: Iterable[str]) -> Mapping[str, str]:
        return {name: name_of(self.folder / file) for file in files for name in self.files[file]}


@cache
def built_in_plugins() -> BuiltInPlugins:
    """Return the plugins that ship with this bot, read from the manifest."""
    rows = [line.partition(":") for line in MANIFEST.read_text("utf-8").splitlines()]
    return BuiltInPlugins(SHIPPED, {file: tuple(names.split()) for file, _, names in rows})


def _place(path: Path) -> tuple[Path, str]:
    """Split a plugin's file into its plugin folder and its place there."""
    if path.name == "__init__.py":
        return path.parent.parent, f"{path.parent.name}/{path.name}"
    return path.parent, path.name


def _same(path: Path, shipped: Path) -> bool:
    try:
        return path.read_bytes() == shipped.read_bytes()
    except OSError:
        return False
