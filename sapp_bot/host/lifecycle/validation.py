"""Validates a plugin's declarations and binds them to signatures. Runs none of its handlers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any, get_args, get_type_hints

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.buttons import Button, CommandButton
from sapp_bot.host.authoring.pictures import Picture
from sapp_bot.host.authoring.plugin import (
    DeclaredButton,
    DeclaredCommand,
    DeclaredInline,
    DeclaredMessage,
    DeclaredTimer,
    Handler,
    Plugin,
    Role,
)
from sapp_bot.host.authoring.providers import ServiceRegistry
from sapp_bot.host.routing.registry import (
    BoundHandler,
    ButtonRoute,
    Command,
    InlineRoute,
    LifespanValue,
    LoadedPlugin,
    PeriodicTask,
    Renderer,
    TextRoute,
)
from sapp_bot.host.routing.signature import (
    GIVEN,
    HandlerSignature,
    OwnObject,
    Source,
    read_signature,
    read_yielded,
    where,
)
from sapp_bot.host.runtime.names import name_of
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.i18n import Catalogue

Services = ServiceRegistry[Any]

_PERSONAL_SOURCES: frozenset[Source | None] = GIVEN | {"session", "maybe_session", "argument"}

_SHORTEST_S = 1

# Telegram's limit for a description in a command menu.
# Source: https://core.telegram.org/bots/api#botcommand
_SUMMARY_CHARACTERS = 256

# Telegram's rule for names in a command menu.
# Source: https://core.telegram.org/bots/api#botcommand
_NAME = re.compile(r"^[a-z0-9_]{1,32}$")

# Source: https://core.telegram.org/bots/api#inlinequeryresultsbutton
_START = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


def read_plugin(
    plugin: Plugin,
    path: Path,
    services: Services,
    catalogues: Mapping[str, Catalogue],
    *,
    module: str,
) -> LoadedPlugin:
    """Return a plugin's declarations, validated and bound to their signatures.

    Args:
        plugin: The plugin object of the file.
        path: The plugin's file, which names it.
        services: Services that handlers can ask for.
        catalogues: The plugin's translations, by language.
        module: Name of its module in `sys.modules`.

    Raises:
        PluginError: a declaration cannot be used; the text says which, where, and what to write.

    """
    name = name_of(path)
    lifespan = _lifespan(plugin, services)
    kind = read_yielded(lifespan.handler, services) if lifespan else None
    yielded = LifespanValue(kind) if kind else None
    known = _Known(services, OwnObject(kind, yielded.get) if kind and yielded else None)
    return LoadedPlugin(
        name=name,
        version=plugin.version,
        path=path,
        commands=tuple(_command(name, d, known) for d in plugin.commands),
        button_routes=tuple(_button_route(name, d, known) for d in plugin.buttons),
        catalogues=catalogues,
        text_routes=tuple(_text_route(name, d, known) for d in plugin.messages),
        timers=tuple(_periodic(name, d, known) for d in plugin.timers),
        lifespan=lifespan,
        needs=tuple(plugin.needs),
        module=module,
        owner=TaskOwner(name),
        yielded=yielded,
        renderers=_renderers(name, plugin, known),
        inline_routes=tuple(_inline_route(name, d, known) for d in plugin.inlines),
        settings=tuple(_setting(handler, known) for handler in plugin.settings),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """Types that the handlers of one plugin can ask for."""

    services: Services
    yielded: OwnObject | None = None

    def is_personal(self, kind: Any) -> bool:
        """Return whether a service belongs to the person of the turn."""
        return self.services[kind].personal

    def is_for_operators(self, kind: Any) -> bool:
        """Return whether a service is for handlers with role="admin" only."""
        return self.services[kind].operators


def _command(plugin: str, declared: DeclaredCommand, known: _Known) -> Command:
    signature = _signature(declared.handler, known)
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
    role = _role(declared.handler, declared.role, signature, known)
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
        opening=_opening(declared, known),
    )


def _opening(declared: DeclaredCommand, known: _Known) -> BoundHandler | None:
    if declared.first is None:
        return None
    signature = _signature(declared.first, known)
    if signature.form or signature.button or signature.arguments:
        raise PluginError(
            f"{where(declared.first)}: first= runs before the form; leave out its "
            "Form, Button and text parameters"
        )
    return BoundHandler(declared.first, signature)


def _button_route(plugin: str, declared: DeclaredButton, known: _Known) -> ButtonRoute:
    signature = _signature(declared.handler, known)
    if signature.button is None:
        name = declared.handler.__name__
        raise PluginError(f"{plugin}: {name} needs a parameter of a Button class")
    if signature.button in (Button, CommandButton):
        name = signature.button.__name__
        raise PluginError(
            f"{where(declared.handler)}: {name} is the host's; write a class below Button"
        )
    places = {place for _, place, _, _ in Formatter().parse(declared.typed_as) if place is not None}
    unknown = sorted(places - signature.button.model_fields.keys())
    if unknown:
        name = signature.button.__name__
        raise PluginError(
            f"{where(declared.handler)}: typed_as names {unknown[0]}, which {name} has not"
        )
    signature.button.bind(plugin)
    role = _role(declared.handler, declared.role, signature, known)
    return ButtonRoute(
        plugin, declared.handler, role, declared.typed_as, signature.button, signature
    )


def _inline_route(plugin: str, declared: DeclaredInline, known: _Known) -> InlineRoute:
    handler = declared.message.handler
    if not _START.match(declared.start):
        rule = "A-Z, a-z, 0-9, _ and -, at most 64 characters"
        raise PluginError(f"{where(handler)}: start={declared.start!r} is no parameter: {rule}")
    text = _text_route(plugin, declared.message, known, inline=True)
    if text.signature.plain:
        raise PluginError(f"{where(handler)}: write it as `async def`")
    return InlineRoute(text, declared.cache_s, declared.switch, declared.start)


def _text_route(
    plugin: str, declared: DeclaredMessage, known: _Known, *, inline: bool = False
) -> TextRoute:
    matched = _matched(declared)
    signature = _signature(declared.handler, known, inline=inline, matched=matched)
    if signature.form or signature.button:
        raise PluginError(
            f"{where(declared.handler)}: a message brings no form and no button; leave them out"
        )
    try:
        pattern = re.compile(declared.pattern, re.IGNORECASE)
    except re.error as error:
        text = f"{declared.pattern!r} is no regular expression: {error}"
        raise PluginError(f"{where(declared.handler)}: {text}") from error
    if matched is not None and not any(p.source == "matched" for p in signature.parameters):
        hint = f"add a parameter for what is matched: `found: {matched.__name__}`"
        raise PluginError(f"{where(declared.handler)}: {hint}")
    unknown = [p.name for p in signature.arguments if p.name not in pattern.groupindex]
    if unknown:
        hint = f"the pattern has no group (?P<{unknown[0]}>…)"
        raise PluginError(f"{where(declared.handler)}: nothing fills {unknown[0]}: {hint}")
    role = _role(declared.handler, declared.role, signature, known)
    return TextRoute(
        plugin,
        declared.handler,
        pattern,
        role,
        signature,
        declared.match,
        in_user_mode=declared.in_user_mode,
    )


def _matched(declared: DeclaredMessage) -> type | None:
    """Return the type that a `match` function promises beside None; None without a function.

    Raises:
        PluginError: it promises no single class; the text says how to write it.

    """
    if declared.match is None:
        return None
    kinds = get_args(get_type_hints(declared.match).get("return")) or (None,)
    found = [kind for kind in kinds if kind is not type(None)]
    if len(found) != 1 or not isinstance(found[0], type):
        hint = f"def {declared.match.__name__}(text: str) -> Found | None"
        raise PluginError(f"{where(declared.match)}: annotate what is matched: `{hint}`")
    return found[0]


def _setting(handler: Handler, known: _Known) -> BoundHandler:
    signature = _signature(handler, known)
    if any(p.source in {"form", "button", "argument"} for p in signature.parameters):
        raise PluginError(f"{where(handler)}: a line of the settings page is asked for nothing")
    if signature.plain:
        raise PluginError(f"{where(handler)}: write it as `async def`")
    return BoundHandler(handler, signature)


def _periodic(plugin: str, declared: DeclaredTimer, known: _Known) -> PeriodicTask:
    if declared.seconds < _SHORTEST_S:
        raise PluginError(
            f"{where(declared.handler)}: the interval must be at least {_SHORTEST_S} s"
        )
    signature = _signature_without_person(declared.handler, known)
    return PeriodicTask(plugin, declared.handler, declared.seconds, signature)


def _renderers(name: str, plugin: Plugin, known: _Known) -> tuple[Renderer, ...]:
    found: dict[type[Picture], Renderer] = {}
    for handler in plugin.pictures:
        signature = _signature_without_person(handler, known, given="picture")
        if any(p.source == "ctx" for p in signature.parameters):
            hint = "put the words into the Picture's fields"
            raise PluginError(f"{where(handler)}: a renderer has nobody to speak to; {hint}")
        picture = signature.picture
        if picture is None or picture in found:
            rule = "write one parameter of a Picture class, with one renderer for each class"
            raise PluginError(f"{where(handler)}: {rule}")
        picture.bind(name)
        found[picture] = Renderer(name, handler, picture, signature)
    return tuple(found.values())


def _lifespan(plugin: Plugin, services: Services) -> BoundHandler | None:
    if not plugin.lifespans:
        return None
    handler = plugin.lifespans[-1]
    if len(plugin.lifespans) > 1:
        raise PluginError(f"{where(handler)}: a plugin has one lifespan; write it as one function")
    if not inspect.isasyncgenfunction(handler):
        raise PluginError(f"{where(handler)}: write it as `async def` with one `yield`")
    signature = _signature_without_person(handler, _Known(services))
    if any(p.source == "ctx" for p in signature.parameters):
        raise PluginError(f"{where(handler)}: a lifespan has no person to speak to; leave out Ctx")
    return BoundHandler(handler, signature)


def _signature_without_person(
    handler: Handler, known: _Known, *, given: Source | None = None
) -> HandlerSignature:
    """Read the signature of a handler that runs without a person; `given` is its allowed input."""
    signature = read_signature(handler, known.services, known.yielded)
    for p in signature.parameters:
        personal = p.source in _PERSONAL_SOURCES - {given}
        if personal or (p.source == "service" and known.is_personal(p.kind)):
            raise PluginError(
                f"{where(handler)}: a timer, a renderer or a lifespan has no person, so nothing "
                f"can fill {p.name}; leave it out"
            )
    return signature


def _signature(
    handler: Handler, known: _Known, *, inline: bool = False, matched: type | None = None
) -> HandlerSignature:
    if inspect.isasyncgenfunction(handler):
        raise PluginError(f"{where(handler)}: a handler says things with ctx, it yields nothing")
    signature = read_signature(handler, known.services, known.yielded, matched)
    if signature.picture is not None:
        raise PluginError(f"{where(handler)}: a Picture is drawn by @plugin.picture; move it there")
    if not inline and any(p.source == "inline" for p in signature.parameters):
        raise PluginError(
            f"{where(handler)}: an InlineQuery comes to @plugin.inline only; leave it out"
        )
    return signature


def _role(handler: Handler, role: Role, signature: HandlerSignature, known: _Known) -> Role:
    """Return the role, raised to "user" if a parameter needs a login.

    It is not raised to "admin": who writes a command for operators must say so.
    """
    kinds = [p.kind for p in signature.parameters if p.source == "service"]
    if role != "admin" and any(known.is_for_operators(kind) for kind in kinds):
        raise PluginError(
            f"{where(handler)}: what it asks for needs role='admin'; add it to the decorator"
        )
    return "user" if signature.needs_session and role == "anyone" else role
