"""Finds mistakes of a plugin that its import does not show, and that nobody would be told of.

Each fault is one line: file, line, and what to write instead.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from inspect import iscoroutinefunction

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.storage import Store
from sapp_bot.host.lifecycle.signatures import Services
from sapp_bot.host.routing.registry import LoadedPlugin

from .plugin_source import PluginSource, read_sources


def sure_mistakes(plugin: LoadedPlugin, services: Services) -> list[str]:
    """Return what cannot be meant in a loaded plugin: a version with it is refused.

    Only in the files that it has imported: what lies beside them does no harm.

    Args:
        plugin: The plugin.
        services: Services that its handlers can ask for.

    """
    try:
        sources = read_sources(plugin)
    except PluginError:  # a file that the plugin does not import
        return []
    imported = {
        getattr(module, "__file__", "")
        for name, module in sys.modules.copy().items()  # a thread may import something meanwhile
        if name == plugin.module or name.startswith(f"{plugin.module}.")
    }
    sources = [source for source in sources if str(source.path) in imported]
    owners = {service.kind.__name__: service.kind for service in services}
    owners |= {"Ctx": Ctx, "Store": Store}
    faults = [f for source in sources for f in await_faults(source, owners, only_sure=True)]
    return faults + buttons_without_handler(sources, plugin)


def await_faults(
    source: PluginSource, owners: Mapping[str, type], *, only_sure: bool = False
) -> Iterator[str]:
    """Find calls that lack their `await`, so that nothing happens, and the reverse.

    A call that is passed on, as to `asyncio.gather`, is none.

    Args:
        source: The file.
        owners: Classes of parameters whose methods may have to be awaited, by name.
        only_sure: Leaves out what is kept in a name, which may be awaited later.

    """
    for function in ast.walk(source.tree):
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        named = {a.arg: owners.get(annotation(a.annotation)) for a in arguments_of(function)}
        for node in ast.walk(function):
            match node:
                case ast.Await(value=ast.Call() as call):
                    wanted = False
                case ast.Expr(value=ast.Call() as call):
                    wanted = True
                case ast.Assign(value=ast.Call() as call) if not only_sure:
                    wanted = True
                case ast.Attribute(value=ast.Call() as call):
                    wanted = True
                case _:
                    continue
            match call.func:
                case ast.Attribute(value=ast.Name(id=owner), attr=name):
                    method = getattr(named.get(owner), name, None)
                case _:
                    continue
            if method is not None and iscoroutinefunction(method) is wanted:
                said = f"{owner}.{name}(…)"
                hint = f"does nothing: write await {said}" if wanted else "takes no await"
                yield source.at(call, f"{said} {hint}")


def buttons_without_handler(sources: Sequence[PluginSource], plugin: LoadedPlugin) -> list[str]:
    """Return the button classes that no handler is for, and that no other one is made of."""
    handled = {route.button.__name__ for route in plugin.button_routes}
    found = [(s, node) for s in sources for node in ast.walk(s.tree) if _is_button(node)]
    classes = [(s, node) for s, node in found if isinstance(node, ast.ClassDef)]
    bases = {annotation(base) for _, node in classes for base in node.bases}
    return [
        source.at(node, f"button {node.name} has no handler: write a @plugin.button for it")
        for source, node in classes
        if node.name not in handled | bases
    ]


def _is_button(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and "Button" in map(annotation, node.bases)


def arguments_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """Return the named parameters of a function."""
    given = function.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]


def annotation(node: ast.expr | None) -> str:
    """Return the name of an annotation without its brackets: "Store" of `Store[Note]`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return annotation(value)
    return ""
