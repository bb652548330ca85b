"""Reads the proof that whoever made a temporary key has the permanent one, too.

It is encrypted as MTProto 1.0 did. Source: https://core.telegram.org/method/auth.bindTempAuthKey
"""

from __future__ import annotations

import struct
from hashlib import sha1
from typing import Any

from telethon.crypto import AES
from telethon.tl import types

from . import containers
from .envelope import key_id

_OUTER_BYTES, _BLOCK = 24, 16
_HEAD = struct.Struct("<16sqii")


class BadBinding(ValueError):
    """The proof does not hold."""


def read_binding(permanent: bytes, sealed: bytes) -> Any:
    """Return the `bind_auth_key_inner` that was encrypted under a permanent key.

    Raises:
        BadBinding: it was not, or it is something else.

    """
    body = sealed[_OUTER_BYTES:]
    if sealed[:8] != key_id(permanent) or len(body) < _HEAD.size or len(body) % _BLOCK:
        raise BadBinding("not for this key")
    msg_key = sealed[8:_OUTER_BYTES]
    plain: bytes = AES.decrypt_ige(body, *_aes(permanent, msg_key))
    _, _, _, size = _HEAD.unpack_from(plain)
    end = _HEAD.size + size
    if not 0 <= size <= len(plain) - _HEAD.size or _sha(plain[:end])[4:20] != msg_key:
        raise BadBinding("wrong message key")
    try:
        inner = containers.read(plain[_HEAD.size : end])
    except containers.UnreadableContainer as error:
        raise BadBinding("unreadable") from error
    if not isinstance(inner, types.BindAuthKeyInner):
        raise BadBinding("something else inside")
    return inner


def _aes(key: bytes, msg_key: bytes) -> tuple[bytes, bytes]:
    """Return AES key and IV of MTProto 1.0, for a message of the client.

    Source: https://core.telegram.org/mtproto/description_v1#defining-aes-key-and-initialization-vector
    """
    a = _sha(msg_key + key[:32])
    b = _sha(key[32:48] + msg_key + key[48:64])
    c = _sha(key[64:96] + msg_key)
    d = _sha(msg_key + key[96:128])
    return a[:8] + b[8:20] + c[4:16], a[8:20] + b[:8] + c[16:20] + d[:8]


def _sha(data: bytes) -> bytes:
    return sha1(data, usedforsecurity=False).digest()
