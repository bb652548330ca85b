"""The server's RSA key for handshakes: made once per machine and kept in a private file."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from hashlib import sha1, sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from telethon.crypto import AES
from telethon.tl import TLObject

_BITS = 2048
"""Clients expect blocks of 256 bytes."""

_OWN_ONLY = 0o077


class BadCipher(ValueError):
    """A block was not encrypted for this key."""


class ServerKey:
    """An RSA key pair, with its fingerprint and the decryption that MTProto uses."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self._numbers = private.private_numbers()
        public = private.public_key()
        self.public_key_pem = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.PKCS1
        ).decode()
        self.fingerprint = fingerprint_of(public.public_numbers())
        self.private_key_pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def __repr__(self) -> str:
        """Return a text with the fingerprint, and without the key."""
        return f"ServerKey({self.fingerprint:#x})"

    @classmethod
    def make(cls) -> ServerKey:
        """Return a new key; takes some tenths of a second.

        Its fingerprint has 16 hexadecimal digits: mtcute finds no key by a shorter one.
        """
        while True:
            key = cls(rsa.generate_private_key(public_exponent=65537, key_size=_BITS))
            if key.fingerprint >> 60 & 0xF:
                return key

    @classmethod
    def load(cls, pem: str) -> ServerKey:
        """Return the key in a private key PEM.

        Raises:
            ValueError: it is no private RSA key of 2048 bits.

        """
        # The full check takes half a second, and a broken key only makes handshakes fail.
        key = serialization.load_pem_private_key(
            pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != _BITS:
            raise ValueError(f"an RSA key of {_BITS} bits is needed")
        return cls(key)

    def decrypt(self, block: bytes) -> bytes:
        """Return what a client encrypted for this key; random bytes may follow the data.

        Raises:
            BadCipher: the block was not encrypted with the public key.

        """
        n = self._numbers
        number = int.from_bytes(block, "big")
        if len(block) != _BITS // 8 or number >= n.public_numbers.n:
            raise BadCipher("not a block for this key")
        # Chinese remainder theorem: three times as fast as one power. RFC 8017, 5.1.2.
        m1 = pow(number, n.dmp1, n.p)
        m2 = pow(number, n.dmq1, n.q)
        plain = (m2 + n.q * (n.iqmp * (m1 - m2) % n.p)).to_bytes(_BITS // 8, "big")
        return _unpad(plain)


def _unpad(plain: bytes) -> bytes:
    """Return the data without its padding: RSA_PAD, or the older SHA1, data, random bytes.

    Source: https://core.telegram.org/mtproto/auth_key, 4.1; the older form is what Telethon and
    other clients still send.
    """
    mask = sha256(plain[32:]).digest()
    key = bytes(a ^ b for a, b in zip(plain[:32], mask, strict=True))
    inner: bytes = AES.decrypt_ige(plain[32:], key, bytes(32))
    data = inner[:192][::-1]
    if sha256(key + data).digest() == inner[192:]:
        return data
    if plain[0] == 0:
        digest, rest = plain[1:21], plain[21:]
        # The length of the data is not stored: find the one that its hash fits.
        for end in range(len(rest), 0, -1):
            if sha1(rest[:end], usedforsecurity=False).digest() == digest:
                return rest[:end]
    raise BadCipher("unknown padding")


def fingerprint_of(public: rsa.RSAPublicNumbers) -> int:
    """Return the fingerprint of an RSA key: the lower 64 bits of its SHA1.

    Source: https://core.telegram.org/mtproto/auth_key, 3).
    """
    parts = [n.to_bytes((n.bit_length() + 7) // 8, "big") for n in (public.n, public.e)]
    text = b"".join(TLObject.serialize_bytes(part) for part in parts)
    return int.from_bytes(sha1(text, usedforsecurity=False).digest()[-8:], "little", signed=True)


def machine_key(folder: Path | None = None) -> ServerKey:
    """Return this machine's key, made at the first call and kept in a file of mode 0600.

    A file that others may access, or that holds no key, is replaced by a new key.
    """
    path = (folder or Path(tempfile.gettempdir())) / f"sapp-bot-sandbox-{os.getuid()}.pem"
    with suppress(OSError, ValueError):
        status = path.lstat()
        if path.is_file() and status.st_uid == os.getuid() and not status.st_mode & _OWN_ONLY:
            return ServerKey.load(path.read_text())
    key = ServerKey.make()
    with suppress(OSError):
        _write_private(path, key.private_key_pem)
    return key


def _write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600 in one step, so that two processes cannot mix their texts."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(name).replace(path)
