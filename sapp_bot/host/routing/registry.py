"""The routing table: everything that is loaded, immutable, replaced as a whole.

A reload publishes a new table in one assignment, so that no update sees half of a plugin.
Must not load or unload plugins: see `host/lifecycle`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

from sapp_bot.host.authoring.buttons import Button
from sapp_bot.host.authoring.declarations import Handler, Match, Role
from sapp_bot.host.authoring.files import File
from sapp_bot.host.authoring.pictures import Picture
from sapp_bot.host.authoring.schedules import Schedule
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import Catalogue
from sapp_bot.values import dataclass, field, replace

from .hooks import Hook
from .lifespan_value import LifespanValue
from .reader_count import ReaderCount
from .signature import HandlerSignature


@dataclass(frozen=True, slots=True)
class BoundHandler:
    """A handler with its signature: a lifespan, or a command's `first`."""

    handler: Handler
    signature: HandlerSignature


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a loaded plugin; `Plugin.command` explains the attributes not named here.

    Attributes:
        plugin: Name of the plugin.
        summary: Its help, an English message id.
        signature: How the handler is called.
        opening: The command's `first`, called before the form's first question.

    """

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
    guests: bool = False
    needs_setting: str = ""
    cooldown_s: float = 0
    words: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Key by which an open form finds the command after a restart: "<plugin>.<command>"."""
        return f"{self.plugin}.{self.name}"


@dataclass(frozen=True, slots=True)
class ButtonRoute:
    """A button class and its handler.

    Attributes:
        typed_as: Template of the command that does the same when typed; "" for none.
        button: The class; its `route` is the key in the routing table.
        words: What means that command when typed, message ids.

    """

    plugin: str
    handler: Handler
    role: Role
    typed_as: str
    button: type[Button]
    signature: HandlerSignature
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextRoute:
    """A handler of free text; `pattern` must match the whole text."""

    plugin: str
    handler: Handler
    pattern: re.Pattern[str]
    role: Role
    signature: HandlerSignature
    match: Match | None = None
    in_user_mode: bool = True


@dataclass(frozen=True, slots=True)
class InlineRoute:
    """A handler of inline queries.

    Attributes:
        text: Handler and pattern of the query's text.
        cache_s: Seconds for which Telegram may repeat the results to the same person.
        switch: Label of the button above the results, "" for none.
        start: Start parameter of that button.

    """

    text: TextRoute
    cache_s: int
    switch: str
    start: str


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """A handler that runs once in each time slot of its schedule."""

    plugin: str
    handler: Handler
    schedule: Schedule
    signature: HandlerSignature

    @property
    def name(self) -> str:
        """Name that is the same after a restart: "<plugin>.<function>"."""
        return f"{self.plugin}.{self.handler.__name__}"

    @property
    def lease(self) -> str:
        """Name of its leases: another one when a clock time is changed."""
        return self.name + self.schedule.label


@dataclass(frozen=True, slots=True)
class Renderer:
    """A picture class and its renderer."""

    plugin: str
    handler: Handler
    picture: type[Picture]
    signature: HandlerSignature


@dataclass(frozen=True, slots=True)
class FileRenderer:
    """A file class and its renderer."""

    plugin: str
    handler: Handler
    file: type[File]
    signature: HandlerSignature


@dataclass(frozen=True, slots=True)
class PaymentRoutes:
    """The handlers of the plugin that sells; there is one such plugin at most.

    Attributes:
        plugin: Name of the plugin.
        pre_checkout: Decides whether an invoice may be paid.
        payment: Called for each payment.
        refund: Called for each refund.
        notice: Tells what the ledger has to say; None if the plugin keeps no ledger.

    """

    plugin: str
    pre_checkout: BoundHandler
    payment: BoundHandler
    refund: BoundHandler
    notice: BoundHandler | None = None


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """One generation of a plugin, read and validated.

    Attributes:
        name: Name of the plugin.
        version: The plugin's own version, for operators.
        path: Its file, or the `__init__.py` of its folder.
        commands: Commands in the order of their declaration.
        catalogues: Translations by language.
        needs: Names of the plugins that must be loaded too.
        module: Name of its module in `sys.modules`.
        owner: Owner of the tasks that the plugin starts.
        yielded: The object of its lifespan; None if that yields nothing.
        payments: Its handlers of payments; None if it sells nothing.
        title: Heading of its commands, an English message id.
        collections: Names of its stores: "<plugin>:<model>".
        forget: Deletes what it keeps of a person; None where the host does that.
        keeps: Say what it keeps of a person until /forget.
        stays: Say what stays after that, and why.
        hooks: What it wants to be called around handlers.
        advice: What looks like a mistake and is none that can be refused, in sentences.
        words: Its command lines without their slash, by the `choice_key` of what means them.

    """

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
    settings: tuple[BoundHandler, ...] = ()
    inline_routes: tuple[InlineRoute, ...] = ()
    files: tuple[FileRenderer, ...] = ()
    payments: PaymentRoutes | None = None
    title: str = ""
    collections: tuple[str, ...] = ()
    forget: BoundHandler | None = None
    keeps: tuple[BoundHandler, ...] = ()
    stays: tuple[BoundHandler, ...] = ()
    hooks: tuple[Hook, ...] = ()
    advice: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Everything that can be called, by what an update names.

    Attributes:
        plugins: Loaded plugins, sorted by name.
        commands: Commands by name and by each alias.
        button_routes: Button handlers by the class's route (4 bytes).
        typed_templates: `typed_as` templates by button class.
        classes: Button classes by route.
        catalogues: Translations by plugin name, then by language.
        text_routes: Handlers of free text; the first one that matches is called.
        task_owners: Task owners by plugin name.
        renderers: Renderers by the name that `PictureSource` holds.
        inline_routes: Handlers of inline queries; the first one that matches is called.
        files: Renderers of files by the name that `FileSource` holds.
        payments: Handlers of payments; None while no plugin that sells is loaded.
        resting: Commands of plugins that are paused for some time after failures.
        words: Command lines without their slash, by the `choice_key` of what means them.
        readers: Updates that are being handled by this table.

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
    files: Mapping[str, FileRenderer] = field(default_factory=dict)
    payments: PaymentRoutes | None = None
    resting: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)
    readers: ReaderCount = field(default_factory=ReaderCount, compare=False)

    def told(self, settings: HostSettings) -> HostSettings:
        """Return the settings as handlers see them: reads are sold by who tells of the ledger."""
        sells = self.payments is not None and self.payments.notice is not None
        return settings if sells or not settings.sells else replace(settings, sells=False)

    def form_command(self, key: str) -> Command | None:
        """Return the command of an open form by its key; None if it is gone or has no form now."""
        command = self.commands.get(key.partition(".")[2])
        return command if command and command.key == key and command.signature.form else None

    def command_of(self, handler: Handler) -> Command | None:
        """Return the command that a function was declared as; None if there is none."""
        return next((c for c in self.commands.values() if c.handler is handler), None)

    def visible(
        self, *, signed_in: bool, admin: bool, settings: HostSettings | None = None
    ) -> list[Command]:
        """Return the commands that a person may see, by plugin, then in declaration order.

        Args:
            signed_in: Whether the person has a login.
            admin: Whether the person is an operator.
            settings: Leaves out what needs a setting that is not set; None leaves out nothing.

        """
        allowed = {"anyone"} | ({"user"} if signed_in else set()) | ({"admin"} if admin else set())
        every = [c for plugin in self.plugins for c in plugin.commands]
        return [
            c
            for c in every
            if c.role in allowed
            and not c.hidden
            and (not c.needs_setting or settings is None or getattr(settings, c.needs_setting))
        ]


class PluginRegistry:
    """The current routing table: the plugin manager publishes it, the dispatcher reads it.

    An update keeps the table that it started with, however often the table is replaced meanwhile.

    Attributes:
        opened: Set once the plugins of the start are loaded, as far as they can be.

    """

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self._table = RoutingTable()
        self._replaced = asyncio.Event()

    @property
    def table(self) -> RoutingTable:
        """The current routing table."""
        return self._table

    def publish(self, table: RoutingTable) -> None:
        """Replace the current table, and wake up whoever waits in `replaced`."""
        self._table = table
        self._replaced.set()

    async def replaced(self) -> None:
        """Wait until the table is replaced; return at once if it was since the last call."""
        await self._replaced.wait()
        self._replaced.clear()
