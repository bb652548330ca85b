"""Creates an authorization key with a client in three steps; a state machine without I/O.

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

from . import containers
from .keyring import BadCipher, ServerKey
from .primes import GENERATOR, PRIME, is_safe, to_bytes

# As long as Telegram's own, 8 bytes of two times 4: strict clients refuse others. Of those that are
# so long the least: who signs in at the start of a sandbox factors them in Python, in some 20 ms.
_P, _Q = 268_435_459, 402_653_189
_BLOCK = 16
_PROOF = struct.Struct("<BQ")


class BadExchange(ValueError):
    """The client violated the protocol; the connection must be closed."""


_INNER = (
    types.PQInnerData,
    types.PQInnerDataDc,
    types.PQInnerDataTemp,
    types.PQInnerDataTempDc,
)
_LONGEST_S = 7 * 24 * 3600


class KeyExchange:
    """One connection's handshake; `auth_key` (256 bytes) is set by the third step.

    `expires_in` is for how many seconds a temporary key is wanted, None for a permanent one.
    """

    def __init__(self, server_key: ServerKey) -> None:
        self._server_key = server_key
        self._nonce = 0
        self._server_nonce = 0
        self._new_nonce = 0
        self._a = 0
        self.auth_key: bytes | None = None
        self.expires_in: int | None = None

    @property
    def first_salt(self) -> int:
        """The salt of the first messages: the beginnings of both nonces, XORed."""
        mask = self._new_nonce ^ self._server_nonce
        return int.from_bytes((mask & (1 << 64) - 1).to_bytes(8, "little"), "little", signed=True)

    def answer(self, request: Any) -> Any:
        """Return the answer to the client's next step.

        Raises:
            BadExchange: a step out of order, or with wrong values.
            containers.UnreadableContainer: the encrypted part is no TL object.

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
            pq=(_P * _Q).to_bytes(8, "big"),
            server_public_key_fingerprints=[self._server_key.fingerprint],
        )

    def _parameters(self, request: Any) -> Any:
        inner = self._inner(request.encrypted_data)
        self._new_nonce = inner.new_nonce
        self.expires_in = getattr(inner, "expires_in", None)
        if self.expires_in is not None and not 0 < self.expires_in <= _LONGEST_S:
            raise BadExchange("expires too late")
        self._a = secrets.randbits(256) | 1 << 255
        while not is_safe(g_a := pow(GENERATOR, self._a, PRIME)):
            self._a += 1
        plain = bytes(
            types.ServerDHInnerData(
                nonce=self._nonce,
                server_nonce=self._server_nonce,
                g=GENERATOR,
                dh_prime=to_bytes(PRIME),
                g_a=to_bytes(g_a),
                server_time=int(time.time()),
            )
        )
        key, iv = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        answer = AES.encrypt_ige(sha1(plain, usedforsecurity=False).digest() + plain, key, iv)
        return types.ServerDHParamsOk(self._nonce, self._server_nonce, answer)

    def _inner(self, block: bytes) -> Any:
        try:
            inner = containers.read(self._server_key.decrypt(block))
        except BadCipher as error:
            raise BadExchange(str(error)) from error
        if not isinstance(inner, _INNER):
            raise BadExchange("no inner data")
        if (inner.nonce, inner.server_nonce) != (self._nonce, self._server_nonce):
            raise BadExchange("wrong nonce inside")
        return inner

    def _finish(self, request: Any) -> Any:
        if not request.encrypted_data or len(request.encrypted_data) % _BLOCK:
            raise BadExchange("not a multiple of a block")
        key, iv = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        plain = AES.decrypt_ige(request.encrypted_data, key, iv)
        inner = containers.read(plain[20:])
        if not isinstance(inner, types.ClientDHInnerData):
            raise BadExchange("no client data")
        g_b = int.from_bytes(inner.g_b, "big")
        if not 1 < g_b < PRIME - 1:
            raise BadExchange("g_b out of range")
        # All 256 bytes with leading zeros, as the protocol says. Telethon strips zeros, so one of
        # its handshakes in 256 fails, and Telethon repeats it.
        self.auth_key = to_bytes(pow(g_b, self._a, PRIME))
        proof = _proof(self._new_nonce, self.auth_key)
        return types.DhGenOk(self._nonce, self._server_nonce, new_nonce_hash1=proof)


def _proof(new_nonce: int, auth_key: bytes) -> int:
    data = new_nonce.to_bytes(32, "little", signed=True)
    data += _PROOF.pack(1, AuthKey(auth_key).aux_hash)
    digest = sha1(data, usedforsecurity=False).digest()
    return int.from_bytes(digest[4:20], "little", signed=True)
