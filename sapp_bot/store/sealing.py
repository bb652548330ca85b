"""Encrypts values for Redis and decrypts them.

A sealed value is encrypted and bound to its place: the Redis key (and field) that it is stored
under. A value that cannot be decrypted there counts as absent. No keys are held here: see
`key_ring`.
"""

from __future__ import annotations

from typing import TypeVar

import structlog

from .codec import UndecodableValue, decode, encode
from .key_ring import CannotDecrypt, KeyRing

log = structlog.get_logger(__name__)

_REMEMBERED = 1000
"""Most places remembered as warned about, so that each is logged once."""

_OPENED = 2048
"""Most decrypted values kept in memory, about 2.5 MB; a person has two or three. Decrypting costs
more than everything else of a read."""

Value = TypeVar("Value")


class Sealer:
    r"""Encrypts and decrypts values. One that cannot be decrypted is absent, and logged once.

    An entry of a list is "<name>\n<sealed>": the Lua scripts compare the name, nothing else is
    readable.

    Args:
        key_ring: The secret keys.

    """

    def __init__(self, key_ring: KeyRing) -> None:
        self._key_ring = key_ring
        self._warned: set[str] = set()
        self._opened: dict[str, tuple[bytes, object]] = {}

    def put(self, value: object, place: str) -> bytes:
        """Return a value encrypted for its place (ASCII bytes).

        Args:
            value: One that `codec.encode` takes.
            place: Redis key, and after a space the field or name, if any.

        """
        return self._key_ring.seal(encode(value), place)

    def put_and_keep(self, value: object, place: str) -> bytes:
        """Return what `put` does, and have `recall` know the value of these bytes.

        Whether they ever get to Redis does not matter: `recall` compares what it is given.
        """
        blob = self.put(value, place)
        self._keep(place, blob, value)
        return blob

    def recall(self, blob: bytes | None, place: str, kind: type[Value]) -> Value | None:
        """Decrypt a value that is read often; the same bytes are decrypted once.

        Args:
            blob: What Redis holds at the place, None for nothing.
            place: As for `put`.
            kind: Class that the value must have.

        Returns:
            The value; None for no bytes, and where `get` returns None.

        """
        if blob is None:
            # The value was deleted, as a session is at logout: memory must not keep it either.
            self._opened.pop(place, None)
            return None
        known = self._opened.get(place)
        if known is not None and known[0] == blob and isinstance(known[1], kind):
            return known[1]
        value = self.get(blob, place, kind)
        if value is not None:
            self._keep(place, blob, value)
        return value

    def _keep(self, place: str, blob: bytes, value: object) -> None:
        self._opened[place] = (blob, value)
        if len(self._opened) > _OPENED:
            del self._opened[next(iter(self._opened))]

    def get(self, blob: bytes, place: str, kind: type[Value]) -> Value | None:
        """Decrypt a value.

        Args:
            blob: Result of `put` for the same place.
            place: As for `put`.
            kind: Class that the value must have.

        Returns:
            The value; None if no key decrypts it, its shape is unknown, or it is not a `kind`.

        """
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
        """Return an entry for the list at `place`: the readable name and the encrypted value.

        Raises:
            ValueError: the name contains a line end.

        """
        if "\n" in name:
            raise ValueError("a name must not hold a line end")
        return name.encode() + b"\n" + self.put(value, f"{place} {name}")

    def unpack(self, entry: bytes, place: str, kind: type[Value]) -> Value | None:
        """Decrypt an entry of the list at `place`; return None where `get` does."""
        name, _, blob = entry.partition(b"\n")
        return self.get(blob, f"{place} {name.decode('utf-8', 'replace')}", kind)

    def digest(self, text: str) -> str:
        """Return the keyed hash of a text, for use in Redis keys; see `KeyRing.digest`."""
        return self._key_ring.digest(text)

    def digests(self, text: str) -> list[str]:
        """Return the hash of a text under each secret key, the newest first."""
        return self._key_ring.digests(text)

    def _warn(self, place: str, reason: str) -> None:
        if place in self._warned:
            return
        if len(self._warned) >= _REMEMBERED:
            self._warned.clear()
        self._warned.add(place)
        log.warning("store.unreadable", kind=kind_of(place), reason=reason)


def kind_of(place: str) -> str:
    """Return the kind of a place for the log: "box" of `{sapp:1}:box:7`.

    The rest is left out, as the number may be a Telegram user id.
    """
    return place.partition("}:")[2].partition(":")[0]
