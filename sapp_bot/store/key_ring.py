"""Secret keys: what Redis keeps is sealed, what buttons carry is signed, names are hashed.

One ring of Fernet keys, newest first. The newest seals and signs; any opens and verifies.
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
"""A tag is cut to fit a button; under 48 bits it could be guessed in a busy month."""

_HOW = (
    "`python -m sapp_bot key` prints a new one. Several: comma separated, newest first, "
    "or the path of a file that holds them."
)


class CannotDecrypt(Exception):
    """A sealed blob is not ours, not for this place, or damaged."""


def make_key() -> str:
    """Make a new secret key, as `SAPP_SECRET_KEYS` takes it."""
    return Fernet.generate_key().decode()


class KeyRing:
    """The ring of keys. Nothing of it shows in `repr`."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take keys, newest first.

        Raises:
            ConfigError: there is none, or one is no key; the text says which, and not the key.

        """
        if not keys:
            raise ConfigError(f"SAPP_SECRET_KEYS is not set. {_HOW}")
        raw = [_checked(key, place) for place, key in enumerate(keys, start=1)]
        self._ring = MultiFernet([Fernet(key) for key in keys])
        self._signing = [_derived(key, b"sapp-bot sign 1") for key in raw]
        self._naming = [_derived(key, b"sapp-bot name 1") for key in raw]

    def seal(self, data: bytes, place: str) -> bytes:
        """Encrypt `data` for one place; the result is ASCII without line ends."""
        return self._ring.encrypt(place.encode() + b"\0" + data)

    def open(self, blob: bytes, place: str) -> bytes:
        """Decrypt what was sealed for this very place.

        Fernet has no associated data, so the place is inside: a blob that was copied under
        another key of Redis does not open.

        Raises:
            CannotDecrypt: unknown key, damaged, or sealed for another place.

        """
        try:
            inner = self._ring.decrypt(blob)
        except InvalidToken:
            raise CannotDecrypt("no key of the ring opens it") from None
        found, _, data = inner.partition(b"\0")
        if found != place.encode():
            raise CannotDecrypt("it was sealed for another place")
        return data

    def sign(self, data: bytes) -> bytes:
        """Give the full MAC (32 bytes) under the newest key."""
        return hmac.digest(self._signing[0], data, sha256)

    def verify(self, data: bytes, tag: bytes) -> bool:
        """Tell whether `tag` (6 to 32 bytes) begins the MAC of `data` under any key."""
        if not _SHORTEST_TAG <= len(tag) <= sha256().digest_size:
            return False
        macs = [hmac.digest(key, data, sha256)[: len(tag)] for key in self._signing]
        return any(hmac.compare_digest(mac, tag) for mac in macs)

    def digest(self, text: str) -> str:
        """Hash what must not be readable in a name of Redis (32 hex digits), e.g. an e-mail.

        Depends on the newest key: with a new one, what was counted under names starts anew.
        """
        return self.digests(text)[0]

    def digests(self, text: str) -> list[str]:
        """Give the `digest` under each key of the ring, for what is looked for until it ends."""
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
