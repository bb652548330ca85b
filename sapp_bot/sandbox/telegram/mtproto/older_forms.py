"""TL definitions of older layers as data, and how an object of the newest layer is written so."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telethon.extensions import BinaryReader
from telethon.tl import TLObject, functions, types

_VECTOR_ID = 0x1CB5C415
_KEYWORDS = {"self": "is_self"}
# Telethon's names for what Python has words of its own for.

_FIXED = {"int": "<i", "date": "<i", "long": "<q"}


@dataclass(frozen=True, slots=True)
class TlParameter:
    """One parameter of a definition; `bit` is its flag, as (name of the flags, number)."""

    name: str
    kind: str
    bit: tuple[str, int] | None = None
    is_vector: bool = False


@dataclass(frozen=True, slots=True)
class OlderForm:
    """How up to `until` an object was written whose newer class is `whole` (with `part` inside)."""

    until: int
    number: int
    parameters: tuple[TlParameter, ...]
    whole: Any
    part: Any | None = None

    def read(self, reader: BinaryReader) -> Any:
        """Return the object of the newest layer that follows in `reader`, behind its number."""
        flags: dict[str, int] = {}
        found: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.kind == "#":
                flags[parameter.name] = reader.read_int(signed=False)
            elif parameter.bit is not None and not flags[parameter.bit[0]] >> parameter.bit[1] & 1:
                continue
            else:
                found[_KEYWORDS.get(parameter.name, parameter.name)] = _read(reader, parameter)
        if self.part is None:
            return self.whole(**found)
        outer = {name: found.pop(name) for name in ("text", "style") if name in found}
        return self.whole(type=self.part(**found), **outer)

    def write(self, value: Any) -> bytes:
        """Return the bytes of an object whose parts are of this layer already."""
        inner = getattr(value, "type", None) if self.part is not None else None
        given = [self._value_of(value, inner, parameter) for parameter in self.parameters]
        flags: dict[str, int] = {}
        for parameter, item in zip(self.parameters, given, strict=True):
            if parameter.bit is not None and item is not None and item is not False:
                name, number = parameter.bit
                flags[name] = flags.get(name, 0) | 1 << number
        pieces = [struct.pack("<I", self.number)]
        for parameter, item in zip(self.parameters, given, strict=True):
            if parameter.kind == "#":
                pieces.append(struct.pack("<I", flags.get(parameter.name, 0)))
            elif parameter.bit is None or (item is not None and item is not False):
                pieces.append(_write(item, parameter))
        return b"".join(pieces)

    @staticmethod
    def _value_of(value: Any, inner: Any, parameter: TlParameter) -> Any:
        name = _KEYWORDS.get(parameter.name, parameter.name)
        found = getattr(value, name, None)
        return getattr(inner, name, None) if found is None and inner is not None else found


class Written(TLObject):  # type: ignore[misc]  # Telethon has no types
    """Bytes in the place of an object, for what writes the object around it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def _bytes(self) -> bytes:
        return self._data


def _read(reader: BinaryReader, parameter: TlParameter) -> Any:
    if parameter.is_vector:
        if reader.read_int(signed=False) != _VECTOR_ID:
            raise ValueError("a vector is due")
        return [_read_one(reader, parameter.kind) for _ in range(reader.read_int())]
    return _read_one(reader, parameter.kind)


def _read_one(reader: BinaryReader, kind: str) -> Any:
    read: dict[str, Callable[[], Any]] = {
        "true": lambda: True,
        "int": reader.read_int,
        "long": reader.read_long,
        "date": reader.tgread_date,
        "string": reader.tgread_string,
        "bytes": reader.tgread_bytes,
    }
    if kind in read:
        return read[kind]()
    found = reader.tgread_object()
    if not kind.startswith("%"):
        return found
    return class_named(kind[1:])(**{k: v for k, v in vars(found).items() if not k.startswith("_")})


def _write(value: Any, parameter: TlParameter) -> bytes:
    if not parameter.is_vector:
        return _write_one(value, parameter.kind)
    head = struct.pack("<Ii", _VECTOR_ID, len(value))
    return head + b"".join(_write_one(item, parameter.kind) for item in value)


def _write_one(value: Any, kind: str) -> bytes:
    if kind == "true":
        return b""
    if kind in _FIXED:
        if isinstance(value, datetime):
            value = int(value.timestamp())
        return struct.pack(_FIXED[kind], value or 0)
    if kind in {"string", "bytes"}:
        return bytes(TLObject.serialize_bytes(value))
    return bytes(value)


def class_named(name: str) -> Any:
    """Return Telethon's class for a TL name, as "user" or "messages.sendMessage"."""
    family, _, short = name.rpartition(".")
    short = short[:1].upper() + short[1:]
    for home, ending in ((types, ""), (functions, "Request")):
        place = getattr(home, family, None) if family else home
        if (found := getattr(place, short + ending, None)) is not None:
            return found
    raise LookupError(f"Telethon has no {name}")


def read_table(text: str) -> Iterator[OlderForm | tuple[int, Any]]:
    """Yield the forms of a table (see `layers.tl`), and (layer, class) of what did not exist."""
    until = 0
    for line in text.splitlines():
        if line.startswith("//"):
            continue
        if line.startswith("---"):
            until = int(line.strip("-").split()[1])
        elif "<=" in line:
            newer, _, older = line.partition(" <= ")
            yield _form(until, newer, older)
        elif line:
            yield until, class_named(line)


def _form(until: int, newer: str, older: str) -> OlderForm:
    whole, _, part = newer.partition("+")
    head, *words = older.split(" = ", maxsplit=1)[0].split()
    return OlderForm(
        until,
        int(head.partition("#")[2], 16),
        tuple(map(_parameter, words)),
        class_named(whole),
        class_named(part) if part else None,
    )


def _parameter(word: str) -> TlParameter:
    name, _, kind = word.partition(":")
    flag, asks, rest = kind.partition("?")
    bit = None
    if asks:
        kind, (flags, _, number) = rest, flag.partition(".")
        bit = (flags, int(number))
    if kind == "int" and name.endswith("date"):
        kind = "date"
    is_vector = kind.startswith("Vector<")
    return TlParameter(name, kind[7:-1] if is_vector else kind, bit, is_vector)
