"""Reads the signatures of handlers, and refuses what their kind of handler cannot be given."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from sapp_bot.domain.handler_call import HandlerCall
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.declarations import ROLES, DeclaredHook, Handler, Role
from sapp_bot.host.authoring.plugin_settings import Config, variables_of
from sapp_bot.host.authoring.providers import ServiceRegistry
from sapp_bot.host.authoring.storage import Store, collection_of
from sapp_bot.host.routing.hooks import Hook
from sapp_bot.host.routing.registry import BoundHandler, LoadedPlugin
from sapp_bot.host.routing.signature import (
    GIVEN,
    HandlerSignature,
    OwnObject,
    Source,
    read_signature,
    where,
)
from sapp_bot.values import dataclass

Services = ServiceRegistry[Any]

_PERSONAL_SOURCES: frozenset[Source | None] = GIVEN | {"session", "maybe_session", "argument"}

_COMES_TO: Mapping[Source, str] = {
    "inline": "an InlineQuery comes to @plugin.inline",
    "pre_checkout": "a PreCheckoutQuery comes to @plugin.pre_checkout",
    "payment": "a PaymentReceived comes to @plugin.payment",
    "refund": "a PaymentRefunded comes to @plugin.refund",
    "notice": "a LedgerNotice comes to @plugin.notice",
}
"""What only one kind of handler is called for."""


_PAYMENT_PARAMETERS: dict[Source, str] = {
    "pre_checkout": "query: PreCheckoutQuery",
    "payment": "paid: PaymentReceived",
    "refund": "refunded: PaymentRefunded",
    "notice": "notice: LedgerNotice",
}


@dataclass(frozen=True, slots=True)
class KnownTypes:
    """Types that the handlers of one plugin can ask for."""

    services: Services
    yielded: OwnObject | None = None

    def is_personal(self, kind: Any) -> bool:
        """Return whether a service belongs to the person of the turn."""
        return self.services[kind].personal

    def is_for_operators(self, kind: Any) -> bool:
        """Return whether a service is for handlers with role="admin" only."""
        return self.services[kind].operators


def signature_without_person(
    handler: Handler, known: KnownTypes, *, given: Source | None = None
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


def signature_of(
    handler: Handler,
    known: KnownTypes,
    *,
    given: Source | None = None,
    matched: type | None = None,
) -> HandlerSignature:
    """Read the signature of a handler that a person causes.

    Args:
        handler: The handler, as declared.
        known: The types that its parameters can have.
        given: Which of `_COMES_TO` it is called for; None for none.
        matched: As in `read_signature`.

    Raises:
        PluginError: a parameter asks for something that never comes to it.

    """
    if inspect.isasyncgenfunction(handler):
        raise PluginError(f"{where(handler)}: a handler says things with ctx, it yields nothing")
    signature = read_signature(handler, known.services, known.yielded, matched)
    if signature.picture is not None:
        raise PluginError(f"{where(handler)}: a Picture is drawn by @plugin.picture; move it there")
    if signature.file is not None:
        raise PluginError(f"{where(handler)}: a File is written by @plugin.file; move it there")
    for p in signature.parameters:
        if p.source in _COMES_TO and p.source != given:
            raise PluginError(f"{where(handler)}: {_COMES_TO[p.source]} only; leave it out")
    return signature


def role_of(handler: Handler, role: Role, signature: HandlerSignature, known: KnownTypes) -> Role:
    """Return the role, raised to "user" if a parameter needs a login.

    It is not raised to "admin": who writes a command for operators must say so.
    """
    if role not in ROLES:
        raise PluginError(
            f"{where(handler)}: there is no role={role!r}: "
            "write 'anyone', 'user' (who is logged in) or 'admin' (operators)"
        )
    kinds = [p.kind for p in signature.parameters if p.source == "service"]
    if role != "admin" and any(known.is_for_operators(kind) for kind in kinds):
        raise PluginError(
            f"{where(handler)}: what it asks for needs role='admin'; add it to the decorator"
        )
    return "user" if signature.needs_session and role == "anyone" else role


def collections_of(plugin: LoadedPlugin) -> tuple[str, ...]:
    """Return the names of a plugin's stores, sorted."""
    found = {
        collection_of(plugin.name, get_args(parameter.kind)[0])
        for signature in _signatures(plugin)
        for parameter in signature.parameters
        if get_origin(parameter.kind) is Store
    }
    return tuple(sorted(found))


def variables_read(plugin: LoadedPlugin) -> frozenset[str]:
    """Return the names of the environment variables that a plugin's settings read."""
    return frozenset(
        name
        for signature in _signatures(plugin)
        for parameter in signature.parameters
        if isinstance(parameter.kind, type) and issubclass(parameter.kind, Config)
        for name in variables_of(plugin.name, parameter.kind)
    )


def _signatures(plugin: LoadedPlugin) -> Iterator[HandlerSignature]:
    for command in plugin.commands:
        yield command.signature
        if command.opening is not None:
            yield command.opening.signature
    yield from (button.signature for button in plugin.button_routes)
    yield from (text.signature for text in plugin.text_routes)
    yield from (timer.signature for timer in plugin.timers)
    yield from (renderer.signature for renderer in plugin.renderers)
    yield from (renderer.signature for renderer in plugin.files)
    if plugin.payments is not None:
        sold = plugin.payments
        yield from (h.signature for h in (sold.pre_checkout, sold.payment, sold.refund))
    yield from (route.text.signature for route in plugin.inline_routes)
    told = (*plugin.settings, *plugin.keeps, *plugin.stays)
    bound = (plugin.lifespan, plugin.forget, *told)
    yield from (handler.signature for handler in bound if handler is not None)
    yield from (hook.signature for hook in plugin.hooks)


def read_hook(plugin: str, declared: DeclaredHook, known: KnownTypes) -> Hook:
    """Return a hook with its signature.

    Raises:
        PluginError: it cannot be called around all handlers; the text says what to write.

    """
    handler = declared.handler
    signature = read_signature(handler, known.services, known.yielded, HandlerCall)
    wrong = (GIVEN - {"matched"}) | {"argument", "session"}
    if signature.plain or any(p.source in wrong for p in signature.parameters):
        hint = "`async def`, with Ctx, HandlerCall, `Session | None`, stores and services only"
        raise PluginError(f"{where(handler)}: a hook is called around handlers: write it as {hint}")
    if not isinstance(declared.order, int):
        hint = "write a whole number, order=1"
        raise PluginError(f"{where(handler)}: order={declared.order!r} is no place: {hint}")
    return Hook(plugin, handler, signature, declared.everywhere, declared.order, declared.is_after)


def notice_handler(handlers: list[Handler], known: KnownTypes) -> BoundHandler | None:
    """Return the bound handler of the ledger's notices; None if none is declared.

    Raises:
        PluginError: there are two, or it cannot be used; the text says what to write.

    """
    if not handlers:
        return None
    if len(handlers) > 1:
        raise PluginError(f"{where(handlers[1])}: @plugin.notice is there already: keep one")
    handler = handlers[0]
    signature = signature_without_person(handler, known, given="notice")
    if not any(p.source == "notice" for p in signature.parameters):
        raise PluginError(f"{where(handler)}: add a parameter `{_PAYMENT_PARAMETERS['notice']}`")
    if signature.plain:
        raise PluginError(f"{where(handler)}: write it as `async def`")
    return BoundHandler(handler, signature)


def payment_handler(handler: Handler, kind: Source, known: KnownTypes) -> BoundHandler:
    """Return the bound handler of pre-checkout queries, payments or refunds.

    Raises:
        PluginError: it cannot be used; the text says what to write.

    """
    signature = signature_of(handler, known, given=kind)
    if not any(p.source == kind for p in signature.parameters):
        raise PluginError(f"{where(handler)}: add a parameter `{_PAYMENT_PARAMETERS[kind]}`")
    if signature.form or signature.button or signature.arguments:
        hint = "a payment brings no form, no button and no text; leave them out"
        raise PluginError(f"{where(handler)}: {hint}")
    if signature.needs_session:
        hint = "who pays may have logged out meanwhile; write `Session | None`"
        raise PluginError(f"{where(handler)}: {hint}")
    if kind == "pre_checkout" and signature.plain:
        raise PluginError(f"{where(handler)}: write it as `async def`")
    role_of(handler, "anyone", signature, known)
    return BoundHandler(handler, signature)
