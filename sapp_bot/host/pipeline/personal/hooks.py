"""Calls the hooks around one handler. A broken hook never takes other plugins' handlers away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from sapp_bot.domain.handler_call import HandlerCall
from sapp_bot.errors import UserError
from sapp_bot.host.authoring.buttons import Button
from sapp_bot.host.authoring.declarations import Handler
from sapp_bot.host.routing.hooks import Hook, hooks_around
from sapp_bot.host.routing.registry import Command, RoutingTable
from sapp_bot.values import replace

log = structlog.get_logger(__name__)

CallHook = Callable[[Hook, HandlerCall], Awaitable[None]]
Failed = Callable[[str, BaseException], None]


class Hooks:
    """The hooks of one turn.

    Args:
        table: Has the plugins and their hooks.
        call: Calls a hook with the values of its parameters.
        failed: Counts an error of a plugin's code.

    """

    def __init__(self, table: RoutingTable, call: CallHook, failed: Failed) -> None:
        self._table = table
        self._call = call
        self._failed = failed
        self._hooks = [hook for plugin in table.plugins for hook in plugin.hooks]
        self._asked: set[HandlerCall] = set()

    def about(self, plugin: str, handler: Handler, given: object) -> HandlerCall | None:
        """Return what hooks are told of a call; None where there are none to tell.

        None, too, for what must always work: /cancel and its like, and what only operators may do.
        """
        if not self._hooks:
            return None
        if isinstance(given, Button):
            route = self._table.button_routes.get(type(given).route)
            is_free = route is not None and route.role == "admin"
            return None if is_free else HandlerCall("button", plugin, type(given).__name__)
        command = self._table.command_of(handler)
        if command is None:
            return HandlerCall("text", plugin, handler.__name__)
        return self.about_command(command)

    def about_command(self, command: Command) -> HandlerCall | None:
        """Return what hooks are told of a command's call, as `about` does."""
        if not self._hooks or command.controls_form or command.role == "admin":
            return None
        return HandlerCall("command", command.plugin, command.name)

    async def before(self, about: HandlerCall) -> None:
        """Call the hooks before a handler, once in a turn.

        Raises:
            UserError: a hook refuses the call.
            Exception: a hook of the handler's own plugin is broken.

        """
        if about in self._asked:
            return
        self._asked.add(about)
        for hook in hooks_around(self._hooks, about.plugin, is_after=False):
            try:
                await self._call(hook, about)
            except UserError:
                raise
            except Exception as error:
                if hook.plugin == about.plugin:
                    raise
                self._report(hook, error)

    async def after(self, about: HandlerCall, outcome: str) -> None:
        """Call the hooks after a handler; what they raise is counted, and goes no further."""
        for hook in hooks_around(self._hooks, about.plugin, is_after=True):
            try:
                await self._call(hook, replace(about, outcome=outcome))
            except Exception as error:  # noqa: BLE001  # a border: the handler has ended
                self._report(hook, error)

    def _report(self, hook: Hook, error: Exception) -> None:
        self._failed(hook.plugin, error)
        log.error("hook.failed", plugin=hook.plugin, hook=hook.handler.__name__, exc_info=error)
