"""Says which update the running code works for: in each log line, and to the API.

An id in the form of W3C Trace Context, a keyed hash of the update's key: the same in the queue, in
the turn, in a repetition of it and in the delivery of its replies, and nobody can tell from it
which message it was. The key is drawn anew by each process.
Source: https://www.w3.org/TR/trace-context/, `traceparent`.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from contextvars import ContextVar
from functools import lru_cache

_REMEMBERED = 1000
"""Ids that are not worked out again: those of the updates that are being handled."""

_key = secrets.token_bytes(32)
_about: ContextVar[str] = ContextVar("trace", default="")


def begin_trace(about: str) -> None:
    """Work for an update (its key) from here on, in this task and those that it starts."""
    _about.set(about)


def trace_id() -> str:
    """Return the id of what is worked for, 32 hexadecimal digits; "" for nothing."""
    about = _about.get()
    return _id_of(about) if about else ""


def traceparent() -> str:
    """Return the header field that tells another service, with a new id for the call; "" for none.

    The flags are 0, not sampled: no trace is recorded here.
    """
    about = _about.get()
    # Not for secrecy: it only tells one call of a trace from another.
    return f"00-{_id_of(about)}-{random.getrandbits(64) or 1:016x}-00" if about else ""


@lru_cache(_REMEMBERED)
def _id_of(about: str) -> str:
    return hashlib.blake2b(about.encode(), digest_size=16, key=_key).hexdigest()
