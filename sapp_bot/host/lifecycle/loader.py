"""Finds plugin files and reads each into a `LoadedPlugin`. Activates nothing: see `manager`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import ConfigError, NotReady, PluginError
from sapp_bot.host.authoring.plugin import Plugin
from sapp_bot.host.authoring.plugin_settings import Config, ConfigProvider
from sapp_bot.host.built_in import built_in_plugins
from sapp_bot.host.routing.building import build_routing_table
from sapp_bot.host.routing.registry import LoadedPlugin, RoutingTable
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.runtime.names import folder_of, name_of
from sapp_bot.host.runtime.threads import WorkerThread
from sapp_bot.values import dataclass, replace

from .dependencies import check_packages, dependency_cycles, unmet
from .importer import ANEW, PluginImports, build_models
from .signatures import Services, variables_read
from .source.mistakes import sure_mistakes
from .translations import Catalogues, read_catalogues, read_locales

API = 1
"""Version of the plugin API, which `Plugin(sapp=…)` is compared with."""

IMPORT_S = 30.0
"""Seconds that the import of one file may take."""

LOCALES = "locales"
"""Name of the folder of shared translations in the plugin folder; it is no plugin."""


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """A plugin file that cannot be used, and the reason with file and line."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Result of reading a plugin folder.

    Attributes:
        table: The table of the usable plugins.
        failures: Files that cannot be used.
        alone: Plugins among the failures that only the others stand in the way of.

    """

    table: RoutingTable
    failures: tuple[LoadFailure, ...]
    alone: tuple[LoadedPlugin, ...] = ()


def find_plugins(folder: Path) -> list[Path]:
    """Return the plugin files of a folder: `name.py` or `name/__init__.py`, sorted by name.

    Names beginning with `_` or `.` are left out. The `__init__.py` of a folder is listed even when
    it is missing, so that reading it reports that.

    Raises:
        PluginError: the plugin folder is missing or cannot be read.

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


def load_plugin(
    path: Path, services: Services, shared: Catalogues, imports: PluginImports = ANEW
) -> LoadedPlugin:
    """Import and validate one plugin file as a new generation; may block, as imports run any code.

    Args:
        path: The plugin's file.
        services: Services that handlers can ask for.
        shared: Translations shared by all plugins of the folder, by language.
        imports: What imports it.

    Raises:
        NotReady: the plugin itself says that it cannot start yet.
        PluginError: the plugin cannot be used; the text names file, line and remedy.

    """
    name = name_of(path)
    if not name.isidentifier():
        raise PluginError(f"{path}: rename it, {name!r} is no Python name")
    if path.name == "__init__.py" and not path.is_file():
        raise PluginError(f"{path.parent}: a folder is a plugin when it has an __init__.py")
    ours = built_in_plugins().has(path)
    if not ours and built_in_plugins().namesake(path):
        raise PluginError(f"{path}: rename it, {name} is the name of a built-in plugin")
    module = imports.run(name, path)
    try:
        # Those that ship with the bot are built when they are needed: their tests have done it.
        if not ours:
            build_models(module.__name__)
        plugin = _declared(path, module)
        catalogues = read_catalogues(path, plugin, shared, imports.cache)
        loaded = imports.read(plugin, path, services, catalogues, module=module.__name__)
        if not ours:
            _check_names(loaded)
        loaded = replace(loaded, advice=_advice(loaded, services))
    except PluginError:
        imports.drop(module.__name__)
        raise
    except Exception as error:  # declarations can hold anything at all
        imports.drop(module.__name__)
        raise PluginError(f"{path}: {type(error).__name__}: {error}") from error
    return loaded


def load_to_run(
    path: Path, services: Services, shared: Catalogues, imports: PluginImports = ANEW
) -> LoadedPlugin:
    """Return a plugin as `load_plugin` does, and refuse one that could only fail at its use.

    `check` names that beside all else that it finds.

    Raises:
        NotReady: the plugin itself says that it cannot start yet.
        PluginError: the plugin cannot be used; the text names file, line and remedy.

    """
    loaded = load_plugin(path, services, shared, imports)
    faults = [] if built_in_plugins().has(path) else sure_mistakes(loaded, services)
    if faults:
        imports.drop(loaded.module)
        raise PluginError("; ".join(faults))
    return loaded


class ImportThread:
    """Thread in which plugins are read one after the other, so that no import blocks the loop.

    A thread cannot be stopped: one that takes too long is abandoned, and the next plugin is read
    in another.

    Args:
        clock: Times the imports.

    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._thread = WorkerThread("import")

    async def load(self, path: Path, load: Callable[[], LoadedPlugin]) -> LoadedPlugin:
        """Return what `load` returns, a call of `load_plugin`.

        Args:
            path: The plugin's file, for the texts of errors.
            load: Calls `load_plugin`.

        Raises:
            NotReady: the plugin itself says that it cannot start yet.
            PluginError: the plugin cannot be used, or its import took more than `IMPORT_S`.

        """
        try:
            return await run_with_deadline(self._clock, IMPORT_S, self._thread.run(load))
        except DeadlineExceeded:
            self._thread = WorkerThread("import")
            late = f"{path}: its import did not end within {IMPORT_S:.0f} s"
            raise PluginError(late) from None
        except (NotReady, PluginError):
            raise
        except Exception as error:  # an import may raise anything
            raise PluginError(f"{path}: {error}") from error


def _check_names(loaded: LoadedPlugin) -> None:
    """Raise PluginError if a command is reserved for a built-in plugin in the same folder."""
    reserved = built_in_plugins().reserved(loaded.path)
    for command in loaded.commands:
        for name in (command.name, *command.aliases):
            if name in reserved:
                raise PluginError(
                    f"{where(command.handler)}: /{name} belongs to the built-in plugin "
                    f"{reserved[name]}; choose another name"
                )


def _advice(loaded: LoadedPlugin, services: Services) -> tuple[str, ...]:
    """Return a sentence for each variable that seems to be the plugin's, and that nothing reads.

    None where that cannot be found out: it is no reason to refuse the plugin.
    """
    provider = services.provider_for(Config)
    if not isinstance(provider, ConfigProvider):
        return ()
    try:
        if not provider.has_any(loaded.name):
            return ()
        others = {name_of(path) for path in find_plugins(folder_of(loaded.path))} - {loaded.name}
        return tuple(provider.unread(loaded.name, variables_read(loaded), others))
    except (ConfigError, PluginError):
        return ()


def load_plugins(folder: Path, services: Services) -> LoadReport:
    """Read all plugins of a folder and build their routing table, to check them.

    Raises:
        PluginError: the plugin folder itself cannot be read.

    """
    loaded: dict[str, LoadedPlugin] = {}
    alone: list[LoadedPlugin] = []
    failures: list[LoadFailure] = []
    shared = read_locales(folder / LOCALES)
    # Those that ship with the bot first: of two with the same command, the other is to blame.
    built_in = built_in_plugins()
    for path in sorted(find_plugins(folder), key=lambda path: not built_in.has(path)):
        try:
            plugin = load_plugin(path, services, shared)
        except (NotReady, PluginError) as error:
            failures.append(LoadFailure(path, str(error)))
            continue
        try:
            build_routing_table([*loaded.values(), plugin], newest=plugin.name)
        except PluginError as error:
            failures.append(LoadFailure(path, str(error)))
            alone.append(plugin)
        else:
            loaded[plugin.name] = plugin
    for name, reason in dependency_cycles({name: p.needs for name, p in loaded.items()}).items():
        failures.append(LoadFailure(loaded[name].path, reason))
        alone.append(loaded.pop(name))
    for name, reason in unmet(loaded).items():
        failures.append(LoadFailure(loaded[name].path, reason))
        alone.append(loaded.pop(name))
    table = build_routing_table(loaded.values())
    return LoadReport(table, tuple(failures), tuple(alone))


def _declared(path: Path, module: ModuleType) -> Plugin:
    """Return the plugin object; raise PluginError if it cannot run here."""
    plugin = getattr(module, "plugin", None)
    if not isinstance(plugin, Plugin):
        raise PluginError(f"{path}: no plugin object; write `plugin = Plugin(version=…)`")
    _check_texts(path, plugin)
    wanted = plugin.sapp
    number = wanted[2:]
    if wanted[:2] not in (">=", "==") or not number.isdigit():
        raise PluginError(f"{path}: sapp={wanted!r}; write '>=1' or '==1'")
    fits = int(number) == API if wanted.startswith("==") else int(number) <= API
    if not fits:
        raise PluginError(
            f"{path}: was written for plugin API {wanted}, this is {API}; write "
            f"sapp='>={API}' if it works with this one"
        )
    check_packages(path, plugin)
    return plugin


def _check_texts(path: Path, plugin: Plugin) -> None:
    """Refuse what a type checker would: it would be read letter by letter, or fail much later."""
    for name in ("version", "sapp", "title"):
        given = getattr(plugin, name)
        if not isinstance(given, str):
            raise PluginError(f'{path}: {name}={given!r}; write a text, {name}="{given}"')
    for name in ("needs", "packages"):
        given = getattr(plugin, name)
        if isinstance(given, str) or not all(isinstance(one, str) for one in given):
            raise PluginError(f'{path}: {name}={given!r}; write a list of names, {name}=["one"]')
