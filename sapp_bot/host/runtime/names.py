"""Names of plugins, and of the modules of their generations."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

PREFIX = "_sapp_plugin_"
"""Prefix of all plugin modules: "_sapp_plugin_<plugin>_<generation>"."""

_NAME = re.compile(rf"{PREFIX}(\w+)_[0-9]+\b")


def name_of(path: Path) -> str:
    """Return the name of a plugin: of its file without `.py`, or of its folder."""
    return path.parent.name if path.name == "__init__.py" else path.stem


def folder_of(path: Path) -> Path:
    """Return the folder that holds a plugin, which is one file or a folder with `__init__.py`."""
    return path.parent.parent if path.name == "__init__.py" else path.parent


def owner_of(module: object) -> str:
    """Return the plugin that a module's name belongs to; "" for any other value."""
    found = _NAME.match(module) if isinstance(module, str) else None
    return found[1] if found else ""


def timeless(text: str) -> str:
    """Return a text without generation numbers, so that it is the same after a reload."""
    return _NAME.sub(rf"{PREFIX}\1", text)


def place_of(kind: type) -> str:
    """Return where a class of a plugin is written, as `file:line`."""
    file = str(getattr(sys.modules.get(kind.__module__), "__file__", kind.__module__))
    try:
        return f"{file}:{inspect.getsourcelines(kind)[1]}"
    except (OSError, TypeError):  # the file has changed meanwhile
        return file
