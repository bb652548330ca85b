"""Builds the routing table of some plugins, and refuses what clashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from sapp_bot.errors import PluginError

from .conflicts import Declared, declared_twice, two_sell
from .registry import ButtonRoute, Command, LoadedPlugin, PaymentRoutes, RoutingTable


def build_routing_table(
    plugins: Iterable[LoadedPlugin], *, resting: Iterable[str] = (), newest: str = ""
) -> RoutingTable:
    """Return the routing table of some plugins.

    Args:
        plugins: The plugins, in any order.
        resting: Names of commands whose plugins are paused.
        newest: Name of the one that joins the others: an error begins with its line.

    Raises:
        PluginError: two plugins have the same name, command or button; the text names both.

    """
    ordered = tuple(sorted(plugins, key=lambda p: p.name))
    for first, second in pairwise(ordered):
        if first.name == second.name:
            taken = f"{first.path} is called {first.name} already: rename one of the files"
            raise PluginError(f"{second.path}: {taken}")
    commands: dict[str, Command] = {}
    button_routes: dict[bytes, ButtonRoute] = {}
    for plugin in ordered:
        for command in plugin.commands:
            for name in (command.name, *command.aliases):
                if name in commands:
                    has_it = Declared(commands[name].plugin, commands[name].handler)
                    also = Declared(plugin.name, command.handler)
                    raise declared_twice(name, has_it, also, newest)
                commands[name] = command
        for button_route in plugin.button_routes:
            if button_route.button.route in button_routes:
                twice = f"{button_route.button.__name__} has two handlers: remove one"
                raise PluginError(f"{plugin.name}: {twice}")
            button_routes[button_route.button.route] = button_route
    return RoutingTable(
        plugins=ordered,
        commands=MappingProxyType(commands),
        button_routes=MappingProxyType(button_routes),
        typed_templates=MappingProxyType({p.button: p.typed_as for p in button_routes.values()}),
        classes=MappingProxyType({route: p.button for route, p in button_routes.items()}),
        catalogues=MappingProxyType({p.name: p.catalogues for p in ordered}),
        text_routes=tuple(text_route for p in ordered for text_route in p.text_routes),
        task_owners=MappingProxyType({p.name: p.owner for p in ordered}),
        renderers=MappingProxyType({r.picture.renderer: r for p in ordered for r in p.renderers}),
        inline_routes=tuple(route for p in ordered for route in p.inline_routes),
        files=MappingProxyType({f.file.renderer: f for p in ordered for f in p.files}),
        payments=_payments(ordered, newest),
        resting=frozenset(resting),
        words=_words(ordered),
    )


def _words(plugins: Sequence[LoadedPlugin]) -> Mapping[str, str]:
    """Return the command lines of all plugins by what means them; of two equal ones the first."""
    found: dict[str, str] = {}
    for plugin in reversed(plugins):
        found.update(plugin.words)
    return MappingProxyType(found)


def _payments(plugins: Iterable[LoadedPlugin], newest: str) -> PaymentRoutes | None:
    """Return the handlers of the one plugin that sells.

    Raises:
        PluginError: two plugins sell, and nothing says whose a payment is; the text names both.

    """
    selling = [plugin.payments for plugin in plugins if plugin.payments is not None]
    if len(selling) > 1:
        first, second = (Declared(s.plugin, s.payment.handler) for s in selling[:2])
        raise two_sell(first, second, newest)
    return selling[0] if selling else None
