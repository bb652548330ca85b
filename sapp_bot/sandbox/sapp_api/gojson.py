"""JSON as Go's encoding/json and gin write and read it, their error texts included.

Sources: pkg.go.dev/encoding/json (Marshal, Unmarshal); gin's render/json.go, IndentedJSON, and
binding/json.go. What cannot be bound is a `BindingError`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self

from .refusals import ApiPanic, BindingError

_INDENT = " " * 4
_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSIGNED = {"ID"}
"""Whole numbers that cannot be negative: gorm.Model has `ID uint`."""

_BITS = 64


def encode(value: object) -> bytes:
    """Write a value the way gin's IndentedJSON does: 4 spaces, `<>&` escaped, no final newline.

    Raises:
        ValueError: NaN or an infinity, which JSON cannot carry.
    """
    return _write(value, "\n").encode()


def _write(value: object, newline: str) -> str:
    inner = newline + _INDENT
    if isinstance(value, Mapping):
        body = [f"{_text(str(key))}: {_write(item, inner)}" for key, item in value.items()]
        return "{" + inner + ("," + inner).join(body) + newline + "}" if body else "{}"
    if isinstance(value, (list, tuple)):
        body = [_write(item, inner) for item in value]
        return "[" + inner + ("," + inner).join(body) + newline + "]" if body else "[]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return f'"{go_time(value)}"'
    return json.dumps(value)


def _text(value: str) -> str:
    return _ENCODER.encode(value).translate(_ESCAPED)


def _number(value: float) -> str:
    """Shortest digits; an exponent only below 1e-6 and from 1e21 on, as Go chooses it."""
    if not math.isfinite(value):
        raise ValueError(f"json: unsupported value: {value}")
    if value == 0 or 1e-6 <= abs(value) < 1e21:  # noqa: PLR2004  # the two bounds of the docstring
        digits = format(Decimal(repr(value)), "f")
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{exponent[0]}{exponent[1:].lstrip('0')}"


def go_time(moment: datetime, nanos: int = 0) -> str:
    """Write RFC 3339 in the time's own zone, with as many decimals as there are, as Go does.

    Args:
        moment: aware.
        nanos: 0 to 999, nanoseconds beyond the microseconds that Python keeps.
    """
    decimals = f".{moment.microsecond:06d}{nanos:03d}".rstrip("0").rstrip(".")
    zone = moment.strftime("%z")
    offset = f"{zone[:3]}:{zone[3:5]}" if moment.utcoffset() != timedelta() else "Z"
    return moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + decimals + offset


@dataclass(frozen=True, slots=True)
class BoundBody:
    """What a body bound to a Go struct holds; a field that was not sent is its zero value."""

    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a text field, `""` when absent."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """Return a whole number, 0 when absent."""
        value = self.fields.get(name)
        return value if isinstance(value, int) else 0


def bind(
    struct: str, body: bytes, types: Mapping[str, type], *, is_pointer: bool = False
) -> BoundBody:
    """Read a body into the fields of a Go struct: names match in any case, null changes nothing.

    Args:
        struct: its name with its package, such as `models.User`.
        body: what was sent.
        types: the type of each field, by its JSON name.
        is_pointer: a body of null leaves a nil pointer, which is the end of the call.

    Raises:
        BindingError: not JSON, or a value of another type; the text is Go's.
        ApiPanic: null for a pointer.
    """
    value = _decode(body)
    if value is None:
        if is_pointer:
            raise ApiPanic
        return BoundBody({})
    if not isinstance(value, dict):
        raise BindingError(f"json: cannot unmarshal {_kind(value)} into Go value of type {struct}")
    known = {name.lower(): name for name in types}
    found: dict[str, object] = {}
    for key, item in value.items():
        name = known.get(key.lower())
        if name is None or item is None:
            continue
        want = _go_type(name, types[name])
        if not _fits(item, want):
            what = f"number {item}" if _kind(item) == "number" and "int" in want else _kind(item)
            field = f"{struct.rpartition('.')[2]}.{name}"
            raise BindingError(
                f"json: cannot unmarshal {what} into Go struct field {field} of type {want}"
            )
        found[name] = _SURROGATE.sub("\ufffd", item) if isinstance(item, str) else item
    return BoundBody(found)


def _go_type(name: str, kind: type) -> str:
    if kind is int:
        return "uint" if name in _UNSIGNED else "int"
    return {str: "string", bool: "bool"}[kind]


def _fits(value: object, want: str) -> bool:
    if want == "int":
        return type(value) is int and -(2 ** (_BITS - 1)) <= value < 2 ** (_BITS - 1)
    if want == "uint":
        return type(value) is int and 0 <= value < 2**_BITS
    return _kind(value) == want


def required(struct: str, bound: BoundBody, fields: Mapping[str, str]) -> None:
    """Check gin's `binding:"required"`: zero values count as missing. `fields`: JSON name -> Go's.

    Raises:
        BindingError: with one line for each missing field.
    """
    missing = [go for name, go in fields.items() if not bound.fields.get(name)]
    if missing:
        lines = (
            f"Key: '{struct}.{go}' Error:Field validation for '{go}' failed on the 'required' tag"
            for go in missing
        )
        raise BindingError("\n".join(lines))


class _Float(float):
    """A number that remembers how it was written."""

    def __new__(cls, text: str) -> Self:
        """Keep the text."""
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str

    def __str__(self) -> str:
        """Return the number as it was written."""
        return self.text


def _decode(body: bytes) -> object:
    """Read the first JSON value; what follows it is ignored, as gin's decoder does."""
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    if not text:
        raise BindingError("EOF")
    try:
        value: object = json.JSONDecoder(
            parse_constant=_no_constant, parse_float=_Float
        ).raw_decode(text)[0]
    except json.JSONDecodeError as error:
        if error.pos >= len(text) or error.msg.startswith("Unterminated"):
            raise BindingError("unexpected EOF") from error
        wrong = text[error.pos]
        raise BindingError(f"invalid character '{wrong}' looking for beginning of value") from error
    except RecursionError as error:
        raise BindingError("exceeded max depth") from error
    return value


def _no_constant(name: str) -> object:
    raise BindingError(f"invalid character '{name[0]}' looking for beginning of value")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
