"""The routing table: all that is loaded, immutable, replaced as a whole."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from sapp_bot.errors import PluginError
from sapp_bot.languages import Catalogue

from .buttons import Button
from .declare import DeclaredButton, DeclaredCommand, Handler, Plugin, Role
from .inject import Recipe, read_recipe

# Telegram's rule for names in a command menu.
# Source: https://core.telegram.org/bots/api#botcommand
_NAME = re.compile(r"^[a-z0-9_]{1,32}$")
_SUMMARY_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Opening:
    """What is called before a form's first question."""

    handler: Handler
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Command:
    """A command, ready to be called. `summary` is its help, an English message id."""

    plugin: str
    handler: Handler
    name: str
    aliases: tuple[str, ...]
    role: Role
    private: bool
    steers: bool
    hidden: bool
    summary: str
    recipe: Recipe
    examples: Mapping[str, str]
    opening: Opening | None = None

    @property
    def key(self) -> str:
        """Name the command over restarts, for an open form."""
        return f"{self.plugin}.{self.name}"

    @property
    def usage(self) -> str:
        """Write the command as it is typed: `/rate BASE [AMOUNT]`."""
        fields = self.recipe.form.questions if self.recipe.form else ()
        words = [f"[{q.name}]" for q in fields if not q.secret]
        words += [p.name if p.required else f"[{p.name}]" for p in self.recipe.arguments]
        return " ".join([f"/{self.name}", *words])


@dataclass(frozen=True, slots=True)
class Pressable:
    """A button class and the handler it calls."""

    plugin: str
    handler: Handler
    role: Role
    twin: str
    button: type[Button]
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Loaded:
    """One plugin, read and checked."""

    name: str
    version: str
    path: Path
    commands: tuple[Command, ...]
    pressables: tuple[Pressable, ...]
    catalogues: Mapping[str, Catalogue]


@dataclass(frozen=True, slots=True)
class Table:
    """Commands by every name they have, buttons by route."""

    plugins: tuple[Loaded, ...] = ()
    commands: Mapping[str, Command] = field(default_factory=dict)
    pressables: Mapping[bytes, Pressable] = field(default_factory=dict)
    twins: Mapping[type[Button], str] = field(default_factory=dict)
    classes: Mapping[bytes, type[Button]] = field(default_factory=dict)
    catalogues: Mapping[str, Mapping[str, Catalogue]] = field(default_factory=dict)

    def form_command(self, key: str) -> Command | None:
        """Find the command of an open form, if it still exists and still has one."""
        command = self.commands.get(key.partition(".")[2])
        if command is None or command.key != key or command.recipe.form is None:
            return None
        return command

    def command_of(self, handler: Handler) -> Command | None:
        """Find the command a function became."""
        return next((c for c in self.commands.values() if c.handler is handler), None)

    def visible(self, *, signed_in: bool, admin: bool) -> list[Command]:
        """List what a person may use, each once, in plugin and declaration order."""
        allowed = {"anyone"} | ({"user"} if signed_in else set()) | ({"admin"} if admin else set())
        every = [c for plugin in self.plugins for c in plugin.commands]
        return [c for c in every if c.role in allowed and not c.hidden]


def build_table(plugins: Iterable[Loaded]) -> Table:
    """Put plugins together, by name.

    Raises:
        PluginError: two have the same command or button; the text names both.

    """
    ordered = tuple(sorted(plugins, key=lambda p: p.name))
    commands: dict[str, Command] = {}
    pressables: dict[bytes, Pressable] = {}
    for plugin in ordered:
        for command in plugin.commands:
            for name in (command.name, *command.aliases):
                if name in commands:
                    other = commands[name].plugin
                    raise PluginError(f"/{name} is declared by {other} and by {plugin.name}")
                commands[name] = command
        for pressable in plugin.pressables:
            if pressable.button.route in pressables:
                raise PluginError(f"{plugin.name}: {pressable.button.__name__} has two handlers")
            pressables[pressable.button.route] = pressable
    return Table(
        plugins=ordered,
        commands=MappingProxyType(commands),
        pressables=MappingProxyType(pressables),
        twins=MappingProxyType({p.button: p.twin for p in pressables.values()}),
        classes=MappingProxyType({route: p.button for route, p in pressables.items()}),
        catalogues=MappingProxyType({p.name: p.catalogues for p in ordered}),
    )


def read_plugin(
    name: str,
    path: Path,
    plugin: Plugin,
    services: Mapping[type, object],
    catalogues: Mapping[str, Catalogue],
) -> Loaded:
    """Check a plugin's declarations and make them callable.

    Raises:
        PluginError: something in it cannot be used; the text says what and where.

    """
    return Loaded(
        name=name,
        version=plugin.version,
        path=path,
        commands=tuple(_command(name, d, services) for d in plugin.commands),
        pressables=tuple(_pressable(name, d, services) for d in plugin.buttons),
        catalogues=catalogues,
    )


def _command(plugin: str, declared: DeclaredCommand, services: Mapping[type, object]) -> Command:
    recipe = read_recipe(declared.handler, services)
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
    role: Role = "user" if recipe.needs_session and declared.role == "anyone" else declared.role
    return Command(
        plugin=plugin,
        handler=declared.handler,
        name=declared.name,
        aliases=declared.aliases,
        role=role,
        private=declared.private or (recipe.form is not None and recipe.form.has_secrets),
        steers=declared.steers,
        hidden=declared.hidden,
        summary=summary,
        recipe=recipe,
        examples=declared.examples,
        opening=_opening(declared, services),
    )


def _opening(declared: DeclaredCommand, services: Mapping[type, object]) -> Opening | None:
    if declared.first is None:
        return None
    recipe = read_recipe(declared.first, services)
    if recipe.form or recipe.button or recipe.arguments:
        raise PluginError(f"{declared.first.__name__}: what runs first gets no form and no words")
    return Opening(declared.first, recipe)


def _pressable(plugin: str, declared: DeclaredButton, services: Mapping[type, object]) -> Pressable:
    recipe = read_recipe(declared.handler, services)
    if recipe.button is None:
        name = declared.handler.__name__
        raise PluginError(f"{plugin}: {name} needs a parameter of a Button class")
    recipe.button.bind(plugin)
    role: Role = "user" if recipe.needs_session and declared.role == "anyone" else declared.role
    return Pressable(plugin, declared.handler, role, declared.twin, recipe.button, recipe)
