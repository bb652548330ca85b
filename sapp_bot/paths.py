"""Where the files that ship with the bot lie: in its repository, or as `pip` has installed them."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent

PLUGINS = Path("plugins")
"""Folder of the plugins, in the folder that the bot is started in."""


def shipped_plugins(package: Path = PACKAGE) -> Path:
    """Return the folder of the built-in plugins.

    Args:
        package: Folder of the package `sapp_bot`. A wheel has the plugins in it (`setup.py`), the
            repository beside it.

    """
    installed = package / "built_in_plugins"
    return installed if installed.is_dir() else package.parent / "plugins"


def usual_plugins() -> Path:
    """Return the folder of plugins where `SAPP_PLUGINS` is not set: `plugins`, or those shipped."""
    return PLUGINS if PLUGINS.is_dir() else shipped_plugins()
