"""Says which update the running code works for: in each log line, and to the API.

An id in the form of W3C Trace Context, a keyed hash of the update's key: the same in the queue, in
the turn, in a repetition of it and in the delivery of its replies, and nobody can tell from it
which message it was. The processes of one bot share the key (`share_trace_key`).
Where traces are recorded (`tracing/`), `recorded` puts the recorder's ids into the header.
Source: https://www.w3.org/TR/trace-context/, `traceparent`.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

_REMEMBERED = 1000
"""Ids that are not worked out again: those of the updates that are being handled."""

UNRECORDED, RECORDED = "00", "01"
"""Flags of the header: whether whoever sends it keeps a record. Source: as above, `trace-flags`."""


def new_span_id() -> int:
    """Return an id for a call, never 0. Not for secrecy: it tells one call from another."""
    return random.getrandbits(64) or 1


_key = secrets.token_bytes(32)
_ids, _flags = new_span_id, UNRECORDED
_about: ContextVar[str] = ContextVar("trace", default="")


def begin_trace(about: str) -> None:
    """Work for an update (its key) from here on, in this task and those that it starts."""
    _about.set(about)


def trace_id() -> str:
    """Return the id of what is worked for, 32 hexadecimal digits; "" for nothing."""
    about = _about.get()
    return _id_of(about) if about else ""


def traced_key() -> str:
    """Return the key of what is worked for, as `begin_trace` was told it; "" for nothing."""
    return _about.get()


def traceparent() -> str:
    """Return the header field that tells another service, with a new id for the call; "" for none.

    The flags say whether the trace is recorded here.
    """
    about = _about.get()
    return f"00-{_id_of(about)}-{_ids():016x}-{_flags}" if about else ""


def share_trace_key(secret: bytes) -> None:
    """Make ids with a key drawn from a secret, so that all processes which have it make the same.

    Until then a process has a key of its own.
    """
    global _key  # noqa: PLW0603  # one for the process, like the log
    _key = hashlib.blake2b(secret, digest_size=32, person=b"sapp trace").digest()
    _id_of.cache_clear()


@contextmanager
def recorded(ids: Callable[[], int]) -> Iterator[None]:
    """Say in the header that traces are recorded, and take the ids of calls from the recorder."""
    global _ids, _flags  # one for the process, like the log
    _ids, _flags = ids, RECORDED
    try:
        yield
    finally:
        _ids, _flags = new_span_id, UNRECORDED


@lru_cache(_REMEMBERED)
def _id_of(about: str) -> str:
    return hashlib.blake2b(about.encode(), digest_size=16, key=_key).hexdigest()
