"""The names of plugins, and of the generations of their modules."""

from __future__ import annotations

import re
from pathlib import Path

PREFIX = "_sapp_plugin_"
"""Every module of a plugin's generation has a name that begins so."""

_NAME = re.compile(rf"{PREFIX}(\w+)_[0-9]+\b")


def name_of(path: Path) -> str:
    """Give a plugin's name: that of its file, or of its folder."""
    return path.parent.name if path.name == "__init__.py" else path.stem


def owner_of(module: object) -> str:
    """Name the plugin that a module belongs to, by the module's name; empty for none."""
    found = _NAME.match(module) if isinstance(module, str) else None
    return found[1] if found else ""


def timeless(text: str) -> str:
    """Take the number of the generation out of a text that must be the same after a reload."""
    return _NAME.sub(rf"{PREFIX}\1", text)
