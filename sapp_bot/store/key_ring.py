"""Cryptography with the secret keys: encrypts values, signs button data, hashes names.

One ring of Fernet keys, newest first: the newest encrypts and signs, any decrypts and verifies.
This module knows neither Redis nor what it encrypts.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sapp_bot.errors import ConfigError

_KEY_BYTES = 32
"""Source: https://github.com/fernet/spec/blob/master/Spec.md, "Key Format"."""

_SHORTEST_TAG = 6
"""Fewest bytes of a MAC, which is cut to fit a button: one under 48 bits could be guessed in a
month of constant tries."""

_HOW = (
    "`python -m sapp_bot key` prints a new one. Several: comma separated, newest first, "
    "or the path of a file that holds them."
)


class CannotDecrypt(Exception):
    """A blob was encrypted with an unknown key or for another place, or is damaged."""


def make_key() -> str:
    """Return a new secret key in the form of `SAPP_SECRET_KEYS` (URL-safe base64, 32 bytes)."""
    return Fernet.generate_key().decode()


class KeyRing:
    """Ring of secret keys. Its `repr` shows no key.

    Args:
        keys: Keys as `make_key` returns them, newest first.

    Raises:
        ConfigError: there is no key, or one is malformed; the text holds its number, not the key.

    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ConfigError(f"SAPP_SECRET_KEYS is not set. {_HOW}")
        raw = [_checked(key, place) for place, key in enumerate(keys, start=1)]
        # A key of its own for each purpose: what is learned about one says nothing of the others.
        self._ring = MultiFernet([Fernet(key) for key in keys])
        self._signing = [_derived(key, b"sapp-bot sign 1") for key in raw]
        self._naming = [_derived(key, b"sapp-bot name 1") for key in raw]

    def seal(self, data: bytes, place: str) -> bytes:
        """Return `data` encrypted for one place, as ASCII bytes without line ends."""
        return self._ring.encrypt(place.encode() + b"\0" + data)

    def open(self, blob: bytes, place: str) -> bytes:
        """Return the data that `seal` encrypted for the same place.

        Raises:
            CannotDecrypt: unknown key, damaged, or encrypted for another place.

        """
        try:
            inner = self._ring.decrypt(blob)
        except InvalidToken:
            raise CannotDecrypt("no key of the ring opens it") from None
        # Fernet has no associated data, so the place is part of the plaintext: a blob copied to
        # another Redis key, say another person's, must not decrypt.
        found, _, data = inner.partition(b"\0")
        if found != place.encode():
            raise CannotDecrypt("it was sealed for another place")
        return data

    def sign(self, data: bytes) -> bytes:
        """Return the full MAC of `data` under the newest key (HMAC-SHA256, 32 bytes)."""
        return hmac.digest(self._signing[0], data, sha256)

    def verify(self, data: bytes, tag: bytes) -> bool:
        """Return whether `tag` (6 to 32 bytes) begins the MAC of `data` under any key.

        Compares in constant time.
        """
        if not _SHORTEST_TAG <= len(tag) <= sha256().digest_size:
            return False
        macs = [hmac.digest(key, data, sha256)[: len(tag)] for key in self._signing]
        return any(hmac.compare_digest(mac, tag) for mac in macs)

    def digest(self, text: str) -> str:
        """Return a keyed hash (32 hex digits) of a text that Redis keys must not show.

        It depends on the newest key: after a new key is added, counts under hashes start at zero.
        """
        return self.digests(text)[0]

    def digests(self, text: str) -> list[str]:
        """Return the `digest` of a text under each key of the ring, the newest first."""
        data = text.encode("utf-8", "surrogatepass")
        return [hmac.digest(key, data, sha256)[:16].hex() for key in self._naming]


def _checked(key: str, place: int) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(key.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise ConfigError(f"SAPP_SECRET_KEYS: key number {place} is not a key. {_HOW}")
    return raw


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)
