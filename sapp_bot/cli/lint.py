"""Finds mistakes in a plugin's source that its import does not show; runs nothing of it.

Each fault is one line: file, line, and what to write instead.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from string import Formatter

import sapp_bot
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.locks import Locks
from sapp_bot.host.authoring.storage import Store
from sapp_bot.host.lifecycle.source.mistakes import (
    annotation,
    arguments_of,
    await_faults,
    buttons_without_handler,
)
from sapp_bot.host.lifecycle.source.plugin_source import PluginSource, read_sources
from sapp_bot.host.operators.audit_log import AuditLog
from sapp_bot.host.routing.registry import LoadedPlugin
from sapp_bot.host.runtime.hints import OTHER_PLUGIN, nearest, other_plugin
from sapp_bot.host.runtime.names import folder_of
from sapp_bot.service_wiring import offered_services

from .lint_texts import untranslated

MESSAGE_CALLS = {
    "t": frozenset[str](),
    "say": frozenset({"rows", "picture"}),
    "toast": frozenset({"alert"}),
    "key": frozenset({"style"}),
    "UserError": frozenset(),
}
"""Methods whose first argument is an English text; the names given to them fill its places, but for
these."""

PLURAL_CALLS = frozenset({"n"})

ALLOWED = frozenset({*sapp_bot.__all__, "__version__", "services"})
"""What a plugin may import of the bot: its public names, and what is in `sapp_bot.services`."""

_ELSEWHERE = {
    **dict.fromkeys(("reply", "answer", "send", "respond", "send_message"), "say"),
    **dict.fromkeys(("edit", "edit_text"), "show"),
    **dict.fromkeys(("user", "author", "sender", "from_user"), "person"),
    **dict.fromkeys(("message", "text"), "written"),
}
"""What other frameworks call things that a `Ctx` has under another name."""


@cache
def _owners() -> Mapping[str, type]:
    """Return the classes of parameters whose methods may have to be awaited, by name."""
    services = {service.kind.__name__: service.kind for service in offered_services()}
    return {**services, "Ctx": Ctx, "Store": Store, "Locks": Locks, "AuditLog": AuditLog}


BLOCKING = frozenset(
    {
        *("time.sleep", "urllib.request.urlopen", "os.system", "input"),
        *("requests.get", "requests.post", "requests.put", "requests.delete", "requests.request"),
        *("httpx.get", "httpx.post", "subprocess.run", "subprocess.check_output"),
        *("subprocess.call", "subprocess.check_call"),
    }
)
"""Calls that stop the event loop, and with it the bot for everybody."""

_CTX_NAMES = frozenset({"log", *(name for name in dir(Ctx) if not name.startswith("_"))})


def lint(plugin: LoadedPlugin) -> list[str]:
    """Return the faults in all files of a loaded plugin, in the order of files and lines."""
    try:
        sources = read_sources(plugin)
    except PluginError as error:
        return [str(error)]
    faults: list[str] = []
    for source in sources:
        faults += _forbidden_imports(source, plugin)
        for look in (_context_faults, _await_faults, _blocking_faults, _place_faults):
            faults += look(source)
    faults += untranslated(sources, plugin)
    return faults + buttons_without_handler(sources, plugin) + _stores_of_people(sources, plugin)


def _forbidden_imports(source: PluginSource, plugin: LoadedPlugin) -> Iterator[str]:
    """Find imports of what is not the plugin API, and of other plugins."""
    for node in ast.walk(source.tree):
        for module in _imported(node):
            home, _, rest = module.partition(".")
            if home == "sapp_bot" and rest.rpartition(".")[2] == "*":
                hint = "import names: from sapp_bot import Ctx, Plugin"
                yield source.at(node, f"{module} says not what it imports; {hint}")
            elif home == "sapp_bot" and rest and rest.partition(".")[0] not in ALLOWED:
                hint = "import from sapp_bot and sapp_bot.services only; the rest may change"
                yield source.at(node, f"a plugin may not import {module}: {hint}")
            elif _is_other_plugin(module, plugin.path):
                yield source.at(node, OTHER_PLUGIN.replace(" one:", f" one, {module}:"))
                break


def _is_other_plugin(module: str, path: Path) -> bool:
    """Return whether an import leads to another plugin, and not to a package of the same name."""
    name = other_plugin(module, path)
    if not name or name != module.partition(".")[0]:
        return bool(name)
    found = find_spec(name)
    return found is None or Path(found.origin or "").is_relative_to(folder_of(path).absolute())


def _imported(node: ast.AST) -> Iterator[str]:
    """Return what an import names, with dots."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield from (f"{module}.{alias.name}" for alias in names)


def _calls(source: PluginSource) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def _name_of(call: ast.Call) -> str:
    """Return the last name of what is called: "say" of `ctx.say(…)`."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _context_faults(source: PluginSource) -> Iterator[str]:
    """Find attributes of a `Ctx` parameter that it does not have."""
    for function in ast.walk(source.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        named = {a.arg for a in arguments_of(function) if annotation(a.annotation) == "Ctx"}
        for node in ast.walk(function):
            match node:
                case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in named:
                    if name not in _CTX_NAMES:
                        near = _ELSEWHERE.get(name) or nearest(name, _CTX_NAMES)
                        hint = f"; did you mean {owner}.{near}?" if near else ""
                        yield source.at(node, f"{owner}.{name} does not exist{hint}")


def _await_faults(source: PluginSource) -> Iterator[str]:
    """Find calls that lack their `await`, so that nothing happens, and the reverse."""
    return await_faults(source, _owners())


def _blocking_faults(source: PluginSource) -> Iterator[str]:
    """Find calls in asynchronous functions that stop the bot for everybody."""
    homes = _homes(source.tree)
    for function in ast.walk(source.tree):
        if isinstance(function, ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and (name := _full_name(node, homes)) in BLOCKING:
                    hint = "await something, as asyncio.sleep, or write the handler without async"
                    yield source.at(node, f"{name} stops the bot for everybody: {hint}")


def _homes(tree: ast.Module) -> dict[str, str]:
    """Return what imported names stand for: "time.sleep" by `sleep`, "subprocess" by `sp`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found.update({a.asname: a.name for a in names if a.asname})
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found.update({a.asname or a.name: f"{module}.{a.name}" for a in names})
    return found


def _full_name(call: ast.Call, homes: Mapping[str, str]) -> str:
    first, dot, rest = ast.unparse(call.func).partition(".")
    return f"{homes.get(first, first)}{dot}{rest}"


def _text(node: ast.expr | None) -> str | None:
    """Return a constant text; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _place_faults(source: PluginSource) -> Iterator[str]:
    """Find `{places}` of texts that no argument of the call fills."""
    for call in _calls(source):
        name = _name_of(call)
        if name not in MESSAGE_CALLS.keys() | PLURAL_CALLS or any(
            k.arg is None for k in call.keywords
        ):
            continue
        texts = call.args[:2] if name in PLURAL_CALLS else call.args[:1]
        given = {k.arg for k in call.keywords if k.arg} - MESSAGE_CALLS.get(name, frozenset())
        given |= {"n"} if name in PLURAL_CALLS else set()
        for text in filter(None, map(_text, texts)):
            for place in sorted(_places(text) - given):
                near = nearest(place, given)
                hint = f"; did you mean {{{near}}}?" if near else f": write {place}=… behind it"
                yield source.at(call, f"nothing fills {{{place}}} in {text!r}{hint}")


def _places(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:
        return set()


def _stores_of_people(sources: list[PluginSource], plugin: LoadedPlugin) -> list[str]:
    """Find values that /forget could not find: under another key than the person's id."""
    if plugin.forget is not None:
        return []
    return [
        source.at(
            call,
            f"{ast.unparse(call.args[0])} is not ctx.person.id, so /forget cannot tell "
            "whose value that is: write a @plugin.forget, empty if it is nobody's",
        )
        for source in sources
        for call in _calls(source)
        if call.args and _sets(call, _stores(source)) and not _is_person(call.args[0])
    ]


def _stores(source: PluginSource) -> set[str]:
    """Return the names in a file that are annotated as a `Store`, or assigned from one."""
    found = {
        node.arg
        for node in ast.walk(source.tree)
        if isinstance(node, ast.arg) and annotation(node.annotation) == "Store"
    }
    for node in ast.walk(source.tree):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind):
                found |= {name} if annotation(kind) == "Store" else set()
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.Name(id=given)):
                found |= {name} if given in found else set()
    return found


def _sets(call: ast.Call, stores: set[str]) -> bool:
    match call.func:
        case ast.Attribute(attr="set", value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in stores
    return False


def _is_person(key: ast.expr) -> bool:
    """Return whether a key is `….person.id`, or a name that says that it is a person."""
    match key:
        case ast.Attribute(attr="id", value=ast.Attribute(attr="person")):
            return True
        case ast.Name(id="person" | "person_id"):
            return True
    return False
