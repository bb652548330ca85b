"""Making an authorization key with a client: three steps, as a state machine without I/O.

Source: https://core.telegram.org/mtproto/auth_key
"""

from __future__ import annotations

import secrets
import struct
import time
from hashlib import sha1
from typing import Any

from telethon.crypto import AES, AuthKey
from telethon.helpers import generate_key_data_from_nonce
from telethon.tl import functions, types

from . import parcels
from .keyring import BadCipher, ServerKey

# Small primes: clients factor the product, and some need each to fit 4 bytes.
_P, _Q = 40009, 50021
# Telegram's own prime, which clients may insist on, and its generator.
# Source: https://core.telegram.org/mtproto/auth_key, "dh_prime"; the value is a public constant.
_DH_PRIME = int(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F"
    "48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37"
    "20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F64"
    "2477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4"
    "A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754"
    "FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"
    "E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F"
    "0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B",
    16,
)
_G = 3
_SAFE = 2 ** (2048 - 64)
_KEY_BYTES = 256
_BLOCK = 16
_PROOF = struct.Struct("<BQ")


class BadExchange(ValueError):
    """The client broke the protocol; the connection is of no more use."""


class KeyExchange:
    """One connection's handshake. `auth_key` (256 bytes) is there after the third step."""

    def __init__(self, server_key: ServerKey) -> None:
        self._server_key = server_key
        self._nonce = 0
        self._server_nonce = 0
        self._new_nonce = 0
        self._a = 0
        self.auth_key: bytes | None = None

    def answer(self, request: Any) -> Any:
        """Take a step.

        Raises:
            BadExchange: out of order, or not what the protocol says.
        parcels.Unreadable: what was encrypted is no TL object.

        """
        if isinstance(request, functions.ReqPqMultiRequest | functions.ReqPqRequest):
            return self._offer(request)
        if not self._server_nonce or (request.nonce, request.server_nonce) != (
            self._nonce,
            self._server_nonce,
        ):
            raise BadExchange("wrong nonce")
        if isinstance(request, functions.ReqDHParamsRequest):
            return self._parameters(request)
        if not self._a:
            raise BadExchange("out of order")
        return self._finish(request)

    def _offer(self, request: Any) -> Any:
        self._nonce, self._a = request.nonce, 0
        self._server_nonce = int.from_bytes(secrets.token_bytes(16), "little", signed=True)
        return types.ResPQ(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            pq=(_P * _Q).to_bytes(4, "big"),
            server_public_key_fingerprints=[self._server_key.fingerprint],
        )

    def _parameters(self, request: Any) -> Any:
        inner = self._inner(request.encrypted_data)
        self._new_nonce = inner.new_nonce
        self._a = secrets.randbits(256) | 1 << 255
        while not _SAFE <= (g_a := pow(_G, self._a, _DH_PRIME)) <= _DH_PRIME - _SAFE:
            self._a += 1
        plain = bytes(
            types.ServerDHInnerData(
                nonce=self._nonce,
                server_nonce=self._server_nonce,
                g=_G,
                dh_prime=_DH_PRIME.to_bytes(_KEY_BYTES, "big"),
                g_a=g_a.to_bytes(_KEY_BYTES, "big"),
                server_time=int(time.time()),
            )
        )
        key, iv = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        answer = AES.encrypt_ige(sha1(plain, usedforsecurity=False).digest() + plain, key, iv)
        return types.ServerDHParamsOk(self._nonce, self._server_nonce, answer)

    def _inner(self, block: bytes) -> Any:
        try:
            inner = parcels.read(self._server_key.decrypt(block))
        except BadCipher as error:
            raise BadExchange(str(error)) from error
        if not isinstance(inner, types.PQInnerData | types.PQInnerDataDc):
            raise BadExchange("no inner data")
        if (inner.nonce, inner.server_nonce) != (self._nonce, self._server_nonce):
            raise BadExchange("wrong nonce inside")
        return inner

    def _finish(self, request: Any) -> Any:
        if not request.encrypted_data or len(request.encrypted_data) % _BLOCK:
            raise BadExchange("not a multiple of a block")
        key, iv = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        plain = AES.decrypt_ige(request.encrypted_data, key, iv)
        inner = parcels.read(plain[20:])
        if not isinstance(inner, types.ClientDHInnerData):
            raise BadExchange("no client data")
        g_b = int.from_bytes(inner.g_b, "big")
        if not 1 < g_b < _DH_PRIME - 1:
            raise BadExchange("g_b out of range")
        # All 256 bytes, leading zeros too, as the protocol says. Telethon strips them: one of its
        # handshakes in 256 fails and is made again.
        self.auth_key = pow(g_b, self._a, _DH_PRIME).to_bytes(_KEY_BYTES, "big")
        proof = _proof(self._new_nonce, self.auth_key)
        return types.DhGenOk(self._nonce, self._server_nonce, new_nonce_hash1=proof)


def _proof(new_nonce: int, auth_key: bytes) -> int:
    data = new_nonce.to_bytes(32, "little", signed=True)
    data += _PROOF.pack(1, AuthKey(auth_key).aux_hash)
    digest = sha1(data, usedforsecurity=False).digest()
    return int.from_bytes(digest[4:20], "little", signed=True)
