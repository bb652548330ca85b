"""Finding and reading plugin files. One that cannot be used never stops the others."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from sapp_bot.errors import PluginError
from sapp_bot.languages import LANGUAGES, Catalogue, Wordlist, read_folder

from .declare import Plugin
from .table import Loaded, Table, build_table, read_plugin

log = structlog.get_logger(__name__)

API = 1
"""The version of the plugin API; a plugin says which it was written for."""

LARGEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that cannot be used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a plugin folder gave."""

    table: Table
    failures: tuple[Failure, ...]


def find_plugins(folder: Path) -> list[Path]:
    """List the plugin files of a folder: `name.py`, or `name/__init__.py`, by name.

    Names beginning with `_` or `.` are left out.

    Raises:
        PluginError: the folder is missing or cannot be read.

    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise PluginError(f"plugin folder {folder}: {error.strerror}") from error
    found = []
    for entry in entries:
        if entry.name.startswith(("_", ".")):
            continue
        if entry.suffix == ".py" and entry.is_file():
            found.append(entry)
        elif (entry / "__init__.py").is_file():
            found.append(entry / "__init__.py")
    return found


def load_plugins(folder: Path, services: Mapping[type, object]) -> Harvest:
    """Read every plugin of a folder and put them into a table.

    Raises:
        PluginError: the folder itself cannot be read.

    """
    loaded: list[Loaded] = []
    failures: list[Failure] = []
    shared = read_folder(folder / "locales")
    for path in find_plugins(folder):
        try:
            plugin = load_plugin(path, services, shared)
            build_table([*loaded, plugin])  # a clash is the later one's fault, by name
        except PluginError as error:
            failures.append(Failure(path, str(error)))
            log.error("plugin.failed", path=str(path), reason=str(error))  # noqa: TRY400  # no trace
        else:
            loaded.append(plugin)
            log.info("plugin.loaded", plugin=plugin.name, version=plugin.version)
    return Harvest(build_table(loaded), tuple(failures))


def load_plugin(
    path: Path, services: Mapping[type, object], shared: Mapping[str, Catalogue]
) -> Loaded:
    """Read one plugin file.

    Raises:
        PluginError: it cannot be used as it stands; the text names file, line and mend.

    """
    name = path.parent.name if path.name == "__init__.py" else path.stem
    if not name.isidentifier():
        raise PluginError(f"{path}: rename it, {name!r} is no Python name")
    module = _run(path, name)
    plugin = getattr(module, "plugin", None)
    if not isinstance(plugin, Plugin):
        raise PluginError(f"{path}: no plugin object; write `plugin = Plugin(version=…)`")
    _check_api(path, plugin)
    return read_plugin(name, path, plugin, services, _catalogues(path, plugin, shared))


def _run(path: Path, name: str) -> types.ModuleType:
    """Run the file as a module of its own name, compiled from its source.

    Compiling here, not by an import, keeps a stale .pyc of a quick edit out.
    """
    module_name = f"_sapp_plugin_{name}"
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise PluginError(f"{path}: larger than {LARGEST_BYTES} bytes; that is no plugin")
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError) as error:
        raise PluginError(f"{path}: {error}") from error
    is_package = path.name == "__init__.py"
    spec = importlib.util.spec_from_file_location(
        module_name, path, submodule_search_locations=[str(path.parent)] if is_package else None
    )
    assert spec is not None  # noqa: S101  # a .py path always has a spec
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        exec(code, vars(module))  # noqa: S102  # a plugin is the operator's own code
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        raise PluginError(f"{_line(error, path)}: {type(error).__name__}: {error}") from error
    return module


def _line(error: BaseException, path: Path) -> str:
    """Name the line of the plugin's own file where it broke."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{path}:{line}"


def _check_api(path: Path, plugin: Plugin) -> None:
    """Compare the API version that the plugin names with ours."""
    wanted = plugin.sapp
    number = wanted[2:]
    if wanted[:2] not in (">=", "==") or not number.isdigit():
        raise PluginError(f"{path}: sapp={wanted!r}; write '>=1' or '==1'")
    fits = int(number) == API if wanted.startswith("==") else int(number) <= API
    if not fits:
        raise PluginError(f"{path}: was written for plugin API {wanted}, this is {API}")


def _catalogues(
    path: Path, plugin: Plugin, shared: Mapping[str, Catalogue]
) -> dict[str, Catalogue]:
    """Take a plugin's own words, else those of its folder."""
    unknown = set(plugin.locales) - set(LANGUAGES)
    if unknown:
        raise PluginError(f"{path}: locales for {sorted(unknown)}; known are {list(LANGUAGES)}")
    own: dict[str, Catalogue] = {lang: Wordlist(w) for lang, w in plugin.locales.items()}
    return {**shared, **own}
