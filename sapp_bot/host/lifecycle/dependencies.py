"""Resolves dependencies between plugins, and on Python packages. Imports and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.plugin import Plugin
from sapp_bot.host.routing.building import build_routing_table
from sapp_bot.host.routing.registry import LoadedPlugin, RoutingTable

Plugins = Mapping[str, LoadedPlugin]
Needs = Mapping[str, Sequence[str]]
"""Names of the plugins that each plugin needs, by its own name."""


class PluginConflict(PluginError):
    """Conflict with another plugin (cycle, duplicate command); retried when the others change."""


class MissingDependency(PluginConflict):
    """A plugin that this one needs is not running; retried when the others change."""


def check_packages(path: Path, plugin: Plugin) -> None:
    """Check that the Python packages of a plugin are installed. Never installs them.

    Raises:
        PluginError: a package is missing; the text names all missing ones.

    """
    missing = [name for name in plugin.packages if not _is_installed(name)]
    if missing:
        raise PluginError(f"{path}: install {', '.join(missing)} where the bot runs")


def _is_installed(package: str) -> bool:
    try:
        _version(package)
    except (PackageNotFoundError, ValueError):
        return False
    return True


@cache
def _version(package: str) -> str:
    """Return a package's version; one that was found is not looked for again: it takes 5 ms."""
    return version(package)


def dependency_cycles(needs: Needs) -> dict[str, str]:
    """Return the plugins that need each other, with the reason, by name."""
    found: dict[str, str] = {}
    if not any(needs.values()):
        return found
    while True:
        # `prepare` names one cycle at a time: look again without the plugins of that one.
        left = {name: wanted for name, wanted in needs.items() if name not in found}
        try:
            TopologicalSorter(_graph(left)).prepare()
        except CycleError as error:
            cycle = " -> ".join(reversed(error.args[1]))
            found |= dict.fromkeys(error.args[1], f"they need each other: {cycle}")
        else:
            return found


def unmet(plugins: Plugins) -> dict[str, str]:
    """Return the plugins with a missing dependency, direct or not, with the reason, by name."""
    found: dict[str, str] = {}
    while True:
        there = plugins.keys() - found
        more = {
            name: f"{plugins[name].path}: it needs the plugin {missing[0]}, which is not running"
            for name in there
            if (missing := [need for need in plugins[name].needs if need not in there])
        }
        if not more:
            return found
        found |= more


def in_order(plugins: Iterable[LoadedPlugin]) -> list[LoadedPlugin]:
    """Return plugins so that each comes after those it needs.

    Raises:
        graphlib.CycleError: plugins need each other; see `dependency_cycles`.

    """
    by_name = {p.name: p for p in plugins}
    return [
        by_name[name]
        for name in TopologicalSorter(
            _graph({n: p.needs for n, p in by_name.items()})
        ).static_order()
    ]


def table_beside(
    loaded: LoadedPlugin, others: Iterable[LoadedPlugin], *, needs: Needs, resting: Iterable[str]
) -> RoutingTable:
    """Return the routing table of the other plugins and one more.

    Args:
        loaded: The plugin to add.
        others: The plugins that are running.
        needs: Dependencies of all known plugins, also of those that are not running.
        resting: Commands of quarantined plugins, which are answered as out of order.

    Raises:
        MissingDependency: a plugin that `loaded` needs is not running.
        PluginConflict: `loaded` is part of a cycle, or declares what another plugin has.

    """
    together = [*others, loaded]
    by_name = {p.name: p for p in together}
    if reason := dependency_cycles(needs).get(loaded.name):
        raise PluginConflict(f"{loaded.path}: {reason}")
    if reason := unmet(by_name).get(loaded.name):
        raise MissingDependency(reason)
    try:
        return build_routing_table(together, resting=resting, newest=loaded.name)
    except PluginError as error:
        raise PluginConflict(str(error)) from error


def files_in_order(read: Mapping[Path, LoadedPlugin]) -> list[Path]:
    """Return files so that each comes after those it needs; cyclic or doubled ones come last."""
    unique = {loaded.name: (path, loaded) for path, loaded in reversed(list(read.items()))}
    cyclic = dependency_cycles({name: loaded.needs for name, (_, loaded) in unique.items()})
    sound = [loaded for name, (_, loaded) in unique.items() if name not in cyclic]
    first = [unique[loaded.name][0] for loaded in in_order(sound)]
    return [*first, *(path for path in read if path not in first)]


def _graph(needs: Needs) -> dict[str, list[str]]:
    return {name: [n for n in wanted if n in needs] for name, wanted in sorted(needs.items())}
