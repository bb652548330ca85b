"""`dataclass` and `replace` as in the standard library, but quicker.

The bot has two hundred frozen values, and their definition took a sixth of its start: the library
writes six methods as text and compiles each by itself, of which only `__init__` must be text. Here
the others are closures. And a command replaces fields of six of them, which took 3 % of its work:
the library looks at each field each time, here the names are known. All else is the library's:
`fields`, `is_dataclass` and pattern matching work as ever, and so does mypy, which is shown the
library's own. (Python 3.13 compiles the six at once, and still takes two and a half times as long.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from dataclasses import dataclass as _dataclass
from dataclasses import field as field  # noqa: PLC0414  # what goes with `dataclass`
from dataclasses import replace as _replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

_READ = "__read_fields__"
"""Attribute of a class that is defined here: returns its fields by name; `__init__` takes all."""

_OTHER_KINDS = ("ClassVar", "InitVar", "KW_ONLY")
"""What an annotation may say that is no field as all others are."""


def _define(cls: Any = None, /, *, frozen: bool = False, slots: bool = False, **other: Any) -> Any:
    """Make a dataclass of a class; takes what `dataclasses.dataclass` takes."""
    if cls is None:
        return partial(_define, frozen=frozen, slots=slots, **other)
    if not (frozen and slots) or other or not _is_plain(cls):
        return _dataclass(frozen=frozen, slots=slots, **other)(cls)
    # A `__hash__` of None is Python's own, beside an `__eq__` that is written out.
    written = {name for name, value in vars(cls).items() if (name, value) != ("__hash__", None)}
    made = _dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    for name, method in _methods(made).items():
        if name not in written:
            setattr(made, name, method)
    setattr(made, _READ, staticmethod(_reader([one.name for one in fields(made)])))
    params = made.__dataclass_params__  # what a class below it is compared with
    params.init = params.repr = params.eq = params.frozen = True
    return made


def _changed(value: Any, /, **changes: Any) -> Any:
    """Return a value with some fields changed; takes what `dataclasses.replace` takes."""
    read: Callable[[Any], dict[str, Any]] | None = vars(type(value)).get(_READ)
    if read is None:
        return _replace(value, **changes)
    return type(value)(**read(value) | changes)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  # what is meant for others
    from dataclasses import replace as replace  # noqa: PLC0414
else:
    dataclass, replace = _define, _changed


def _reader(names: Sequence[str]) -> Callable[[Any], dict[str, Any]]:
    if len(names) < 2:  # noqa: PLR2004  # `attrgetter` with one name returns no tuple
        return lambda value: {name: getattr(value, name) for name in names}
    get = attrgetter(*names)
    return lambda value: dict(zip(names, get(value), strict=True))


def _is_plain(cls: type) -> bool:
    """Return whether a class has nothing above it, and only fields that `__init__` takes."""
    if any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__):
        return False
    kinds = map(str, vars(cls).get("__annotations__", {}).values())
    if any(other in kind for kind in kinds for other in _OTHER_KINDS):
        return False
    described = [value for value in vars(cls).values() if isinstance(value, Field)]
    return all(one.init and one.kw_only is not True for one in described)


def _methods(cls: type) -> Mapping[str, Callable[..., Any]]:
    """Return the methods of a frozen value, by name."""
    own = fields(cls)
    shown = [one.name for one in own if one.repr]
    compared = [one.name for one in own if one.compare]
    values: Callable[[Any], Any] = attrgetter(*compared) if compared else lambda _: ()

    def show(self: Any) -> str:
        inner = ", ".join([f"{name}={getattr(self, name)!r}" for name in shown])
        return f"{type(self).__qualname__}({inner})"

    def equal(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        # In tuples, as the library does: what is the same object is equal there, NaN too.
        return (values(self),) == (values(other),)

    def digest(self: Any) -> int:
        return hash(values(self))

    return {
        "__init__": _init(cls, own),
        "__repr__": show,
        "__eq__": equal,
        "__hash__": digest,
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _state,
        "__setstate__": _restore,
    }


def _init(cls: type, own: Sequence[Field[Any]]) -> Callable[..., None]:
    """Return `__init__`, which sets the fields past `__setattr__`."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_MADE": MISSING}
    taken, lines = [], []
    for one in own:
        name, value = one.name, one.name
        if one.default_factory is not MISSING:
            names[f"_make_{name}"] = one.default_factory
            taken.append(f"{name}=_MADE")
            value = f"_make_{name}() if {name} is _MADE else {name}"
        elif one.default is not MISSING:
            names[f"_usual_{name}"] = one.default
            taken.append(f"{name}=_usual_{name}")
        else:
            taken.append(name)
        lines.append(f"    _set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    text = "\n".join([f"def __init__({', '.join(['self', *taken])}):", *lines, "    return None"])
    exec(text, names)  # noqa: S102  # names of fields and nothing else, as the library does
    init: Callable[..., None] = names["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {**{one.name: one.type for one in own}, "return": None}
    return init


def _refuse_to_set(_: object, name: str, value: object) -> NoReturn:  # noqa: ARG001  # Python's
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    """Return what is copied and pickled, as the library does for slots that are frozen."""
    return [getattr(self, one.name) for one in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
