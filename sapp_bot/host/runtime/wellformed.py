"""Checks that a reply holds what its classes say, before it is stored: nothing checks it later.

A plugin is not type-checked. A number where a text belongs would be found when the reply is stored
or sent, long after the handler that made the mistake, and again at each start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from sapp_bot.errors import PluginError

_PLAIN = (str, int, float, bytes, NoneType)


def check(value: object) -> None:
    """Check a frozen value of the domain, with all that is in it.

    Raises:
        PluginError: a field holds something else than its class says; the text names both.

    """
    kind = type(value)
    if kind is tuple:
        for item in value:  # type: ignore[attr-defined]  # a tuple
            check(item)
    elif is_dataclass(kind):
        for name, classes, literals in _fields(kind):
            inner = getattr(value, name)
            if not isinstance(inner, classes) or (literals and inner not in literals):
                wanted = [repr(one) for one in literals] or [one.__name__ for one in classes]
                raise PluginError(
                    f"{kind.__name__}: {name} is {inner!r}, and should be {' or '.join(wanted)}"
                )
            if not isinstance(inner, _PLAIN):
                check(inner)
    elif not isinstance(value, _PLAIN):
        raise PluginError(f"{kind.__name__} cannot stand there")


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, tuple[type, ...], tuple[object, ...]], ...]:
    """Return the fields of a class: name, classes of a value, and its values if they are few."""
    return tuple(
        (name, tuple(_classes(hint)), get_args(hint) if get_origin(hint) is Literal else ())
        for name, hint in get_type_hints(kind).items()
    )


def _classes(hint: Any) -> Iterator[type]:
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        for one in get_args(hint):
            yield from _classes(one)
    elif origin is Literal:
        yield from {type(one) for one in get_args(hint)}
    else:
        yield origin or hint
