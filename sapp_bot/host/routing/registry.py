"""The routing table: all that is loaded, immutable, replaced as a whole."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.buttons import Button
from sapp_bot.host.authoring.pictures import Picture
from sapp_bot.host.authoring.plugin import Handler, Role
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.i18n import Catalogue

from .signature import HandlerSignature, where


@dataclass(frozen=True, slots=True)
class BoundHandler:
    """What is called before a form's first question."""

    handler: Handler
    signature: HandlerSignature


@dataclass(frozen=True, slots=True)
class Command:
    """A command, ready to be called. `summary` is its help, an English message id."""

    plugin: str
    handler: Handler
    name: str
    aliases: tuple[str, ...]
    role: Role
    private: bool
    controls_form: bool
    hidden: bool
    summary: str
    signature: HandlerSignature
    examples: Mapping[str, str]
    opening: BoundHandler | None = None

    @property
    def key(self) -> str:
        """Name the command over restarts, for an open form."""
        return f"{self.plugin}.{self.name}"

    @property
    def usage(self) -> str:
        """Write the command as it is typed: `/rate BASE [AMOUNT]`."""
        fields = self.signature.form.questions if self.signature.form else ()
        words = [f"[{q.name}]" for q in fields if not q.secret]
        words += [p.name if p.required else f"[{p.name}]" for p in self.signature.arguments]
        return " ".join([f"/{self.name}", *words])


@dataclass(frozen=True, slots=True)
class ButtonRoute:
    """A button class and the handler it calls."""

    plugin: str
    handler: Handler
    role: Role
    typed_as: str
    button: type[Button]
    signature: HandlerSignature


@dataclass(frozen=True, slots=True)
class TextRoute:
    """A handler of free text. `pattern` fits the whole text."""

    plugin: str
    handler: Handler
    pattern: re.Pattern[str]
    role: Role
    signature: HandlerSignature


@dataclass(frozen=True, slots=True)
class InlineRoute:
    """A handler of inline queries. `text` is what it listens for."""

    text: TextRoute
    cache_s: int
    switch: str
    start: str


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """A task to be run once in each span of so many seconds."""

    plugin: str
    handler: Handler
    seconds: float
    signature: HandlerSignature

    @property
    def name(self) -> str:
        """Name it over restarts, for its lease."""
        return f"{self.plugin}.{self.handler.__name__}"


@dataclass(frozen=True, slots=True)
class Renderer:
    """A picture class and the handler that draws it."""

    plugin: str
    handler: Handler
    picture: type[Picture]
    signature: HandlerSignature


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """One generation of a plugin, read and checked. `module` names its module."""

    name: str
    version: str
    path: Path
    commands: tuple[Command, ...]
    button_routes: tuple[ButtonRoute, ...]
    catalogues: Mapping[str, Catalogue]
    text_routes: tuple[TextRoute, ...]
    timers: tuple[PeriodicTask, ...]
    lifespan: BoundHandler | None
    needs: tuple[str, ...]
    module: str
    owner: TaskOwner
    yielded: LifespanValue | None = None
    renderers: tuple[Renderer, ...] = ()
    inline_routes: tuple[InlineRoute, ...] = ()


class LifespanValue:
    """What the lifespan of one generation yielded, for the handlers of that generation."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self._value: object = None
        self._is_there = False

    def put(self, value: object) -> None:
        """Keep the object.

        Raises:
            PluginError: it is not of the promised type; the text says what to write.

        """
        if not _is_instance(value, self.kind):
            found = type(value).__name__
            raise PluginError(
                f"yields a {found}, and its annotation promises a {self.kind.__name__}; write "
                f"`yield` with a {self.kind.__name__}, or `-> AsyncIterator[{found}]`"
            )
        self._value, self._is_there = value, True

    def get(self, _: Turn | None) -> object:
        """Return the object.

        Raises:
            PluginError: the lifespan has not begun, or has ended.

        """
        if not self._is_there:
            raise PluginError(f"the lifespan that gives the {self.kind.__name__} is not running")
        return self._value

    def clear(self) -> None:
        """Forget the object: its lifespan is over."""
        self._value, self._is_there = None, False


def _is_instance(value: object, kind: type) -> bool:
    try:
        return isinstance(value, kind)
    except TypeError:  # a Protocol that cannot be checked at run time
        return value is not None


class ReaderCount:
    """Counts the updates that are handled by a table."""

    def __init__(self) -> None:
        self._count = 0
        self._gone = asyncio.Event()
        self._gone.set()

    def __enter__(self) -> None:
        """Begin to handle an update."""
        self._count += 1
        self._gone.clear()

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._count -= 1
        if not self._count:
            self._gone.set()

    @property
    def any(self) -> bool:
        """Tell whether there are some."""
        return self._count > 0

    async def gone(self) -> None:
        """Wait until nobody is left. A table that was replaced gets no new ones."""
        await self._gone.wait()


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Commands by every name they have, buttons by route.

    `resting` are the commands of plugins that are switched off for a while.
    """

    plugins: tuple[LoadedPlugin, ...] = ()
    commands: Mapping[str, Command] = field(default_factory=dict)
    button_routes: Mapping[bytes, ButtonRoute] = field(default_factory=dict)
    typed_templates: Mapping[type[Button], str] = field(default_factory=dict)
    classes: Mapping[bytes, type[Button]] = field(default_factory=dict)
    catalogues: Mapping[str, Mapping[str, Catalogue]] = field(default_factory=dict)
    text_routes: tuple[TextRoute, ...] = ()
    task_owners: Mapping[str, TaskOwner] = field(default_factory=dict)
    renderers: Mapping[str, Renderer] = field(default_factory=dict)
    inline_routes: tuple[InlineRoute, ...] = ()
    resting: frozenset[str] = frozenset()
    readers: ReaderCount = field(default_factory=ReaderCount, compare=False)

    def form_command(self, key: str) -> Command | None:
        """Find the command of an open form, if it still exists and still has one."""
        command = self.commands.get(key.partition(".")[2])
        if command is None or command.key != key or command.signature.form is None:
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


def build_routing_table(
    plugins: Iterable[LoadedPlugin], *, resting: Iterable[str] = ()
) -> RoutingTable:
    """Put plugins together, by name.

    Raises:
        PluginError: two have the same command or button; the text names both.

    """
    ordered = tuple(sorted(plugins, key=lambda p: p.name))
    for first, second in pairwise(ordered):
        if first.name == second.name:
            raise PluginError(f"{second.path}: {first.path} is called {first.name} already")
    commands: dict[str, Command] = {}
    button_routes: dict[bytes, ButtonRoute] = {}
    for plugin in ordered:
        for command in plugin.commands:
            for name in (command.name, *command.aliases):
                if name in commands:
                    both = f"{commands[name].plugin} and by {plugin.name}"
                    raise PluginError(f"{where(command.handler)}: /{name} is declared by {both}")
                commands[name] = command
        for button_route in plugin.button_routes:
            if button_route.button.route in button_routes:
                raise PluginError(f"{plugin.name}: {button_route.button.__name__} has two handlers")
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
        resting=frozenset(resting),
    )


class PluginRegistry:
    """The table that answers now: the plugin manager publishes it, the dispatcher reads it.

    It is replaced by one assignment; an update keeps the table it began with.
    """

    def __init__(self) -> None:
        self._table = RoutingTable()
        self._replaced = asyncio.Event()

    @property
    def table(self) -> RoutingTable:
        """What answers now."""
        return self._table

    def publish(self, table: RoutingTable) -> None:
        """Let another table answer from now on."""
        self._table = table
        self._replaced.set()

    async def replaced(self) -> None:
        """Wait until the table was replaced since the last call ended."""
        await self._replaced.wait()
        self._replaced.clear()
