"""Cryptography with the secret keys: encrypts values, signs button data, hashes names.

One ring of keys, newest first: the newest encrypts and signs, any decrypts and verifies.
This module knows neither Redis nor what it encrypts.

A sealed blob is `0x02 | salt (16 bytes) | nonce (12) | AES-256-GCM ciphertext and tag`. The salt
is drawn once per ring, and the key is derived with it: so the nonce can be a counter, and no pair
of key and nonce comes twice, however much is sealed. Source: NIST SP 800-38D, section 8.2.1; with
random nonces one key would be used up after 2^32 blobs (section 8.3), half a year of a busy bot.
The place is the associated data. What older versions have sealed with Fernet still opens.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import count

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sapp_bot.errors import ConfigError

_KEY_BYTES = 32
"""Source: https://github.com/fernet/spec/blob/master/Spec.md, "Key Format"."""

_VERSION = b"\x02"
"""First byte of a sealed blob; a Fernet token begins with `g`."""

_SALT_BYTES = 16
_NONCE_AT = len(_VERSION) + _SALT_BYTES
_SEALED_AT = _NONCE_AT + 12
_SALTS = 256
"""Most derived ciphers kept in memory: one for each process whose blobs are read, and key."""

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
        self._fernets = MultiFernet([Fernet(key) for key in keys])
        self._sealing = raw
        self._cipher = lru_cache(maxsize=_SALTS)(_cipher)
        salt = secrets.token_bytes(_SALT_BYTES)
        self._head = _VERSION + salt
        self._newest = _cipher(raw[0], salt)
        self._nonces = count()
        self._signing = [_derived(key, b"sapp-bot sign 1") for key in raw]
        self._newest_mac = hmac.new(self._signing[0], digestmod=sha256)
        self._naming = [_derived(key, b"sapp-bot name 1") for key in raw]

    def seal(self, data: bytes, place: str) -> bytes:
        """Return `data` encrypted for one place: it opens nowhere else."""
        # The process's number: a fork would go on with the same count.
        nonce = os.getpid().to_bytes(4, "big") + next(self._nonces).to_bytes(8, "big")
        return self._head + nonce + self._newest.encrypt(nonce, data, place.encode())

    def open(self, blob: bytes, place: str) -> bytes:
        """Return the data that `seal` encrypted for the same place.

        Raises:
            CannotDecrypt: unknown key, damaged, or encrypted for another place.

        """
        if blob[:1] != _VERSION:
            return self._open_token(blob, place)
        salt, nonce = blob[len(_VERSION) : _NONCE_AT], blob[_NONCE_AT:_SEALED_AT]
        for key in self._sealing:
            try:
                cipher = self._cipher(key, salt)
                return cipher.decrypt(nonce, blob[_SEALED_AT:], place.encode())
            except (InvalidTag, ValueError):  # ValueError: cut off within the nonce
                continue
        raise CannotDecrypt("no key of the ring opens it at its place")

    def _open_token(self, token: bytes, place: str) -> bytes:
        """Open what a version before this format has sealed: a Fernet token."""
        try:
            inner = self._fernets.decrypt(token)
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
        # A copy of what is ready: to begin anew takes twice as long, and a screen has many buttons.
        mac = self._newest_mac.copy()
        mac.update(data)
        return mac.digest()

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


def _derived(key: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=purpose).derive(key)


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(_derived(key, b"sapp-bot seal 2", salt))
