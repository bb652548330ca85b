"""From what a plugin declares to what can be called; what cannot is refused with file and line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.plugin import (
    DeclaredButton,
    DeclaredCommand,
    DeclaredMessage,
    DeclaredTimer,
    Handler,
    Plugin,
    Role,
)
from sapp_bot.host.pipeline.invoke import HOST_SERVICES
from sapp_bot.host.pipeline.login_throttle import LoginThrottle
from sapp_bot.host.routing.registry import (
    BoundHandler,
    ButtonRoute,
    Command,
    LoadedPlugin,
    PeriodicTask,
    TextRoute,
)
from sapp_bot.host.routing.signature import HandlerSignature, read_signature, where
from sapp_bot.host.runtime.names import name_of
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.i18n import Catalogue

from .operator_alerts import Plugins

Services = Mapping[type, object]

PERSONAL: frozenset[type] = frozenset({*HOST_SERVICES, LoginThrottle})
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
) -> LoadedPlugin:
    """Check a plugin's declarations and make them callable.

    Raises:
        PluginError: something in it cannot be used; the text says what and where.

    """
    name = name_of(path)
    return LoadedPlugin(
        name=name,
        version=plugin.version,
        path=path,
        commands=tuple(_command(name, d, services) for d in plugin.commands),
        button_routes=tuple(_button_route(name, d, services) for d in plugin.buttons),
        catalogues=catalogues,
        text_routes=tuple(_text_route(name, d, services) for d in plugin.messages),
        timers=tuple(_periodic(name, d, services) for d in plugin.timers),
        lifespan=_lifespan(plugin, services),
        needs=tuple(plugin.needs),
        module=module,
        owner=TaskOwner(name),
    )


def _command(plugin: str, declared: DeclaredCommand, services: Services) -> Command:
    signature = _signature(declared.handler, services)
    if signature.button is not None:
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
    role = _role(declared.handler, declared.role, signature)
    return Command(
        plugin=plugin,
        handler=declared.handler,
        name=declared.name,
        aliases=declared.aliases,
        role=role,
        private=declared.private or signature.form is not None,
        controls_form=declared.controls_form,
        hidden=declared.hidden,
        summary=summary,
        signature=signature,
        examples=declared.examples,
        opening=_opening(declared, services),
    )


def _opening(declared: DeclaredCommand, services: Services) -> BoundHandler | None:
    if declared.first is None:
        return None
    signature = _signature(declared.first, services)
    if signature.form or signature.button or signature.arguments:
        raise PluginError(f"{declared.first.__name__}: what runs first gets no form and no words")
    return BoundHandler(declared.first, signature)


def _button_route(plugin: str, declared: DeclaredButton, services: Services) -> ButtonRoute:
    signature = _signature(declared.handler, services)
    if signature.button is None:
        name = declared.handler.__name__
        raise PluginError(f"{plugin}: {name} needs a parameter of a Button class")
    places = {place for _, place, _, _ in Formatter().parse(declared.typed_as) if place is not None}
    unknown = sorted(places - signature.button.model_fields.keys())
    if unknown:
        name = signature.button.__name__
        raise PluginError(
            f"{where(declared.handler)}: the twin names {unknown[0]}, which {name} has not"
        )
    signature.button.bind(plugin)
    role = _role(declared.handler, declared.role, signature)
    return ButtonRoute(
        plugin, declared.handler, role, declared.typed_as, signature.button, signature
    )


def _text_route(plugin: str, declared: DeclaredMessage, services: Services) -> TextRoute:
    signature = _signature(declared.handler, services)
    if signature.form or signature.button:
        raise PluginError(f"{where(declared.handler)}: a message brings no form and no button")
    try:
        pattern = re.compile(declared.pattern, re.IGNORECASE)
    except re.error as error:
        text = f"{declared.pattern!r} is no regular expression: {error}"
        raise PluginError(f"{where(declared.handler)}: {text}") from error
    unknown = [p.name for p in signature.arguments if p.name not in pattern.groupindex]
    if unknown:
        hint = f"the pattern has no group (?P<{unknown[0]}>…)"
        raise PluginError(f"{where(declared.handler)}: nothing fills {unknown[0]}: {hint}")
    role = _role(declared.handler, declared.role, signature)
    return TextRoute(plugin, declared.handler, pattern, role, signature)


def _periodic(plugin: str, declared: DeclaredTimer, services: Services) -> PeriodicTask:
    if declared.seconds < _SHORTEST_S:
        raise PluginError(f"{where(declared.handler)}: every {_SHORTEST_S} s is the most often")
    signature = _impersonal(declared.handler, services)
    return PeriodicTask(plugin, declared.handler, declared.seconds, signature)


def _lifespan(plugin: Plugin, services: Services) -> BoundHandler | None:
    if not plugin.lifespans:
        return None
    handler = plugin.lifespans[-1]
    if len(plugin.lifespans) > 1:
        raise PluginError(f"{where(handler)}: a plugin has one lifespan, not more")
    if not inspect.isasyncgenfunction(handler):
        raise PluginError(f"{where(handler)}: write it as `async def` with one `yield`")
    signature = _impersonal(handler, services)
    if any(p.source == "ctx" for p in signature.parameters):
        raise PluginError(f"{where(handler)}: a lifespan has nobody to speak to, so no Ctx")
    return BoundHandler(handler, signature)


def _impersonal(handler: Handler, services: Services) -> HandlerSignature:
    """Read what runs without anybody before it."""
    signature = read_signature(handler, services)
    for p in signature.parameters:
        personal = p.source in ("session", "maybe_session", "form", "button", "argument")
        if personal or (p.source == "service" and p.kind in PERSONAL | OPERATOR_SERVICES):
            raise PluginError(f"{where(handler)}: nobody is there to give {p.name}")
    return signature


def _signature(handler: Handler, services: Services) -> HandlerSignature:
    if inspect.isasyncgenfunction(handler):
        raise PluginError(f"{where(handler)}: a handler says things with ctx, it yields nothing")
    return read_signature(handler, services)


def _role(handler: Handler, role: Role, signature: HandlerSignature) -> Role:
    """Raise the role to what the parameters need; only operators' handlers rule the plugins."""
    kinds = {p.kind for p in signature.parameters if p.source == "service"}
    if role != "admin" and kinds & OPERATOR_SERVICES:
        raise PluginError(f"{where(handler)}: what it asks for needs role='admin'")
    return "user" if signature.needs_session and role == "anyone" else role
