"""Which plugins can stand together: what each needs of the others, and of Python. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.plugin import Plugin
from sapp_bot.host.routing.registry import LoadedPlugin, RoutingTable, build_routing_table

Plugins = Mapping[str, LoadedPlugin]
Needs = Mapping[str, Sequence[str]]
"""What each plugin needs, by name."""


class PluginConflict(PluginError):
    """Another plugin stands in the way of this one: it is tried again when the others change."""


class MissingDependency(PluginConflict):
    """A plugin that this one needs is not there."""


def check_packages(path: Path, plugin: Plugin) -> None:
    """See that the Python packages are there. They are never installed from here.

    Raises:
        PluginError: naming those that are missing.

    """
    missing = [name for name in plugin.packages if not _is_installed(name)]
    if missing:
        raise PluginError(f"{path}: install {', '.join(missing)} where the bot runs")


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except (PackageNotFoundError, ValueError):
        return False
    return True


def dependency_cycles(needs: Needs) -> dict[str, str]:
    """Find those who wait for each other; gives the reason by name."""
    found: dict[str, str] = {}
    while True:
        left = {name: wanted for name, wanted in needs.items() if name not in found}
        try:
            TopologicalSorter(_graph(left)).prepare()
        except CycleError as error:
            circle = " -> ".join(reversed(error.args[1]))
            found |= dict.fromkeys(error.args[1], f"they need each other: {circle}")
        else:
            return found


def unmet(plugins: Plugins) -> dict[str, str]:
    """Find those who need what is not there, directly or over others; gives the reason by name."""
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
    """Sort plugins so that each comes after what it needs. There must be no circle."""
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
    """Build the table with one more plugin. `needs` are also those of plugins not on it.

    Raises:
        Unmet: it needs one that is not there.
        PluginConflict: it does not go with the others.

    """
    together = [*others, loaded]
    by_name = {p.name: p for p in together}
    if reason := dependency_cycles(needs).get(loaded.name):
        raise PluginConflict(f"{loaded.path}: {reason}")
    if reason := unmet(by_name).get(loaded.name):
        raise MissingDependency(reason)
    try:
        return build_routing_table(together, resting=resting)
    except PluginError as error:
        raise PluginConflict(str(error)) from error


def files_in_order(read: Mapping[Path, LoadedPlugin]) -> list[Path]:
    """Sort files so that each comes after what it needs; those in a circle or doubled come last."""
    unique = {loaded.name: (path, loaded) for path, loaded in reversed(list(read.items()))}
    astray = dependency_cycles({name: loaded.needs for name, (_, loaded) in unique.items()})
    sound = [loaded for name, (_, loaded) in unique.items() if name not in astray]
    first = [unique[loaded.name][0] for loaded in in_order(sound)]
    return [*first, *(path for path in read if path not in first)]


def _graph(needs: Needs) -> dict[str, list[str]]:
    return {name: [n for n in wanted if n in needs] for name, wanted in sorted(needs.items())}
