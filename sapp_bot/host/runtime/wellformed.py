"""Checks that a reply holds what its classes say, before it is stored: nothing checks it later.

A plugin is not type-checked. A number where a text belongs would be found when the reply is stored
or sent, long after the handler that made the mistake, and again at each start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from sapp_bot.errors import PluginError

_PLAIN = (str, int, float, bytes, NoneType)


class _Shape(NamedTuple):
    """What the fields of a class must hold, in their order.

    `chosen` are fields that have few values, by their place, and `deep` those that are looked into.
    """

    names: tuple[str, ...]
    classes: tuple[tuple[type, ...], ...]
    chosen: tuple[tuple[int, tuple[object, ...]], ...]
    deep: tuple[int, ...]


def check(value: object) -> None:
    """Check a frozen value of the domain, with all that is in it.

    Raises:
        PluginError: a field holds something else than its class says; the text names both.

    """
    kind: type[Any] = type(value)
    if kind is tuple:
        for item in value:  # type: ignore[attr-defined]  # a tuple
            check(item)
        return
    shape = _shape(kind)  # type: ignore[arg-type]  # each class has a hash
    if shape is not None:
        held = [getattr(value, name) for name in shape.names]
        # All at once, as nearly all are right: this is done for each button of each screen.
        if not all(map(isinstance, held, shape.classes)):
            raise _wrong(kind, shape, held)
        for place, choices in shape.chosen:
            if held[place] not in choices:
                raise _wrong(kind, shape, held)
        for place in shape.deep:
            check(held[place])
    elif not isinstance(value, _PLAIN):
        raise PluginError(f"{kind.__name__} cannot stand there")


def _wrong(kind: type[Any], shape: _Shape, held: Sequence[object]) -> PluginError:
    """Return what is wrong with the first field that holds something else."""
    choices = dict(shape.chosen)
    for place, (name, classes, inner) in enumerate(
        zip(shape.names, shape.classes, held, strict=True)
    ):
        literals = choices.get(place, ())
        if not isinstance(inner, classes) or (literals and inner not in literals):
            wanted = [repr(one) for one in literals] or [one.__name__ for one in classes]
            text = f"{kind.__name__}: {name} is {inner!r}, and should be {' or '.join(wanted)}"
            return PluginError(text)
    return PluginError(f"{kind.__name__} is not well-formed")


@cache
def _shape(kind: type[Any]) -> _Shape | None:
    if not is_dataclass(kind):
        return None
    hints = get_type_hints(kind)
    classes = tuple(tuple(_classes(hint)) for hint in hints.values())
    chosen = (
        (place, get_args(hint))
        for place, hint in enumerate(hints.values())
        if get_origin(hint) is Literal
    )
    deep = (place for place, some in enumerate(classes) if not set(some) <= set(_PLAIN))
    return _Shape(tuple(hints), classes, tuple(chosen), tuple(deep))


def _classes(hint: Any) -> Iterator[type]:
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        for one in get_args(hint):
            yield from _classes(one)
    elif origin is Literal:
        yield from {type(one) for one in get_args(hint)}
    else:
        yield origin or hint
