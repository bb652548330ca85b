"""From what a plugin declares to what can be called; what cannot is refused with file and line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

from sapp_bot.errors import PluginError
from sapp_bot.languages import Catalogue

from .declare import (
    DeclaredButton,
    DeclaredCommand,
    DeclaredMessage,
    DeclaredTimer,
    Handler,
    Plugin,
    Role,
)
from .guard import LoginGuard
from .handling import HOST_SERVICES
from .inject import Recipe, read_recipe, where
from .modules import name_of
from .operators import Plugins
from .ownership import Crew
from .table import Command, Listener, Loaded, Opening, Pressable, Repeated

Services = Mapping[type, object]

PERSONAL: frozenset[type] = frozenset({*HOST_SERVICES, LoginGuard})
"""Services that are about the person who wrote: there is none before a timer or a lifespan."""

OPERATOR_SERVICES: frozenset[type] = frozenset({Plugins})
"""Services for operators only."""

_SHORTEST_S = 1
_SUMMARY_CHARACTERS = 256

# Telegram's rule for names in a command menu.
# Source: https://core.telegram.org/bots/api#botcommand
_NAME = re.compile(r"^[a-z0-9_]{1,32}$")


def read_plugin(
    plugin: Plugin,
    path: Path,
    services: Services,
    catalogues: Mapping[str, Catalogue],
    *,
    module: str,
) -> Loaded:
    """Check a plugin's declarations and make them callable.

    Raises:
        PluginError: something in it cannot be used; the text says what and where.

    """
    name = name_of(path)
    return Loaded(
        name=name,
        version=plugin.version,
        path=path,
        commands=tuple(_command(name, d, services) for d in plugin.commands),
        pressables=tuple(_pressable(name, d, services) for d in plugin.buttons),
        catalogues=catalogues,
        listeners=tuple(_listener(name, d, services) for d in plugin.messages),
        timers=tuple(_repeated(name, d, services) for d in plugin.timers),
        lifespan=_lifespan(plugin, services),
        needs=tuple(plugin.needs),
        module=module,
        crew=Crew(name),
    )


def _command(plugin: str, declared: DeclaredCommand, services: Services) -> Command:
    recipe = _recipe(declared.handler, services)
    if recipe.button is not None:
        raise PluginError(f"{plugin}: /{declared.name} takes a Button; use @plugin.button")
    for name in (declared.name, *declared.aliases):
        if not _NAME.match(name):
            rule = "a-z, 0-9 and _, at most 32 characters"
            raise PluginError(f"{plugin}: /{name} is no command name: {rule}")
    summary = (inspect.getdoc(declared.handler) or "").partition("\n")[0]
    if not summary or len(summary) > _SUMMARY_CHARACTERS:
        raise PluginError(
            f"{plugin}: /{declared.name} needs a docstring; its first line is the help people see"
        )
    role = _role(declared.handler, declared.role, recipe)
    return Command(
        plugin=plugin,
        handler=declared.handler,
        name=declared.name,
        aliases=declared.aliases,
        role=role,
        private=declared.private or recipe.form is not None,
        steers=declared.steers,
        hidden=declared.hidden,
        summary=summary,
        recipe=recipe,
        examples=declared.examples,
        opening=_opening(declared, services),
    )


def _opening(declared: DeclaredCommand, services: Services) -> Opening | None:
    if declared.first is None:
        return None
    recipe = _recipe(declared.first, services)
    if recipe.form or recipe.button or recipe.arguments:
        raise PluginError(f"{declared.first.__name__}: what runs first gets no form and no words")
    return Opening(declared.first, recipe)


def _pressable(plugin: str, declared: DeclaredButton, services: Services) -> Pressable:
    recipe = _recipe(declared.handler, services)
    if recipe.button is None:
        name = declared.handler.__name__
        raise PluginError(f"{plugin}: {name} needs a parameter of a Button class")
    places = {place for _, place, _, _ in Formatter().parse(declared.twin) if place is not None}
    unknown = sorted(places - recipe.button.model_fields.keys())
    if unknown:
        name = recipe.button.__name__
        raise PluginError(
            f"{where(declared.handler)}: the twin names {unknown[0]}, which {name} has not"
        )
    recipe.button.bind(plugin)
    role = _role(declared.handler, declared.role, recipe)
    return Pressable(plugin, declared.handler, role, declared.twin, recipe.button, recipe)


def _listener(plugin: str, declared: DeclaredMessage, services: Services) -> Listener:
    recipe = _recipe(declared.handler, services)
    if recipe.form or recipe.button:
        raise PluginError(f"{where(declared.handler)}: a message brings no form and no button")
    try:
        pattern = re.compile(declared.pattern, re.IGNORECASE)
    except re.error as error:
        text = f"{declared.pattern!r} is no regular expression: {error}"
        raise PluginError(f"{where(declared.handler)}: {text}") from error
    unknown = [p.name for p in recipe.arguments if p.name not in pattern.groupindex]
    if unknown:
        mend = f"the pattern has no group (?P<{unknown[0]}>…)"
        raise PluginError(f"{where(declared.handler)}: nothing fills {unknown[0]}: {mend}")
    role = _role(declared.handler, declared.role, recipe)
    return Listener(plugin, declared.handler, pattern, role, recipe)


def _repeated(plugin: str, declared: DeclaredTimer, services: Services) -> Repeated:
    if declared.seconds < _SHORTEST_S:
        raise PluginError(f"{where(declared.handler)}: every {_SHORTEST_S} s is the most often")
    recipe = _impersonal(declared.handler, services)
    return Repeated(plugin, declared.handler, declared.seconds, recipe)


def _lifespan(plugin: Plugin, services: Services) -> Opening | None:
    if not plugin.lifespans:
        return None
    handler = plugin.lifespans[-1]
    if len(plugin.lifespans) > 1:
        raise PluginError(f"{where(handler)}: a plugin has one lifespan, not more")
    if not inspect.isasyncgenfunction(handler):
        raise PluginError(f"{where(handler)}: write it as `async def` with one `yield`")
    recipe = _impersonal(handler, services)
    if any(p.source == "ctx" for p in recipe.parameters):
        raise PluginError(f"{where(handler)}: a lifespan has nobody to speak to, so no Ctx")
    return Opening(handler, recipe)


def _impersonal(handler: Handler, services: Services) -> Recipe:
    """Read what runs without anybody before it."""
    recipe = read_recipe(handler, services)
    for p in recipe.parameters:
        personal = p.source in ("session", "maybe_session", "form", "button", "argument")
        if personal or (p.source == "service" and p.kind in PERSONAL | OPERATOR_SERVICES):
            raise PluginError(f"{where(handler)}: nobody is there to give {p.name}")
    return recipe


def _recipe(handler: Handler, services: Services) -> Recipe:
    if inspect.isasyncgenfunction(handler):
        raise PluginError(f"{where(handler)}: a handler says things with ctx, it yields nothing")
    return read_recipe(handler, services)


def _role(handler: Handler, role: Role, recipe: Recipe) -> Role:
    """Raise the role to what the parameters need; only operators' handlers rule the plugins."""
    kinds = {p.kind for p in recipe.parameters if p.source == "service"}
    if role != "admin" and kinds & OPERATOR_SERVICES:
        raise PluginError(f"{where(handler)}: what it asks for needs role='admin'")
    return "user" if recipe.needs_session and role == "anyone" else role
