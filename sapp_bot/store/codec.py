"""Values to bytes and back: JSON in which each dataclass says its name and its fields'.

Bytes begin with the version of the shape. A field that is new and has a default may be missing in
what was stored before; anything else that does not fit is `Unreadable`, never a crash.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from pydantic import SecretStr

from sapp_bot.ports import Kept
from sapp_bot.replies import Callback, Copy, Edit, Parcel, Remove, Send, Url
from sapp_bot.state import Account, Choices, OpenForm, Profile, Session
from sapp_bot.text import Entity, Rich
from sapp_bot.updates import Due, Message, Person, Press

VERSION = b"1"
"""Raise it when a field changes its meaning or its type but not its name."""

_TAG = "$"
"""Marks what is not plain JSON; no field of a form can have this name."""

_STORED: tuple[type[Any], ...] = (
    *(Person, Message, Press, Due),
    *(Session, Account, Profile, Choices, OpenForm),
    *(Parcel, Send, Edit, Remove, Callback, Copy, Url, Rich, Entity),
    Kept,
)


class Unreadable(Exception):
    """Bytes do not hold a value of the shape that is stored today."""


def encode(value: object) -> bytes:
    """Turn a stored value, or a tuple of them, into bytes (ASCII)."""
    return VERSION + _ENCODER.encode(value).encode("ascii")


def decode(data: bytes) -> Any:
    """Turn bytes back into the value that made them.

    Raises:
        Unreadable: another version, another shape, or not ours.

    """
    if data[:1] != VERSION:
        raise Unreadable(f"version {data[:1]!r}, not {VERSION!r}")
    try:
        return _frozen(_DECODER.decode(data[1:].decode("ascii")))
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable(f"another shape: {type(error).__name__}") from None


def _reader(kind: type[Any]) -> Callable[[object], dict[str, Any]]:
    names = tuple(field.name for field in fields(kind))
    if len(names) == 1:
        return lambda value: {_TAG: kind.__name__, names[0]: getattr(value, names[0])}
    get, keys = attrgetter(*names), (_TAG, *names)
    return lambda value: dict(zip(keys, (kind.__name__, *get(value)), strict=True))


def _maker(kind: type[Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda found: kind(**{name: _frozen(value) for name, value in found.items()})


_READERS: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    **{kind: _reader(kind) for kind in _STORED},
    datetime: lambda value: {_TAG: "datetime", "is": value.isoformat()},
    bytes: lambda value: {_TAG: "bytes", "is": base64.b64encode(value).decode("ascii")},
    SecretStr: lambda value: {_TAG: "secret", "is": value.get_secret_value()},
}

_MAKERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    **{kind.__name__: _maker(kind) for kind in _STORED},
    "datetime": lambda found: datetime.fromisoformat(found["is"]),
    "bytes": lambda found: base64.b64decode(found["is"], validate=True),
    "secret": lambda found: SecretStr(found["is"]),
}


def _plain(value: object) -> dict[str, Any]:
    reader = _READERS.get(type(value))
    if reader is None:
        raise TypeError(f"{type(value).__name__} cannot be stored")
    return reader(value)


def _made(found: dict[str, Any]) -> Any:
    tag = found.pop(_TAG, None)
    return found if tag is None else _MAKERS[tag](found)


def _frozen(value: Any) -> Any:
    """JSON has lists only, our values have tuples only."""
    if isinstance(value, list):
        return tuple([_frozen(item) for item in value])
    return value


# Only ASCII goes out, so a lone surrogate, which Telegram can send and UTF-8 cannot hold, survives.
_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_plain)
_DECODER = json.JSONDecoder(object_hook=_made)
