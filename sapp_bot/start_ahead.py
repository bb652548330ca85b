"""What a start does while it waits for Telegram: compiles, reads catalogues, imports.

Nothing of it is needed before the plugins are loaded, and together it takes a third of a second.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from .errors import PluginError
from .host.built_in import built_in_plugins
from .host.lifecycle.importer import PluginImports
from .host.lifecycle.loader import LOCALES, find_plugins
from .host.lifecycle.translations import read_locales
from .host.runtime.threads import in_thread
from .i18n import core_languages


async def read_ahead(folder: Path, imports: PluginImports, *, with_ledger: bool) -> None:
    """Make in a thread what will be asked for: the plugins' code, and all catalogues.

    Only of what ships with the bot: what others have written is left to the plugin manager, which
    keeps a journal of what ended a process. What is wrong with a plugin is the manager's to say.

    Args:
        folder: The plugin folder.
        imports: What will import the plugins.
        with_ledger: Whether the bot will keep a ledger; its modules are imported then.

    """

    def work() -> None:
        core_languages(cache=imports.cache)
        if with_ledger:
            from .billing import processor  # noqa: F401, PLC0415  # who has no ledger imports none
        with suppress(PluginError):  # the manager says so
            for path in filter(built_in_plugins().has, find_plugins(folder)):
                _read(path, imports)
            read_locales(built_in_plugins().folder / LOCALES, imports.cache)

    await in_thread(work, name="read ahead")


def _read(path: Path, imports: PluginImports) -> None:
    with suppress(OSError, SyntaxError, ValueError, PluginError):  # as above
        imports.compile(path)
        read_locales(path.parent / LOCALES, imports.cache)
