"""Imports plugin files as modules: under a new name each time, from source, and removable.

Reloading a file under its old name would keep half of the old one: classes that no longer equal
themselves, helper modules that were not read again. So each import is a generation of its own,
`_sapp_plugin_<name>_<n>`, with the modules below it, and is dropped as a whole.
"""

from __future__ import annotations

import importlib.util
import itertools
import marshal
import re
import sys
import threading
import types
import typing
import weakref
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any

from pydantic import BaseModel, PydanticUserError

from sapp_bot.errors import NotReady, PluginError
from sapp_bot.host.authoring.plugin import Plugin
from sapp_bot.host.routing.registry import LoadedPlugin
from sapp_bot.host.runtime.hints import OTHER_PLUGIN, import_hint, other_plugin, pydantic_hint
from sapp_bot.host.runtime.names import PREFIX, folder_of, place_of, timeless
from sapp_bot.i18n import Catalogue
from sapp_bot.start_cache import NO_CACHE, Recent, StartCache

from .signatures import Services
from .validation import read_plugin

LARGEST_BYTES = 1_000_000
"""Largest source file that is read; a larger one is no plugin."""

_numbers = itertools.count(1)


COMPILED = 128
"""Most source files whose code is kept: a plugin is read again at each retry and reload, and most
of its modules have not changed by then."""


_codes = Recent[tuple[bytes, str], types.CodeType](COMPILED)


def compiled(text: bytes, path: str, cache: StartCache = NO_CACHE) -> types.CodeType:
    """Return the code of a source text; the same text is compiled once in a process."""
    return _codes.get((text, path), lambda: _compiled(text, path, cache))


def _compiled(text: bytes, path: str, cache: StartCache) -> types.CodeType:
    kept = cache.get("code 1", text, path)
    if kept is not None:
        code: types.CodeType = marshal.loads(kept)  # noqa: S302  # it gives what was put in here
        return code
    code = compile(text, path, "exec", dont_inherit=True)
    cache.keep("code 1", text, marshal.dumps(code), path)
    return code


class PluginSourceLoader(SourceFileLoader):
    """Loader that compiles the file's current content, and believes no .pyc.

    A cached .pyc counts as fresh when time (whole seconds) and size agree, so it hides a quick
    edit. Source: PEP 552, https://peps.python.org/pep-0552/

    Args:
        fullname: Name of the module.
        path: Its file.
        cache: Keeps the code of a content for the next start.

    """

    def __init__(self, fullname: str, path: str, cache: StartCache) -> None:
        super().__init__(fullname, path)
        self.cache = cache

    def get_code(self, fullname: str) -> types.CodeType:
        """Return the compiled file; writes no .pyc.

        Raises:
            PluginError: the file is larger than `LARGEST_BYTES`, or no text in UTF-8.

        """
        path = self.get_filename(fullname)
        with Path(path).open("rb") as file:
            text = file.read(LARGEST_BYTES + 1)
        if len(text) > LARGEST_BYTES:
            raise PluginError(f"{path}: larger than {LARGEST_BYTES:,} bytes; that is no plugin")
        if b"\0" in text:
            raise PluginError(f"{path}: no text in UTF-8, as it holds zero bytes; save it as UTF-8")
        return compiled(text, path, self.cache)


class _SubmoduleFinder(MetaPathFinder):
    """Finder for the modules in a plugin's folder, so that `PluginSourceLoader` reads them, too."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: types.ModuleType | None = None,  # noqa: ARG002  # the protocol's
    ) -> ModuleSpec | None:
        """Return the spec of `<generation>.<module>`; None for every other module."""
        if not fullname.startswith(PREFIX):
            _refuse_other_plugin(fullname, path)
            return None
        if path is None:
            return None
        parent, _, last = fullname.rpartition(".")
        for folder in path:
            for file in (Path(folder, last, "__init__.py"), Path(folder, f"{last}.py")):
                if file.is_file():
                    return _spec(fullname, file, _cache_of(parent))
        return None


class _Importing(threading.local):
    """The file of the plugin that this thread is importing; None for none."""

    path: Path | None = None


_importing = _Importing()


def _refuse_other_plugin(fullname: str, path: Sequence[str] | None) -> None:
    """Raise ImportError if a plugin imports another one, which Python's own path leads to.

    It would be there a second time, under another name, and stay as it is when its file changes.
    """
    own = _importing.path
    name = other_plugin(fullname, own) if own is not None else ""
    if own is None or not name:
        return
    found = PathFinder.find_spec(fullname, path)
    beside = (folder_of(own) / f"{name}.py", folder_of(own) / name / "__init__.py")
    if (
        found is not None
        and found.origin
        and Path(found.origin).absolute() in {p.absolute() for p in beside}
    ):
        raise ImportError(f"import of {fullname}; {OTHER_PLUGIN}")


_submodule_finder = _SubmoduleFinder()


def _cache_of(module: str) -> StartCache:
    """Return the cache that the code of a module above is kept in."""
    spec = getattr(sys.modules.get(module), "__spec__", None)
    loader = getattr(spec, "loader", None)
    return loader.cache if isinstance(loader, PluginSourceLoader) else NO_CACHE


def _spec(name: str, path: Path, cache: StartCache) -> ModuleSpec:
    folders = [str(path.parent)] if path.name == "__init__.py" else None
    loader = PluginSourceLoader(name, str(path), cache)
    spec = importlib.util.spec_from_file_location(
        name, path, loader=loader, submodule_search_locations=folders
    )
    assert spec is not None  # noqa: S101  # a loader was given, so there is one
    return spec


def run_file(name: str, path: Path, cache: StartCache = NO_CACHE) -> types.ModuleType:
    """Import a plugin's file as a new generation, and return its module.

    When that fails, the modules imported so far are dropped.

    Args:
        name: The plugin's name, an identifier.
        path: The plugin's file.
        cache: Keeps its code for the next start.

    Raises:
        NotReady: the file raised it.
        PluginError: the file cannot be read, compiled or run; the text names file and line.

    """
    if _submodule_finder not in sys.meta_path:
        sys.meta_path.insert(0, _submodule_finder)
    spec = _spec(f"{PREFIX}{name}_{next(_numbers)}", path, cache)
    module = importlib.util.module_from_spec(spec)
    # Before the module runs: its own submodules and its dataclasses look it up by name.
    sys.modules[spec.name] = module
    before, _importing.path = _importing.path, path
    try:
        assert spec.loader is not None  # noqa: S101  # see _spec
        spec.loader.exec_module(module)
    except (NotReady, PluginError):
        drop(spec.name)
        raise
    except (Exception, SystemExit) as error:  # `sys.exit()` at import must not end the bot
        drop(spec.name)
        raise PluginError(_explain(error, path)) from error
    except BaseException:
        drop(spec.name)
        raise
    finally:
        _importing.path = before
    return module


def _explain(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    if isinstance(error, OSError) and error.filename == str(path):
        return f"{path}: {error.strerror}"
    hint = import_hint(error, path)
    # pydantic adds a link and the address of the class, which help nobody here.
    said = timeless(str(error)).partition("\n\nFor further information")[0]
    return f"{line_in(error, path)}: {type(error).__name__}: {said}{hint}"


def line_in(error: BaseException, path: Path) -> str:
    """Return the deepest line of a plugin's own code in a traceback, as `file:line`.

    Returns the path alone when no line of the plugin is in it.
    """
    place = str(path)
    folder = f"{path.parent}/" if path.name == "__init__.py" else str(path)
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(folder):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def build_models(name: str) -> None:
    """Build the schemas of the models of a generation, which pydantic puts off to the first use.

    Raises:
        PluginError: pydantic cannot build one; the text names file and line.

    """
    for module in members(name):
        for kind in list(vars(module).values()):
            if not isinstance(kind, type) or not issubclass(kind, BaseModel):
                continue
            if kind.__module__ == module.__name__:
                try:
                    kind.model_rebuild()
                except (PydanticUserError, NameError) as error:
                    # pydantic names the class by its module and address: F is said, and enough.
                    text = re.sub(rf"{PREFIX}\w+\.(\w+):\d+", r"\1", str(error))
                    why = f"{type(error).__name__}: {text}".partition("\n")[0]
                    raise PluginError(f"{place_of(kind)}: {why}{pydantic_hint(error)}") from error


def members(name: str) -> list[types.ModuleType]:
    """Return the modules of a generation: its own, and those below it."""
    own = sys.modules.get(name)
    if own is not None and not hasattr(own, "__path__"):  # a file alone, as most plugins are
        return [own]
    below = f"{name}."
    # `copy` is one step; a list of the items allocates for each, so that another thread can come
    # in between that removes a former generation, and "dictionary changed size" fails the import.
    everything = sys.modules.copy()
    return [module for key, module in everything.items() if key == name or key.startswith(below)]


def drop(name: str) -> None:
    """Remove a generation's modules from `sys.modules`, and its classes from typing's caches."""
    for module in members(name):
        sys.modules.pop(module.__name__, None)
    # `Optional[X]` and the like keep X in a cache of typing for ever, and typing has no public way
    # to clear it.
    cleanups: list[Callable[[], None]] = getattr(typing, "_cleanups", [])
    for clean in cleanups:
        clean()


LeakProbes = dict[str, weakref.ref[Any]]
"""Weak references to what must be freed once a generation is dropped, by qualified name."""


def find_leak_probes(name: str) -> LeakProbes:
    """Return weak references to each class, function and module of a generation."""
    found: LeakProbes = {}
    for module in members(name):
        found[module.__name__] = weakref.ref(module)
        for key, value in vars(module).items():
            own = getattr(value, "__module__", None) == module.__name__
            if own and isinstance(value, type | types.FunctionType):
                found[f"{module.__name__}.{key}"] = weakref.ref(value)
    return found


class PluginImports:
    """What a bot imports its plugins by: each time anew, and removed as a whole.

    The test kit has one that keeps modules, and what was read of them, from one bot to the next.

    Args:
        cache: Keeps code and catalogues for the next start.

    """

    def __init__(self, cache: StartCache = NO_CACHE) -> None:
        self.cache = cache

    def compile(self, path: Path) -> None:
        """Compile a plugin's file and those in its folder, so that `run` finds them compiled.

        Raises:
            OSError: a file cannot be read.
            SyntaxError: a file is no Python.
            ValueError: a file holds zero bytes.

        """
        files = path.parent.rglob("*.py") if path.name == "__init__.py" else [path]
        for file in files:
            compiled(file.read_bytes(), str(file), self.cache)

    def run(self, name: str, path: Path) -> types.ModuleType:
        """Return the module of a plugin's file, and raise what `run_file` raises."""
        return run_file(name, path, self.cache)

    def read(
        self,
        plugin: Plugin,
        path: Path,
        services: Services,
        catalogues: Mapping[str, Catalogue],
        *,
        module: str,
    ) -> LoadedPlugin:
        """Return a plugin's declarations, and raise what `read_plugin` raises."""
        return read_plugin(plugin, path, services, catalogues, module=module)

    def drop(self, name: str) -> LeakProbes:
        """Remove the modules of a generation.

        Returns:
            Weak references to what must be freed afterwards.

        """
        leak_probes = find_leak_probes(name)  # afterwards the modules cannot be found by name
        drop(name)
        return leak_probes


ANEW = PluginImports()


def still_alive(leak_probes: LeakProbes) -> list[str]:
    """Return the names of what is still referenced, without the generation's number."""
    return sorted(timeless(name) for name, pointer in leak_probes.items() if pointer() is not None)
