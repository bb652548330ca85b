"""Finds plugin files and reads each into a `LoadedPlugin`, or says why not. Changes nothing.

What is done with it, and when, is the manager's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import NotReady, PluginError
from sapp_bot.host.authoring.plugin import Plugin
from sapp_bot.host.built_in import built_in_plugins
from sapp_bot.host.routing.registry import LoadedPlugin, RoutingTable, build_routing_table
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.runtime.names import name_of
from sapp_bot.host.runtime.threads import in_thread

from .dependencies import check_packages, dependency_cycles, unmet
from .importer import drop, run_file
from .translations import Catalogues, read_catalogues, read_locales
from .validation import Services, read_plugin

API = 1
"""The version of the plugin API; a plugin says which it was written for."""

IMPORT_S = 30.0
"""How long the import of one file may take."""

LOCALES = "locales"
"""The folder beside the plugins that is none: their shared translations."""


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """A file that cannot be used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a plugin folder gave."""

    table: RoutingTable
    failures: tuple[LoadFailure, ...]


def find_plugins(folder: Path) -> list[Path]:
    """List the plugin files of a folder: `name.py`, or `name/__init__.py`, by name.

    Names beginning with `_` or `.` are left out. A folder is listed even without its file, so that
    somebody hears what is missing.

    Raises:
        PluginError: the folder is missing or cannot be read.

    """
    try:
        entries = sorted(folder.iterdir())
        found = []
        for entry in entries:
            if entry.name.startswith(("_", ".")) or entry.name == LOCALES:
                continue
            if entry.is_dir():
                found.append(entry / "__init__.py")
            elif entry.suffix == ".py" and entry.is_file():
                found.append(entry)
    except OSError as error:
        raise PluginError(f"plugin folder {folder}: {error.strerror}") from error
    return found


def load_plugin(path: Path, services: Services, shared: Catalogues) -> LoadedPlugin:
    """Read one plugin file, as a new generation. It may take long: imports run anything.

    Raises:
        NotReady: the plugin says itself that it cannot begin yet.
        PluginError: it cannot be used as it stands; the text names file, line and mend.

    """
    name = name_of(path)
    if not name.isidentifier():
        raise PluginError(f"{path}: rename it, {name!r} is no Python name")
    if path.name == "__init__.py" and not path.is_file():
        raise PluginError(f"{path.parent}: a folder is a plugin when it has an __init__.py")
    if built_in_plugins().namesake(path):
        raise PluginError(f"{path}: rename it, {name} is the name of a built-in plugin")
    module = run_file(name, path)
    try:
        plugin = _declared(path, module)
        catalogues = read_catalogues(path, plugin, shared)
        loaded = read_plugin(plugin, path, services, catalogues, module=module.__name__)
        _check_names(loaded)
    except PluginError:
        drop(module.__name__)
        raise
    except Exception as error:  # declarations can hold anything at all
        drop(module.__name__)
        raise PluginError(f"{path}: {type(error).__name__}: {error}") from error
    return loaded


async def load_in_thread(
    path: Path, load: Callable[[], LoadedPlugin], clock: Clock
) -> LoadedPlugin:
    """Read a plugin's file in a thread, so that nobody waits for what it does meanwhile.

    Raises:
        NotReady: the plugin says itself that it cannot begin yet.
        PluginError: it cannot be used, or its import took more than `IMPORT_S`.

    """
    try:
        work = in_thread(load, name=f"import {name_of(path)}")
        return await run_with_deadline(clock, IMPORT_S, work)
    except DeadlineExceeded:
        raise PluginError(f"{path}: its import did not end within {IMPORT_S:.0f} s") from None
    except (NotReady, PluginError):
        raise
    except Exception as error:  # a border: what runs there may raise anything
        raise PluginError(f"{path}: {error}") from error


def _check_names(loaded: LoadedPlugin) -> None:
    """Refuse a command that a built-in plugin in the same folder has."""
    reserved = built_in_plugins().reserved(loaded.path)
    for command in loaded.commands:
        for name in (command.name, *command.aliases):
            if name in reserved:
                raise PluginError(
                    f"{where(command.handler)}: /{name} belongs to the built-in plugin "
                    f"{reserved[name]}; choose another name"
                )


def load_plugins(folder: Path, services: Services) -> LoadReport:
    """Read every plugin of a folder and put them into a table, to see whether they can be used.

    Raises:
        PluginError: the folder itself cannot be read.

    """
    loaded: dict[str, LoadedPlugin] = {}
    failures: list[LoadFailure] = []
    shared = read_locales(folder / LOCALES)
    for path in find_plugins(folder):
        try:
            plugin = load_plugin(path, services, shared)
            build_routing_table(
                [*loaded.values(), plugin]
            )  # a clash is the later one's fault, by name
        except (NotReady, PluginError) as error:
            failures.append(LoadFailure(path, str(error)))
        else:
            loaded[plugin.name] = plugin
    for name, reason in dependency_cycles({name: p.needs for name, p in loaded.items()}).items():
        failures.append(LoadFailure(loaded.pop(name).path, reason))
    for name, reason in unmet(loaded).items():
        failures.append(LoadFailure(loaded.pop(name).path, reason))
    return LoadReport(build_routing_table(loaded.values()), tuple(failures))


def _declared(path: Path, module: ModuleType) -> Plugin:
    """Find the plugin object, and see that it can run here."""
    plugin = getattr(module, "plugin", None)
    if not isinstance(plugin, Plugin):
        raise PluginError(f"{path}: no plugin object; write `plugin = Plugin(version=…)`")
    wanted = plugin.sapp
    number = wanted[2:]
    if wanted[:2] not in (">=", "==") or not number.isdigit():
        raise PluginError(f"{path}: sapp={wanted!r}; write '>=1' or '==1'")
    fits = int(number) == API if wanted.startswith("==") else int(number) <= API
    if not fits:
        raise PluginError(f"{path}: was written for plugin API {wanted}, this is {API}")
    check_packages(path, plugin)
    return plugin
