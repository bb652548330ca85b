"""Resolves a handler's parameters by their types, once, when the plugin is loaded.

Must not guess by a parameter's name: a parameter whose type is unknown is a PluginError.
Not dishka or svcs: they inject services, and most parameters here are arguments of a command.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from sapp_bot.domain.ledger_notice import LedgerNotice
from sapp_bot.domain.state import Session
from sapp_bot.domain.typed_text import ReadsAs, reads_as
from sapp_bot.domain.updates import (
    InlineQuery,
    PaymentReceived,
    PaymentRefunded,
    PreCheckoutQuery,
)
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.buttons import Button
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.declarations import Handler
from sapp_bot.host.authoring.files import File
from sapp_bot.host.authoring.forms import Form, FormSpec, read_form_spec
from sapp_bot.host.authoring.pictures import Picture
from sapp_bot.host.authoring.providers import Factory, ServiceRegistry, TypeProvider
from sapp_bot.host.runtime.hints import nearest
from sapp_bot.host.runtime.names import owner_of
from sapp_bot.values import dataclass, replace

Source = Literal[
    "ctx",
    "session",
    "maybe_session",
    "service",
    "own",
    "lifespan",
    "form",
    "button",
    "picture",
    "file",
    "inline",
    "pre_checkout",
    "payment",
    "refund",
    "notice",
    "matched",
    "argument",
]

_BUILT_IN: Mapping[object, TypeAdapter[Any]] = {k: TypeAdapter(k) for k in (str, int, bool)}
"""Made once: nearly every argument is one of these, and each adapter takes 0.2 ms."""

GIVEN: frozenset[Source] = frozenset(
    (
        *("form", "button", "picture", "file", "inline"),
        *("pre_checkout", "payment", "refund", "notice", "matched"),
    )
)
"""Sources of the value that a handler is called for; a call has one such value."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a handler, and where its value comes from.

    Attributes:
        name: Name of the parameter.
        source: Where the value comes from.
        kind: Its type.
        required: Whether it has no default.
        adapter: Parser of an argument; None for the other sources.
        rest: Whether the argument takes the rest of the line.
        factory: Returns the plugin's settings, its store, or the object of its lifespan; None for
            the other sources.
        reads_as: What an argument is read as.

    """

    name: str
    source: Source
    kind: Any
    required: bool = True
    adapter: TypeAdapter[Any] | None = None
    rest: bool = False
    factory: Factory | None = None
    reads_as: ReadsAs = "text"

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that the type takes; empty if it takes others than those of a `Literal`."""
        kinds = (self.kind, *get_args(self.kind))
        return next((tuple(map(str, get_args(k))) for k in kinds if get_origin(k) is Literal), ())


@dataclass(frozen=True, slots=True)
class HandlerSignature:
    """How to call a handler.

    Attributes:
        parameters: All parameters, in order.
        form: The form that is filled in before the call; None for none.
        button: The button class that the handler is called for; None for none.
        plain: Whether it is a plain function (no `async def`), which is called in a thread.

    """

    parameters: tuple[Parameter, ...]
    form: FormSpec | None
    button: type[Button] | None
    plain: bool = False

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """The parameters that are parsed from the command line."""
        return tuple(p for p in self.parameters if p.source == "argument")

    @property
    def picture(self) -> type[Picture] | None:
        """The picture class that the handler draws; None if it draws none."""
        return next((p.kind for p in self.parameters if p.source == "picture"), None)

    @property
    def file(self) -> type[File] | None:
        """The file class that the handler writes; None if it writes none."""
        return next((p.kind for p in self.parameters if p.source == "file"), None)

    @property
    def needs_session(self) -> bool:
        """Whether the handler can only be called for a person who is logged in."""
        return any(p.source == "session" for p in self.parameters)

    @property
    def knows_session(self) -> bool:
        """Whether the handler asks for the login, be there one or not."""
        return any(p.source in {"session", "maybe_session"} for p in self.parameters)


@dataclass(frozen=True, slots=True)
class OwnObject:
    """The object that a plugin's lifespan yields: its type, and the factory that returns it."""

    kind: type
    factory: Factory


def read_signature(
    handler: Handler,
    services: ServiceRegistry[Any],
    yielded: OwnObject | None = None,
    matched: type | None = None,
) -> HandlerSignature:
    """Return the signature of a handler.

    Args:
        handler: The handler, as declared.
        services: The services and type providers that parameters may ask for.
        yielded: The object of the plugin's lifespan; None if that yields nothing.
        matched: The type of what its `match` function returns; None without one.

    Raises:
        PluginError: a parameter's type is missing or unknown, or the function is of a wrong kind;
            the text names file and line, and says what to write.

    """
    plain = _is_plain(handler)
    try:
        hints = get_type_hints(handler, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        hint = "is it imported under TYPE_CHECKING? Import it plainly: it is needed at run time"
        raise PluginError(f"{where(handler)}: {error}; {hint}") from error
    parameters = [
        Parameter(p.name, "matched", matched)
        if matched is not None and hints.get(p.name) is matched
        else _parameter(handler, p, hints, services, yielded)
        for p in inspect.signature(handler).parameters.values()
    ]
    forms = [p.kind for p in parameters if p.source == "form"]
    buttons = [p.kind for p in parameters if p.source == "button"]
    if len(forms) > 1 or len(buttons) > 1 or (forms and buttons):
        hint = "it takes more than one form or button: write one handler for each"
        raise PluginError(f"{where(handler)}: {hint}")
    form = read_form_spec(forms[0]) if forms else None
    if plain and any(_waits(p) for p in parameters):
        hint = "services are asynchronous: write it as `async def`"
        raise PluginError(f"{where(handler)}: {hint}")
    return HandlerSignature(_with_rest(parameters), form, buttons[0] if buttons else None, plain)


def _waits(p: Parameter) -> bool:
    """Return whether using the value needs `await`: services and stores do, settings do not."""
    return p.source == "service" or (p.source == "own" and get_origin(p.kind) is not None)


def _is_plain(handler: Handler) -> bool:
    """Return whether the handler is a plain function."""
    if not inspect.isfunction(handler):  # a class, a partial, or a cache in front of one
        raise PluginError(f"{where(handler)}: a handler is a function: write `async def`")
    if inspect.isgeneratorfunction(handler):
        hint = "a handler yields nothing: write `await ctx.say(…)` in place of `yield`"
        raise PluginError(f"{where(handler)}: {hint}")
    plain = not inspect.iscoroutinefunction(handler) and not inspect.isasyncgenfunction(handler)
    # functools.wraps leads to the wrapped function: a plain wrapper would return a coroutine that
    # nobody awaits.
    if plain and inspect.iscoroutinefunction(inspect.unwrap(handler)):
        raise PluginError(
            f"{where(handler)}: a decorator hides that it is asynchronous; write the decorator's "
            "inner function as `async def`"
        )
    return plain


def where(handler: Handler) -> str:
    """Return file, line and name of a handler, for error texts: "file.py:12 rate"."""
    code, name = getattr(handler, "__code__", None), getattr(handler, "__name__", repr(handler))
    if code is None:  # no function: it is refused, and this tells which
        return f"{handler.__module__} {name}"
    return f"{code.co_filename}:{code.co_firstlineno} {name}"


def _parameter(
    handler: Handler,
    p: inspect.Parameter,
    hints: Mapping[str, Any],
    services: ServiceRegistry[Any],
    yielded: OwnObject | None,
) -> Parameter:
    if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
        raise PluginError(f"{where(handler)}: nothing can fill {p}: name each parameter")
    if p.name not in hints:
        hint = _UNTYPED.get(p.name, f"write one, as in `{p.name}: str`")
        raise PluginError(f"{where(handler)}: parameter {p.name} has no type: {hint}")
    kind = hints[p.name]
    required = p.default is inspect.Parameter.empty
    if yielded is not None and kind is yielded.kind:
        return Parameter(p.name, "lifespan", kind, required, factory=yielded.factory)
    provider = services.provider_for(kind)
    if provider is not None:
        return Parameter(p.name, "own", kind, required, factory=_factory(handler, provider, kind))
    source = _source(kind, services)
    if source != "argument":
        return Parameter(p.name, source, kind, required)
    try:
        adapter = _adapter(kind)
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        known = ", ".join(services.names())
        raise PluginError(
            f"{where(handler)}: nothing is known for parameter {p.name}: {_name(kind)}."
            f"{_meant(_name(kind), services)} Known are "
            f"Ctx, Session, a Form, a Button, the services and bases ({known}), and types that can "
            "be read from text. An object of the plugin's own comes from its lifespan: write "
            f"`async def open() -> AsyncIterator[{_name(kind)}]:` and yield it there",
        ) from error
    return Parameter(p.name, "argument", kind, required, adapter, reads_as=reads_as(kind))


_UNTYPED = {
    "ctx": "write `ctx: Ctx`",
    "self": "leave it out: a handler is a function outside of classes",
}
"""What to write for parameters without a type, by their names."""


def _meant(name: str, services: ServiceRegistry[Any]) -> str:
    """Return a question for the service that a type's name is close to: `Client`, `Clients`."""
    near = nearest(name, services.names())
    return f" Did you mean {near}?" if near else ""


def _factory(handler: Handler, provider: TypeProvider, kind: object) -> Factory:
    try:
        return provider.bind(owner_of(handler.__module__), kind)
    except PluginError as error:
        raise PluginError(f"{where(handler)}: {error}") from None


def _adapter(kind: Any) -> TypeAdapter[Any]:
    # TypeAdapter would accept a class with fields, but an author who asks for one means a service:
    # better refuse it at load than ask people to type JSON.
    if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, BaseModel)):
        raise PydanticSchemaGenerationError("has fields of its own")
    return _BUILT_IN[kind] if kind in _BUILT_IN else TypeAdapter(kind)


def _name(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)


def _source(kind: object, services: ServiceRegistry[Any]) -> Source:
    if _is_maybe_session(kind):
        return "maybe_session"
    # A generic alias such as list[int] passes isinstance(x, type) in some versions.
    if not isinstance(kind, type) or get_origin(kind) is not None:
        return "argument"
    if kind in services:
        return "service"
    known: tuple[tuple[type, Source], ...] = (
        (Ctx, "ctx"),
        (Session, "session"),
        (Form, "form"),
        (Button, "button"),
        (Picture, "picture"),
        (File, "file"),
        (InlineQuery, "inline"),
        (PreCheckoutQuery, "pre_checkout"),
        (PaymentReceived, "payment"),
        (PaymentRefunded, "refund"),
        (LedgerNotice, "notice"),
    )
    return next((source for cls, source in known if issubclass(kind, cls)), "argument")


def read_yielded(handler: Handler, services: ServiceRegistry[Any]) -> type | None:
    """Return the type of the object that a lifespan yields; None if it yields nothing.

    Raises:
        PluginError: handlers could not ask for the object by this type; the text says what to
            write.

    """
    promised = get_type_hints(handler).get("return")
    kinds = get_args(promised)  # of AsyncIterator[X] or AsyncGenerator[X, None]
    if not kinds or kinds[0] in (None, type(None)):
        return None
    kind = kinds[0]
    write = "write `-> AsyncIterator[RateCache]` with a class of the plugin's own"
    if not isinstance(kind, type) or get_origin(kind) is not None:
        raise PluginError(f"{where(handler)}: {_name(kind)} is no class to ask for; {write}")
    if services.provider_for(kind) or _source(kind, services) != "argument" or _is_readable(kind):
        raise PluginError(f"{where(handler)}: {_name(kind)} means something else already; {write}")
    return kind


def _is_readable(kind: type) -> bool:
    """Return whether a command's argument of this type would be read from text."""
    try:
        _adapter(kind)
    except (PydanticSchemaGenerationError, PydanticUserError):
        return False
    return True


def _is_maybe_session(kind: object) -> bool:
    is_union = get_origin(kind) in (Union, types.UnionType)
    return is_union and set(get_args(kind)) == {Session, type(None)}


def _with_rest(parameters: list[Parameter]) -> tuple[Parameter, ...]:
    """Return the parameters, with `rest` set on the last argument."""
    last = max((i for i, p in enumerate(parameters) if p.source == "argument"), default=-1)
    return tuple(replace(p, rest=True) if i == last else p for i, p in enumerate(parameters))
