"""Encodes stored values as bytes and back: JSON in which each dataclass has a tag and field names.

The bytes begin with the version of the shape. A field that is new and has a default may be missing
in older bytes; anything else that does not fit raises `UndecodableValue`.
Not cattrs: the stored classes are few and closed, a test hashes their shapes, and the stored names
must stay when a class or a field is renamed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, get_args, get_type_hints

import orjson
from pydantic import SecretStr

from sapp_bot.domain.ports import StoredValue
from sapp_bot.domain.replies import Callback, QueuedReply, Send
from sapp_bot.domain.state import LastLogin, OpenForm, Profile, Session, TypedChoices
from sapp_bot.domain.updates import Update

VERSION = b"1"
"""Increase when a field changes its meaning or type but not its name: older values are dropped."""

_TAG = "$"
"""JSON key that marks an object as a class; no form field can have this name."""

_ROOTS: tuple[Any, ...] = (Update, QueuedReply, Session, Profile, OpenForm, StoredValue)
"""Classes that are stored as a whole; the classes of their fields, at any depth, are added."""


def _reachable(*kinds: Any) -> dict[type[Any], None]:
    """Return the dataclasses among types and in their fields, at any depth, in order."""
    found: dict[type[Any], None] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, type) and is_dataclass(kind) and kind not in found:
            found[kind] = None
            waiting += get_type_hints(kind).values()
        waiting += get_args(kind)  # the members of a union, the items of a tuple
    return found


_STORED: tuple[type[Any], ...] = tuple(_reachable(*_ROOTS))

_STORED_AS: Mapping[type[Any], str] = {
    QueuedReply: "Parcel",
    LastLogin: "Account",
    TypedChoices: "Choices",
    StoredValue: "Kept",
}
"""Tags of renamed classes: the name that each was first stored under."""

_FIELDS_STORED_AS: Mapping[type[Any], Mapping[str, str]] = {Callback: {"typed_as": "twin"}}
"""Stored names of renamed fields, by class."""

_FIELDS_DROPPED: Mapping[type[Any], frozenset[str]] = {Send: frozenset({"force_reply"})}
"""Removed fields that bytes of an earlier version may still contain."""


class UndecodableValue(Exception):
    """Bytes are of another version or shape than the current one."""


class ValueCodec:
    """Encodes and decodes the values of some classes, and of the classes in their fields.

    Args:
        roots: Classes, or unions of them, that are encoded as a whole.

    """

    def __init__(self, *roots: Any) -> None:
        kinds = _reachable(*roots)
        self._readers: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
            **{kind: _reader(kind) for kind in kinds},
            datetime: lambda value: {_TAG: "datetime", "is": value.isoformat()},
            bytes: lambda value: {_TAG: "bytes", "is": base64.b64encode(value).decode("ascii")},
            SecretStr: lambda value: {_TAG: "secret", "is": value.get_secret_value()},
        }
        self._makers: dict[str, Callable[[dict[str, Any]], Any]] = {
            **{tag_of(kind): _maker(kind) for kind in kinds},
            "datetime": lambda found: datetime.fromisoformat(found["is"]),
            "bytes": lambda found: base64.b64decode(found["is"], validate=True),
            "secret": lambda found: SecretStr(found["is"]),
        }
        self._encoder = json.JSONEncoder(separators=(",", ":"), default=self._plain)
        self._decoder = json.JSONDecoder(object_hook=self._made)

    def encode(self, value: object) -> bytes:
        """Return a value of a known class, or a tuple of such values, as UTF-8 bytes.

        Raises:
            TypeError: the value, or one in its fields, is of no known class.

        """
        try:
            return VERSION + orjson.dumps(value, self._plain, _OPTIONS)
        except orjson.JSONEncodeError:
            # A lone surrogate, which Telegram can send and UTF-8 cannot encode, or a long integer.
            return VERSION + self._encoder.encode(value).encode("ascii")

    def decode(self, data: bytes) -> Any:
        """Return the value that `encode` made bytes of.

        Raises:
            UndecodableValue: the bytes are of another version or shape.

        """
        if data[:1] != VERSION:
            raise UndecodableValue(f"version {data[:1]!r}, not {VERSION!r}")
        try:
            return _frozen(self._decoder.decode(data[1:].decode("utf-8")))
        except (ValueError, TypeError, KeyError) as error:
            raise UndecodableValue(f"another shape: {type(error).__name__}") from None

    def _plain(self, value: object) -> dict[str, Any]:
        reader = self._readers.get(type(value))
        if reader is None:
            raise TypeError(f"{type(value).__name__} cannot be stored")
        return reader(value)

    def _made(self, found: dict[str, Any]) -> Any:
        tag = found.pop(_TAG, None)
        return found if tag is None else self._makers[tag](found)


def tag_of(kind: type[Any]) -> str:
    """Return the name that a class is stored under, its tag."""
    return _STORED_AS.get(kind, kind.__name__)


def stored_fields(kind: type[Any]) -> dict[str, str]:
    """Return the fields of a class: name in the code -> stored name."""
    renamed = _FIELDS_STORED_AS.get(kind, {})
    return {field.name: renamed.get(field.name, field.name) for field in fields(kind)}


def _reader(kind: type[Any]) -> Callable[[object], dict[str, Any]]:
    names, tag = stored_fields(kind), tag_of(kind)
    if not names:
        return lambda _: {_TAG: tag}
    if len(names) == 1:  # `attrgetter` with one name returns no tuple
        ((name, stored),) = names.items()
        return lambda value: {_TAG: tag, stored: getattr(value, name)}
    get, keys = attrgetter(*names), (_TAG, *names.values())
    return lambda value: dict(zip(keys, (tag, *get(value)), strict=True))


def _maker(kind: type[Any]) -> Callable[[dict[str, Any]], Any]:
    names = {stored: name for name, stored in stored_fields(kind).items()}
    dropped = _FIELDS_DROPPED.get(kind, frozenset())
    return lambda found: kind(
        **{names[key]: _frozen(value) for key, value in found.items() if key not in dropped}
    )


def _frozen(value: Any) -> Any:
    # JSON knows lists only; the fields of frozen dataclasses are tuples.
    if isinstance(value, list):
        return tuple([_frozen(item) for item in value])
    return value


_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""orjson would write dataclasses without their tags, and times without theirs."""

_OF_THE_STORE = ValueCodec(*_ROOTS)
encode, decode = _OF_THE_STORE.encode, _OF_THE_STORE.decode
"""Of the classes that are stored."""
