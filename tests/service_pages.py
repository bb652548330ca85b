"""docs/services.md: what the services of `sapp_bot.services` offer, read from the code."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from textwrap import dedent
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from sapp_bot import Button, CommandButton, Ctx, Rich, Store, UserError, services
from sapp_bot.errors import SappBotError
from sapp_bot.host.authoring.locks import Locks
from sapp_bot.host.operators.audit_log import AuditLog
from sapp_bot.observability.metrics import Metrics
from sapp_bot.sapp import admin as admin_module
from sapp_bot.sapp import calls
from sapp_bot.sapp import services as api_module
from sapp_bot.service_wiring import offered_services

HEAD = """\
# Services

What a handler can ask for by type, from `sapp_bot.services`, method by method;
[plugins.md](plugins.md#services) says how. This page is made from the code.

`SappBotError` is above all that a method raises. What a handler does not catch is told to the
person in words, with what to do next, so catch only what you can do better with.
Methods that call the API say what they cost: reads are what people buy.

"""

API_HEAD = """\
# What a plugin is given

The classes of `sapp_bot` with methods of their own, one by one;
[plugins.md](plugins.md) shows them at work. This page is made from the code.

"""

API: tuple[tuple[type, str], ...] = (
    (Ctx, "All handlers but lifespans and renderers."),
    (Store, "All handlers; asked for as `Store[YourModel]`."),
    (Button, "The base of a plugin's buttons."),
    (CommandButton, "Begins a command; needs no class and no handler."),
    (Rich, "A text with formatting, as `ctx.t` and `bold` make it."),
    (UserError, "Raised to say no."),
)
"""Classes that plugins are given or make, and who gets them."""


def api_page() -> str:
    """Make docs/api.md."""
    links = " · ".join(f"[{kind.__name__}](#{kind.__name__.lower()})" for kind, _ in API)
    text = "".join([API_HEAD, links, "\n", *(_class(kind, who) for kind, who in API)])
    return re.sub(r"\n{3,}", "\n\n", text)


SECTIONS = ("Args:", "Attributes:", "Raises:", "Returns:", "Yields:")

LEFT_OUT = ("Args:",)
"""Sections of a class that speak about how the bot makes it."""


def services_page() -> str:
    """Make docs/services.md."""
    parts = [HEAD]
    kinds = [service.kind for service in offered_services()]
    parts.append(" · ".join(f"[{k.__name__}](#{k.__name__.lower()})" for k in (*kinds, *BY_TYPE)))
    parts.append(" · [Values](#values) · [Errors](#errors)\n")
    for service in offered_services():
        who = 'Handlers with `role="admin"`' if service.operators else "All handlers"
        where = "not in a timer or a lifespan" if service.personal else "timers and lifespans, too"
        parts.append(_class(service.kind, f"{who}; {where}."))
    parts += [_class(kind, "All handlers; timers and lifespans, too.") for kind in BY_TYPE]
    parts.append("\n## Values\n\nWhat the services return and take; all are frozen.\n")
    parts += [_value(name, kind) for name, kind in _exported() if _is_value(kind)]
    parts.append("\n## Errors\n\n| Error | Below | When |\n|---|---|---|\n")
    parts += [_error(kind) for _, kind in _exported() if issubclass(kind, SappBotError)]
    return re.sub(r"\n{3,}", "\n\n", "".join(parts))


BY_TYPE: tuple[type, ...] = (Locks, AuditLog, Metrics)
"""Services that are made for the plugin that asks."""


def _exported() -> list[tuple[str, type]]:
    """Return the public classes with their public names."""
    found = [(name, getattr(services, name)) for name in services.__all__]
    return [(name, kind) for name, kind in found if isinstance(kind, type)]


def _is_value(kind: type) -> bool:
    known = {service.kind for service in offered_services()} | {*BY_TYPE}
    return kind not in known and (is_dataclass(kind) or issubclass(kind, BaseModel | Enum))


def _class(kind: type, who: str) -> str:
    text = _prose(inspect.getdoc(kind) or "", leave_out=LEFT_OUT)
    methods = "".join(_member(kind, name) for name in _public(kind))
    return f"\n## {kind.__name__}\n\n{text}\n{who}\n{methods}"


def _public(kind: type) -> Iterator[str]:
    """Yield the names of a class's own public methods, as they stand in the source."""
    for owner in reversed(kind.__mro__[:-1]):
        if owner.__module__.startswith("sapp_bot"):
            yield from (name for name in vars(owner) if not name.startswith("_"))


def _member(kind: type, name: str) -> str:
    member = inspect.getattr_static(kind, name)
    if isinstance(member, property):
        result = inspect.signature(member.fget).return_annotation  # type: ignore[arg-type]  # is there
        return f"\n### `{name}: {_written(result)}`\n\n{_prose(inspect.getdoc(member) or '')}"
    if not inspect.isfunction(member):
        return ""
    cost = _cost(kind, name)
    return f"\n### `{_signature(member)}`\n\n{_prose(inspect.getdoc(member) or '')}{cost}"


def _signature(function: Callable[..., Any]) -> str:
    """Return how a method is called: `await log_out(me: Session) -> None`."""
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())[1:]
    # Annotations are texts here, and would be shown in quotation marks.
    shown = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(signature.replace(parameters=parameters)))
    shown = shown.replace("''", '""')
    how = "await " if inspect.iscoroutinefunction(function) else ""
    if inspect.isasyncgenfunction(function):
        how = "async for … in "
    elif inspect.isasyncgenfunction(inspect.unwrap(function)):
        how = "async with "
    return f"{how}{function.__name__}{shown}"


def _written(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "object")


def _value(name: str, kind: type) -> str:
    text = _prose(inspect.getdoc(kind) or "")
    if issubclass(kind, Enum):
        choices = ", ".join(f"`{choice.name}`" for choice in kind)
        return f"\n### `{name}`\n\n{text}One of {choices}.\n"
    # As they are written: pydantic's own are made of them, and differ in each process.
    written = {n: a for c in reversed(kind.__mro__) for n, a in inspect.get_annotations(c).items()}
    about = [(each, written[each]) for each in _fields(kind)]
    about += [
        (each, inspect.signature(member.fget).return_annotation)
        for each in _public(kind)
        if isinstance(member := inspect.getattr_static(kind, each), property) and member.fget
    ]
    shown = ", ".join(f"`{each}: {_type(annotation)}`" for each, annotation in about)
    return f"\n### `{name}`\n\n{text}{f'Fields: {shown}.' if shown else ''}\n"


def _fields(kind: type) -> list[str]:
    if issubclass(kind, BaseModel):
        return list(kind.model_fields)
    return [f.name for f in fields(kind)] if is_dataclass(kind) else []


def _type(annotation: object) -> str:
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _error(kind: type[SappBotError]) -> str:
    summary = (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")
    base = kind.__base__.__name__ if kind.__base__ else ""
    return f"| `{kind.__name__}` | `{base}` | {summary} |\n"


def _prose(doc: str, *, leave_out: tuple[str, ...] = ()) -> str:
    """Return a docstring as Markdown: its paragraphs, and a list for each of its sections."""
    parts = re.split(rf"^({'|'.join(SECTIONS)})$", doc, flags=re.MULTILINE)
    text, sections = parts[0].strip(), list(zip(parts[1::2], parts[2::2], strict=True))
    lines = [f"{text}\n"]
    for title, body in sections:
        if title not in leave_out:
            # A section ends where the text is no more indented.
            inner, _, after = re.sub(r"\n+(?=\S)", "\0", body.strip("\n"), count=1).partition("\0")
            lines.append(_list(title, dedent(inner)))
            lines += [f"\n{after}\n"] if after else []
    return "\n".join(lines) + "\n"


def _list(title: str, body: str) -> str:
    """Return a section as a list; entries go on in lines that are indented further."""
    entries = re.split(r"\n(?=\S)", body.strip("\n"))
    joined = [
        " ".join(part.strip() for part in entry.split("\n") if part.strip()) for entry in entries
    ]
    if title in {"Returns:", "Yields:"}:
        return f"{title.strip(':')}: {' '.join(joined)}\n"
    shown = "".join(f"- {_named(entry)}\n" for entry in joined if entry)
    return f"{'Raises' if title == 'Raises:' else 'Where'}:\n\n{shown}"


def _named(entry: str) -> str:
    names, _, text = entry.partition(": ")
    return f"{', '.join(f'`{name.strip()}`' for name in names.split(','))}: {text}"


# What a call costs


def _cost(kind: type, name: str) -> str:
    """Return what a method of the API's services costs; "" for what calls no API itself."""
    module = {api_module.__name__: api_module, admin_module.__name__: admin_module}
    if kind.__module__ not in module or not inspect.iscoroutinefunction(getattr(kind, name)):
        return ""
    metered = _calls_of(module[kind.__module__], kind.__name__, name) & _metered_calls()
    return f"\nCosts {'one read' if metered else 'no read'}.\n"


@cache
def _metered_calls() -> frozenset[str]:
    """Return the names in `sapp.calls` of the calls that the API counts."""
    tree = ast.parse(inspect.getsource(calls))
    return frozenset(
        function.name
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_metered"
    )


def _calls_of(module: ModuleType, kind: str, name: str) -> set[str]:
    """Return the names of the calls that a method makes: `live` of `calls.live(…)`."""
    tree = ast.parse(inspect.getsource(module))
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
    (method,) = (node for node in found.body if getattr(node, "name", "") == name)
    return {
        node.attr
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "calls"
    }
