"""Faults of this stand-in beyond those all three share: answers that the API itself never gives.

Each is an action for `Faults.add`. `when="before"` does no work, `"after"` does the call's work
and throws its answer away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sapp_bot.sandbox.faults import When

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Body:
    """Answer with these bytes. `headers` come on top, a `Content-Encoding` for instance."""

    body: bytes = field(repr=False)
    status: int = 200
    content_type: str = JSON
    when: When = "before"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drip:
    """Answer with these bytes, `size` of them every `every_s` seconds."""

    body: bytes = field(repr=False)
    every_s: float = 1.0
    size: int = 1
    status: int = 200
    when: When = "before"


@dataclass(frozen=True, slots=True)
class Cut:
    """Promise all these bytes, send the first `sent` of them, then cut the connection."""

    body: bytes = field(repr=False)
    sent: int
    status: int = 200
    when: When = "before"


Canned = Body | Drip | Cut


def web_page(status: int = 502, *, when: When = "before") -> Body:
    """Make the page that a proxy in front of the API would send."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body><hr>nginx</body></html>\n"
    return Body(page, status, HTML, when)


def garbage(*, when: When = "before") -> Body:
    """Make a body that claims to be JSON and is cut in the middle."""
    return Body(b'{"user": {"ID": 1, "email": "a', when=when)


def wrong_types(*, when: When = "before") -> Body:
    """Make JSON whose names are right and whose values are not."""
    value = {
        "ID": "one",
        "email": 5,
        "active": "yes",
        "user": [],
        "token": {},
        "name": None,
        "api_key": 7,
        "reads_used": "many",
        "response": "none",
        "meta": 0,
    }
    return Body(json.dumps(value, indent=4).encode(), when=when)


def nan_rates(*, when: When = "before") -> Body:
    """Make live rates that are no numbers; this is no JSON, yet many parsers take it."""
    body = b'{"meta": {"code": 200}, "response": {"base": "USD", "rates": {"EUR": NaN}}}'
    return Body(body, when=when)


def huge(size: int = 13 * 1024 * 1024, *, when: When = "before") -> Body:
    """Make one long JSON text of `size` bytes."""
    return Body(b'"' + b"x" * (size - 2) + b'"', when=when)
