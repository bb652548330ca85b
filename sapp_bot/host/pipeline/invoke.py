"""Calls one handler: permission, parameter values, time limit. Must not choose the handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property, partial
from typing import Any

from sapp_bot.domain.handler_call import HandlerCall
from sapp_bot.domain.state import PersonState, Session
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Message, Press
from sapp_bot.errors import OperatorNotSignedIn, PluginError, UserError
from sapp_bot.host.authoring.button_codec import ButtonCodec
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.declarations import Handler, Role
from sapp_bot.host.authoring.forms import FormSpec
from sapp_bot.host.authoring.providers import ServiceRegistry
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.routing.hooks import Hook
from sapp_bot.host.routing.registry import Command, RoutingTable
from sapp_bot.host.routing.signature import GIVEN, HandlerSignature, Parameter, where
from sapp_bot.host.routing.thread_context import ThreadCtx
from sapp_bot.i18n import Languages, Translator
from sapp_bot.values import dataclass

from .personal.cooldowns import start_cooldown
from .personal.hooks import Failed, Hooks
from .runner import Runner, in_its_thread

ReadPersonState = Callable[[int], Awaitable[PersonState]]
"""Reads a person's stored state, by Telegram user id."""

Given = object | None
"""What a handler is called for: a Form, Button, Picture or InlineQuery, or what was matched."""


@dataclass(frozen=True, slots=True)
class InvokerDeps:
    """Dependencies of the invokers of all turns."""

    languages: Languages
    button_codec: ButtonCodec
    services: ServiceRegistry[Invoker]
    runner: Runner
    read_person_state: ReadPersonState
    failed: Failed = lambda _plugin, _error: None


class Invoker:
    """Caller of the handlers of one turn, under one routing table."""

    def __init__(self, turn: Turn, table: RoutingTable, deps: InvokerDeps) -> None:
        turn.typed_templates = table.typed_templates
        self.turn = turn
        turn.settings = table.told(turn.settings)
        self.table = table
        self._deps = deps
        self.plugin = ""
        """Name of the plugin called last; its catalogue translates an error."""
        self.hooks = Hooks(table, self._call_hook, deps.failed)

    def translator(self, plugin: str = "") -> Translator:
        """Return the translator for the person's language.

        Args:
            plugin: Name of the plugin whose catalogue comes first; empty for the host's alone.

        """
        own = self.table.catalogues.get(plugin)
        return self._deps.languages.translator(self.turn.language, own, zone=self.turn.profile.zone)

    @cached_property
    def host_ctx(self) -> Ctx:
        """The context that the host itself answers with, one for the whole turn."""
        return self.ctx()

    def ctx(self, plugin: str = "", *, plain: bool = False, of_login: bool = False) -> Ctx:
        """Return the context for a plugin's handler.

        Args:
            plugin: The plugin's name; empty for the host.
            plain: Whether the handler is a plain function, which runs in a thread.
            of_login: Whether what the handler shows belongs to the person's login.

        """
        kind = ThreadCtx if plain else Ctx
        reach = partial(self._reach, plugin)
        translator, button_codec = self.translator(plugin), self._deps.button_codec
        return kind(
            self.turn, translator, button_codec, plugin=plugin, of_login=of_login, reach=reach
        )

    def filled_by_person(self, plugin: str, spec: FormSpec) -> FormSpec:
        """Return a plugin's form as the person fills it in, whom its validators may ask about."""
        return spec.filled_by(partial(self.ctx, plugin, plain=True))

    async def _reach(self, plugin: str, person: int) -> Ctx:
        if not isinstance(person, int):  # a plugin's; it would be stored as the name of a chat
            kind = type(person).__name__
            raise PluginError(f"ctx.to takes a Telegram user id, an int, not a {kind}")
        person_state = await self._deps.read_person_state(person)
        there = Invoker(self.turn.towards(person, person_state), self.table, self._deps)
        return there.ctx(plugin)

    def permit(self, role: Role) -> None:
        """Check that the person may call handlers of a role.

        Raises:
            NotSignedIn: the role is "user", and nobody is logged in.
            SessionExpired: the role is "user", and the login has expired.
            UserError: the role is "admin", and the person is no operator.

        """
        if role == "user":
            self.turn.signed_in()
        elif role == "admin" and not self.turn.is_admin:
            raise UserError("That command is for the operators of this bot.")

    def permit_command(self, command: Command) -> None:
        """Check that the person may begin a command, as `permit` does for its role.

        Raises:
            OperatorNotSignedIn: an operator's command needs a login, and there is none. One that
                has ended is told where the handler asks for it.

        """
        self.permit(command.role)
        is_outside = self.turn.session is None and self.turn.profile.account is None
        if command.role == "admin" and command.signature.needs_session and is_outside:
            raise OperatorNotSignedIn

    def may(self, role: Role) -> bool:
        """Return whether handlers of a role are offered to the person.

        Only "admin" is checked: for "user" the call of the handler asks for the login.
        """
        return role != "admin" or self.turn.is_admin

    async def run(
        self,
        command: Command,
        *,
        arguments: Mapping[str, Any] | None = None,
        given: Given = None,
    ) -> None:
        """Call a command's handler, as `call` does; when it has ended well, the command rests.

        Not after a form that is to go on: the same use is not over then.
        """
        handler, signature = command.handler, command.signature
        await self.call(command.plugin, handler, signature, arguments=arguments, given=given)
        if given is None or self.turn.ask_again is None:
            start_cooldown(self.turn, command)

    async def call(
        self,
        plugin: str,
        handler: Handler,
        signature: HandlerSignature,
        *,
        arguments: Mapping[str, Any] | None = None,
        given: Given = None,
    ) -> None:
        """Call a handler, as `call_alone` does, with the hooks that are declared around it."""
        by_person = isinstance(self.turn.update, Message | Press)
        about = self.hooks.about(plugin, handler, given) if by_person else None
        if about is None:
            await self.call_alone(plugin, handler, signature, arguments=arguments, given=given)
            return
        outcome = "done"
        try:
            await self.hooks.before(about)
            await self.call_alone(plugin, handler, signature, arguments=arguments, given=given)
        except Exception as error:
            outcome = type(error).__name__
            raise
        finally:
            spoken = self.plugin, self.turn.plugin
            await self.hooks.after(about, outcome)
            self.plugin, self.turn.plugin = spoken

    async def _call_hook(self, hook: Hook, about: HandlerCall) -> None:
        await self.call_alone(hook.plugin, hook.handler, hook.signature, given=about)

    async def call_alone(
        self,
        plugin: str,
        handler: Handler,
        signature: HandlerSignature,
        *,
        arguments: Mapping[str, Any] | None = None,
        given: Given = None,
    ) -> None:
        """Call a handler with the values of its parameters, and send a text that it returns.

        When the handler raises, its writes to plugin storage are dropped.

        Args:
            plugin: Name of the handler's plugin.
            handler: The function to call.
            signature: What its parameters ask for.
            arguments: Parsed arguments, by parameter name.
            given: The form, button or other object that the handler is called for.

        Raises:
            HandlerTimeout: the handler did not end in time.
            PluginError: the handler returned something that is no text.

        """
        self.plugin = self.turn.plugin = plugin
        owner = self.table.task_owners.get(plugin)
        values = self.values(plugin, signature, arguments=arguments, given=given)
        work = in_its_thread(handler, values, owner) if signature.plain else handler(**values)
        with self.turn.all_or_nothing():
            said = await self._deps.runner.run(work, self.turn, self._still, owner)
        if isinstance(said, str | Rich):
            await self.ctx(plugin).say(said)
        elif said is not None:
            kind = type(said).__name__
            raise PluginError(f"{where(handler)}: returned a {kind}; a text or nothing can be said")

    def _still(self) -> Rich:
        return self.translator().text("Still working on it…")

    def values(
        self,
        plugin: str,
        signature: HandlerSignature,
        *,
        arguments: Mapping[str, Any] | None = None,
        given: Given = None,
    ) -> dict[str, Any]:
        """Return the values for a handler's parameters, by name.

        An argument that was not typed is left out, so that the parameter's default applies.
        """
        ctx = self.ctx(plugin, plain=signature.plain, of_login=signature.needs_session)
        return {
            p.name: value
            for p in signature.parameters
            if (value := self._value(p, ctx, arguments or {}, given)) is not _ABSENT
        }

    def _value(self, p: Parameter, ctx: Ctx, arguments: Mapping[str, Any], given: Given) -> object:
        if p.source == "argument":
            return arguments.get(p.name, _ABSENT)
        if p.source in GIVEN:
            return given
        if p.source == "ctx":
            return ctx
        if p.factory is not None:
            update = self.turn.update
            commits = not isinstance(update, SystemTrigger) or update.commits
            return p.factory(self.turn if commits else None)
        services = self._deps.services
        return self._session(p) if p.source != "service" else services.make(p.kind, self)

    def _session(self, p: Parameter) -> Session | None:
        return self.turn.signed_in() if p.source == "session" else self.turn.session


_ABSENT = object()
