"""What may be sent: each check gives the value as the API wants it, or an `InvalidInput`.

The first argument is always the name of the call, for the error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import SecretStr

from .errors import InvalidInput

_CODE = re.compile(r"[A-Z]{3}")
"""A currency, as ISO 4217 writes it."""

_MAX_AMOUNT = Decimal(10) ** 15
_AMOUNT_DECIMALS = 8
_MAX_ID = 2**63 - 1

MAX_READS = 2**53
"""Beyond 2^63 the API wraps silently to a negative number; numbers of JSON are exact up to 2^53.
Source: RFC 8259, section 6."""


def row_id(name: str, value: int) -> int:
    """Check the id of a row."""
    if not 0 < value <= _MAX_ID:
        raise InvalidInput(name, "An id is a whole number above 0.")
    return value


def currency(name: str, text: str) -> str:
    """Write a currency code in capitals."""
    code = text.strip().upper() if text.isascii() else ""
    if not _CODE.fullmatch(code):
        raise InvalidInput(name, "A currency is three letters, like EUR or USD.")
    return code


def amount(name: str, value: Decimal) -> str:
    """Write an amount without an exponent."""
    if not value.is_finite() or not 0 < value <= _MAX_AMOUNT:
        raise InvalidInput(
            name, "An amount is a number above 0, and at most 1,000,000,000,000,000."
        )
    if round(value, _AMOUNT_DECIMALS) != value:
        raise InvalidInput(name, "An amount has at most 8 decimals.")
    return format(value.normalize(), "f")


def moment(name: str, at: datetime) -> str:
    """Write RFC 3339 in UTC, to the second.

    Raises:
        ValueError: `at` is naive; a mistake of ours.

    """
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    try:
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    except OverflowError:
        pass
    raise InvalidInput(name, "This time is out of range.")


def to_set(name: str, fields: Mapping[str, object]) -> dict[str, object]:
    """Keep what was given, for a PUT.

    The API writes only what is not Go's zero value, and says nothing about what it left out.
    """
    given = {key: value for key, value in fields.items() if value is not None}
    empty = [
        key
        for key, value in given.items()
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value)
    ]
    if empty or not given:
        raise InvalidInput(
            name, "The SAPP service cannot set {fields} to nothing.", fields=", ".join(empty) or "-"
        )
    return given


def reads(name: str, value: int) -> int:
    """Check a number of reads to add or take away."""
    if not value:
        raise InvalidInput(name, "Please give a whole number of reads that is not 0.")
    if abs(value) > MAX_READS:
        raise InvalidInput(name, "Reads are counted up to 9,007,199,254,740,992.")
    return value


def reads_in_all(name: str, value: int) -> int:
    """Check a number of reads ever made available."""
    if not 0 < value <= MAX_READS:
        raise InvalidInput(name, "Reads are a number from 1 to 9,007,199,254,740,992.")
    return value
