"""Encrypts and decrypts messages under an authorization key, as MTProto 2.0 does.

Source: https://core.telegram.org/mtproto/description
"""

from __future__ import annotations

import hmac
import secrets
import struct
from dataclasses import dataclass
from hashlib import sha1, sha256
from typing import Literal

from telethon.crypto import AES

_HEAD = struct.Struct("<qqqii")
_KEY_ID_BYTES = 8
_OUTER_BYTES = 24
_BLOCK = 16
_MIN_PADDING, _MAX_PADDING = 12, 1024
# A client may add up to 15 bytes in the padded transport, and padding up to 1024 of its own.

Origin = Literal["client", "server"]


class BadEnvelope(ValueError):
    """A payload is not encrypted under this key, or is damaged."""


@dataclass(frozen=True, slots=True)
class DecryptedMessage:
    """A decrypted message: salt, session, ids and body."""

    salt: int
    session_id: int
    msg_id: int
    seq_no: int
    body: bytes


def seal(key: bytes, letter: DecryptedMessage, origin: Origin = "server") -> bytes:
    """Return a message encrypted, as the whole payload of a packet."""
    head = _HEAD.pack(
        letter.salt, letter.session_id, letter.msg_id, letter.seq_no, len(letter.body)
    )
    plain = head + letter.body
    plain += secrets.token_bytes(_MIN_PADDING + -(len(plain) + _MIN_PADDING) % _BLOCK)
    msg_key = _msg_key(key, plain, origin)
    aes_key, iv = _aes(key, msg_key, origin)
    sealed: bytes = AES.encrypt_ige(plain, aes_key, iv)
    return key_id(key) + msg_key + sealed


def unseal(key: bytes, payload: bytes, origin: Origin = "client") -> DecryptedMessage:
    """Return the message in an encrypted payload, checked.

    Raises:
        BadEnvelope: wrong key, wrong checksum or wrong lengths.

    """
    # The cipher panics on a length that is no multiple of 16, and the padded transport adds
    # up to 15 random bytes.
    length = (len(payload) - _OUTER_BYTES) // _BLOCK * _BLOCK
    if length < _HEAD.size + _MIN_PADDING:
        raise BadEnvelope("too short")
    msg_key = payload[_KEY_ID_BYTES:_OUTER_BYTES]
    aes_key, iv = _aes(key, msg_key, origin)
    plain: bytes = AES.decrypt_ige(payload[_OUTER_BYTES : _OUTER_BYTES + length], aes_key, iv)
    if not hmac.compare_digest(_msg_key(key, plain, origin), msg_key):
        raise BadEnvelope("wrong message key")
    salt, session_id, msg_id, seq_no, size = _HEAD.unpack_from(plain)
    if size % 4 or not _MIN_PADDING <= len(plain) - _HEAD.size - size <= _MAX_PADDING:
        raise BadEnvelope("wrong length inside")
    return DecryptedMessage(salt, session_id, msg_id, seq_no, plain[_HEAD.size : _HEAD.size + size])


def key_id(key: bytes) -> bytes:
    """Return the id of an authorization key: the 8 bytes that each of its payloads begins with."""
    # Source: https://core.telegram.org/mtproto/description, "Key Identifier": SHA1 is Telegram's
    # choice and protects nothing here.
    return sha1(key, usedforsecurity=False).digest()[-8:]


def _msg_key(key: bytes, plain: bytes, origin: Origin) -> bytes:
    x = 0 if origin == "client" else 8
    return sha256(key[88 + x : 120 + x] + plain).digest()[8:24]


def _aes(key: bytes, msg_key: bytes, origin: Origin) -> tuple[bytes, bytes]:
    x = 0 if origin == "client" else 8
    a = sha256(msg_key + key[x : x + 36]).digest()
    b = sha256(key[x + 40 : x + 76] + msg_key).digest()
    return a[:8] + b[8:24] + a[24:32], b[:8] + a[8:24] + b[24:32]
