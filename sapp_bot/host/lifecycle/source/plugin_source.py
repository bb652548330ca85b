"""The files of a plugin, parsed, to be looked at without running them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from sapp_bot.errors import PluginError
from sapp_bot.host.routing.registry import LoadedPlugin


@dataclass(frozen=True, slots=True)
class PluginSource:
    """One file of a plugin."""

    path: Path
    tree: ast.Module

    def at(self, node: ast.AST, text: str) -> str:
        """Return a fault with its place."""
        return self.at_line(getattr(node, "lineno", 1), text)

    def at_line(self, line: int, text: str) -> str:
        """Return a fault with its place."""
        return f"{self.path}:{line}: {text}"


def read_sources(plugin: LoadedPlugin) -> list[PluginSource]:
    """Return all files of a loaded plugin, in the order of their names.

    Raises:
        PluginError: one that the plugin does not import, so that it was loaded, is no Python.

    """
    path = plugin.path
    paths = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
    return [PluginSource(path, _parsed(path)) for path in paths]


def _parsed(path: Path) -> ast.Module:
    try:
        text = path.read_text("utf-8")
        try:
            return ast.parse(text)
        except SystemError:
            # CPython 3.11: something else was parsed meanwhile, as by a finalizer that the garbage
            # collector ran and that wrote a traceback. It has been collected now.
            return ast.parse(text)
    except (SyntaxError, ValueError) as error:  # ValueError: no UTF-8, or a null character
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or str(error)
        raise PluginError(f"{path}:{line}: {type(error).__name__}: {reason}") from None
