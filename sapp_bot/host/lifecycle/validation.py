"""Validates a plugin's declarations and binds them to signatures. Runs none of its handlers."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, replace
from pathlib import Path
from string import Formatter
from typing import get_args, get_type_hints

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.buttons import Button, CommandButton
from sapp_bot.host.authoring.declarations import (
    DeclaredButton,
    DeclaredCommand,
    DeclaredInline,
    DeclaredMessage,
    DeclaredTimer,
    Handler,
)
from sapp_bot.host.authoring.files import File
from sapp_bot.host.authoring.pictures import Picture
from sapp_bot.host.authoring.plugin import Plugin
from sapp_bot.host.authoring.schedules import read_schedule
from sapp_bot.host.routing.lifespan_value import LifespanValue
from sapp_bot.host.routing.registry import (
    BoundHandler,
    ButtonRoute,
    Command,
    FileRenderer,
    InlineRoute,
    LoadedPlugin,
    PaymentRoutes,
    PeriodicTask,
    Renderer,
    TextRoute,
)
from sapp_bot.host.routing.signature import GIVEN, OwnObject, Source, read_yielded, where
from sapp_bot.host.routing.typed_words import read_words
from sapp_bot.host.runtime.names import name_of
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.host.settings import HostSettings

from .signatures import (
    KnownTypes,
    Services,
    collections_of,
    notice_handler,
    payment_handler,
    read_hook,
    role_of,
    signature_of,
    signature_without_person,
)
from .translations import Catalogues

# Telegram's limit for a description in a command menu.
# Source: https://core.telegram.org/bots/api#botcommand
_SUMMARY_CHARACTERS = 256

# Telegram's rule for names in a command menu.
# Source: https://core.telegram.org/bots/api#botcommand
_NAME = re.compile(r"^[a-z0-9_]{1,32}$")

# Source: https://core.telegram.org/bots/api#inlinequeryresultsbutton
_START = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


def read_plugin(
    plugin: Plugin, path: Path, services: Services, catalogues: Catalogues, *, module: str
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
    known = KnownTypes(services, OwnObject(kind, yielded.get) if kind and yielded else None)
    loaded = LoadedPlugin(
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
        files=_files(name, plugin, known),
        payments=_payment_routes(name, plugin, known),
        title=plugin.title or name.replace("_", " ").capitalize(),
        forget=_forget(plugin, known),
        keeps=_kept(plugin, known, stays=False),
        stays=_kept(plugin, known, stays=True),
        hooks=tuple(read_hook(name, declared, known) for declared in plugin.hooks),
    )
    return replace(loaded, collections=collections_of(loaded), words=read_words(loaded))


def _command(plugin: str, declared: DeclaredCommand, known: KnownTypes) -> Command:
    signature = signature_of(declared.handler, known)
    if signature.button is not None:
        raise PluginError(f"{plugin}: /{declared.name} takes a Button; use @plugin.button")
    for name in (declared.name, *declared.aliases):
        if not _NAME.match(name):
            rule = "a-z, 0-9 and _, at most 32 characters"
            place = where(declared.handler)
            raise PluginError(f"{place}: /{name} is no command name: {rule}")
    summary = (inspect.getdoc(declared.handler) or "").partition("\n")[0]
    if not summary or len(summary) > _SUMMARY_CHARACTERS:
        raise PluginError(
            f"{where(declared.handler)}: /{declared.name} needs a docstring; its first line is the "
            "help people see"
        )
    role = role_of(declared.handler, declared.role, signature, known)
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
        guests=declared.guests,
        needs_setting=_checked_setting(declared),
        cooldown_s=declared.cooldown_s,
        words=declared.words,
    )


def _checked_setting(declared: DeclaredCommand) -> str:
    """Return the setting that a command needs; "" for none.

    Raises:
        PluginError: there is no such setting.

    """
    known = [field.name for field in fields(HostSettings)]
    if declared.needs_setting and declared.needs_setting not in known:
        hint = f"`ctx.settings` has {', '.join(known)}"
        raise PluginError(
            f"{where(declared.handler)}: needs_setting={declared.needs_setting!r} is none: {hint}"
        )
    return declared.needs_setting


def _opening(declared: DeclaredCommand, known: KnownTypes) -> BoundHandler | None:
    if declared.first is None:
        return None
    signature = signature_of(declared.first, known)
    if signature.form or signature.button or signature.arguments:
        raise PluginError(
            f"{where(declared.first)}: first= runs before the form; leave out its "
            "Form, Button and text parameters"
        )
    return BoundHandler(declared.first, signature)


def _button_route(plugin: str, declared: DeclaredButton, known: KnownTypes) -> ButtonRoute:
    signature = signature_of(declared.handler, known)
    if signature.button is None:
        name = declared.handler.__name__
        place = where(declared.handler)
        raise PluginError(f"{place}: {name} needs a parameter of a Button class")
    if signature.button in (Button, CommandButton):
        name = signature.button.__name__
        raise PluginError(
            f"{where(declared.handler)}: {name} is the host's; write a class below Button"
        )
    if signature.arguments:
        name = signature.arguments[0].name
        hint = "a press brings its button; make it a field of that"
        raise PluginError(f"{where(declared.handler)}: nothing can fill {name}: {hint}")
    places = {place for _, place, _, _ in Formatter().parse(declared.typed_as) if place is not None}
    unknown = sorted(places - signature.button.model_fields.keys())
    if unknown:
        name = signature.button.__name__
        raise PluginError(
            f"{where(declared.handler)}: typed_as names {unknown[0]}, which {name} has not"
        )
    if declared.words and (places or not declared.typed_as):
        hint = "a typed_as without places, which they mean"
        raise PluginError(f"{where(declared.handler)}: words need {hint}")
    signature.button.bind(plugin, of_login=signature.knows_session)
    role = role_of(declared.handler, declared.role, signature, known)
    return ButtonRoute(
        plugin,
        declared.handler,
        role,
        declared.typed_as,
        signature.button,
        signature,
        declared.words,
    )


def _inline_route(plugin: str, declared: DeclaredInline, known: KnownTypes) -> InlineRoute:
    handler = declared.message.handler
    if not _START.match(declared.start):
        rule = "A-Z, a-z, 0-9, _ and -, at most 64 characters"
        raise PluginError(f"{where(handler)}: start={declared.start!r} is no parameter: {rule}")
    text = _text_route(plugin, declared.message, known, inline=True)
    if text.signature.plain:
        raise PluginError(f"{where(handler)}: write it as `async def`")
    return InlineRoute(text, declared.cache_s, declared.switch, declared.start)


def _text_route(
    plugin: str, declared: DeclaredMessage, known: KnownTypes, *, inline: bool = False
) -> TextRoute:
    matched = _matched(declared)
    signature = signature_of(
        declared.handler, known, given="inline" if inline else None, matched=matched
    )
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
    role = role_of(declared.handler, declared.role, signature, known)
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


def _forget(plugin: Plugin, known: KnownTypes) -> BoundHandler | None:
    if not plugin.forgets:
        return None
    if len(plugin.forgets) > 1:
        raise PluginError(f"{where(plugin.forgets[1])}: a plugin forgets once; join the two")
    (handler,) = plugin.forgets
    return _asked_for_nothing(handler, known, "@plugin.forget is called at /forget")


def _kept(plugin: Plugin, known: KnownTypes, *, stays: bool) -> tuple[BoundHandler, ...]:
    why = "@plugin.keeps is called at /about and /forget"
    asked = (declared.handler for declared in plugin.kept if declared.stays is stays)
    return tuple(_asked_for_nothing(handler, known, why) for handler in asked)


def _asked_for_nothing(handler: Handler, known: KnownTypes, why: str) -> BoundHandler:
    signature = signature_of(handler, known)
    if signature.plain or any(p.source in GIVEN | {"argument"} for p in signature.parameters):
        hint = "`async def`, with Ctx, stores and services only"
        raise PluginError(f"{where(handler)}: {why}: write it as {hint}")
    return BoundHandler(handler, signature)


def _setting(handler: Handler, known: KnownTypes) -> BoundHandler:
    signature = signature_of(handler, known)
    if any(p.source in {"form", "button", "argument"} for p in signature.parameters):
        raise PluginError(f"{where(handler)}: a line of the settings page is asked for nothing")
    if signature.plain:
        raise PluginError(f"{where(handler)}: write it as `async def`")
    return BoundHandler(handler, signature)


def _periodic(plugin: str, declared: DeclaredTimer, known: KnownTypes) -> PeriodicTask:
    try:
        schedule = read_schedule(declared)
    except ValueError as error:
        raise PluginError(f"{where(declared.handler)}: {error}") from error
    signature = signature_without_person(declared.handler, known)
    return PeriodicTask(plugin, declared.handler, schedule, signature)


def _renderers(name: str, plugin: Plugin, known: KnownTypes) -> tuple[Renderer, ...]:
    found: dict[type[Picture], Renderer] = {}
    for handler in plugin.pictures:
        signature = signature_without_person(handler, known, given="picture")
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


def _files(name: str, plugin: Plugin, known: KnownTypes) -> tuple[FileRenderer, ...]:
    found: dict[type[File], FileRenderer] = {}
    for handler in plugin.files:
        signature = signature_without_person(handler, known, given="file")
        if any(p.source == "ctx" for p in signature.parameters):
            hint = "put the words into the File's fields"
            raise PluginError(f"{where(handler)}: a renderer has nobody to speak to; {hint}")
        file = signature.file
        if file is None or file in found:
            rule = "write one parameter of a class below File, with one renderer for each class"
            raise PluginError(f"{where(handler)}: {rule}")
        file.bind(name)
        found[file] = FileRenderer(name, handler, file, signature)
    return tuple(found.values())


def _lifespan(plugin: Plugin, services: Services) -> BoundHandler | None:
    if not plugin.lifespans:
        return None
    handler = plugin.lifespans[-1]
    if len(plugin.lifespans) > 1:
        raise PluginError(f"{where(handler)}: a plugin has one lifespan; write it as one function")
    if not inspect.isasyncgenfunction(handler):
        raise PluginError(f"{where(handler)}: write it as `async def` with one `yield`")
    signature = signature_without_person(handler, KnownTypes(services))
    if any(p.source == "ctx" for p in signature.parameters):
        raise PluginError(f"{where(handler)}: a lifespan has no person to speak to; leave out Ctx")
    return BoundHandler(handler, signature)


def _payment_routes(name: str, plugin: Plugin, known: KnownTypes) -> PaymentRoutes | None:
    """Return the bound handlers of payments of a plugin; None if it declares none.

    Raises:
        PluginError: one of the three is missing or declared twice, or cannot be used; the text
            says what to write.

    """
    declared: dict[Source, list[Handler]] = {
        "pre_checkout": plugin.pre_checkouts,
        "payment": plugin.payments,
        "refund": plugin.refunds,
    }
    there = [handler for handlers in (*declared.values(), plugin.notices) for handler in handlers]
    if not there:
        return None
    for kind, handlers in declared.items():
        if len(handlers) > 1:
            raise PluginError(f"{where(handlers[1])}: @plugin.{kind} is there already: keep one")
        if not handlers:
            need = "who sells needs @plugin.pre_checkout, @plugin.payment and @plugin.refund"
            raise PluginError(f"{where(there[0])}: {need}; @plugin.{kind} is missing")
    bound = {kind: payment_handler(handlers[0], kind, known) for kind, handlers in declared.items()}
    notice = notice_handler(plugin.notices, known)
    return PaymentRoutes(name, bound["pre_checkout"], bound["payment"], bound["refund"], notice)
