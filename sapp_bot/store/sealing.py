"""Encrypts values for Redis and decrypts them.

A value is sealed: encrypted, and bound to its place, the Redis key (and field) that it is stored
under. One that does not open there counts as absent.
"""

from __future__ import annotations

from typing import TypeVar

import structlog

from .codec import UndecodableValue, decode, encode
from .key_ring import CannotDecrypt, KeyRing

log = structlog.get_logger(__name__)

_REMEMBERED = 1000
"""Most places of which it is remembered that they were complained about."""

_OPENED = 4096
"""Most values that are kept open, two or three a person: opening costs more than all else of a
read. They take some 5 MB."""

Value = TypeVar("Value")


class Sealer:
    r"""Encrypts and decrypts values. One that does not open counts as absent, with one warning.

    An entry of a list is "<name>\n<sealed>": scripts compare the name, nothing else is readable.
    """

    def __init__(self, key_ring: KeyRing) -> None:
        self._key_ring = key_ring
        self._warned: set[str] = set()
        self._opened: dict[str, tuple[bytes, object]] = {}

    def put(self, value: object, place: str) -> bytes:
        """Seal a value for its place."""
        return self._key_ring.seal(encode(value), place)

    def recall(self, blob: bytes | None, place: str, kind: type[Value]) -> Value | None:
        """Open a value that is read again and again: the same bytes are opened once.

        No bytes, no value; then nothing of it stays in memory either.
        """
        if blob is None:
            self._opened.pop(place, None)
            return None
        known = self._opened.get(place)
        if known is not None and known[0] == blob and isinstance(known[1], kind):
            return known[1]
        value = self.get(blob, place, kind)
        if value is not None:
            self._opened[place] = (blob, value)
            if len(self._opened) > _OPENED:
                del self._opened[next(iter(self._opened))]
        return value

    def get(self, blob: bytes, place: str, kind: type[Value]) -> Value | None:
        """Open a value; None when it is not ours, of another shape or of another kind."""
        try:
            value = decode(self._key_ring.open(blob, place))
        except (CannotDecrypt, UndecodableValue) as error:
            self._warn(place, str(error))
            return None
        if not isinstance(value, kind):
            self._warn(place, f"a {type(value).__name__}, not a {kind.__name__}")
            return None
        return value

    def entry(self, name: str, value: object, place: str) -> bytes:
        """Seal a value as an entry of the list at `place`.

        Raises:
            ValueError: the name holds a line end.

        """
        if "\n" in name:
            raise ValueError("a name must not hold a line end")
        return name.encode() + b"\n" + self.put(value, f"{place} {name}")

    def unpack(self, entry: bytes, place: str, kind: type[Value]) -> Value | None:
        """Open an entry of the list at `place`; None as in `get`."""
        name, _, blob = entry.partition(b"\n")
        return self.get(blob, f"{place} {name.decode('utf-8', 'replace')}", kind)

    def digest(self, text: str) -> str:
        """Hash a text for use in a name."""
        return self._key_ring.digest(text)

    def digests(self, text: str) -> list[str]:
        """Hash a text under each key, the newest first."""
        return self._key_ring.digests(text)

    def _warn(self, place: str, reason: str) -> None:
        if place in self._warned:
            return
        if len(self._warned) >= _REMEMBERED:
            self._warned.clear()
        self._warned.add(place)
        log.warning("store.unreadable", kind=kind_of(place), reason=reason)


def kind_of(place: str) -> str:
    """Name the kind of a place, `{sapp:1}:box:7`, for the log: its number may be a Telegram id."""
    return place.partition("}:")[2].partition(":")[0]
