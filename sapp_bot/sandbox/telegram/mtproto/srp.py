"""Passwords of two-step verification: the server's side of SRP.

Source: https://core.telegram.org/api/srp. Names are those of that page, A and B among them.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import pbkdf2_hmac, sha256

from sapp_bot.sandbox.telegram.mtproto.primes import GENERATOR, PRIME, is_safe, to_bytes

_SALT1_BYTES, _SALT2_BYTES = 40, 16
_ITERATIONS = 100_000
_EXPONENT_BITS = 256
# As short as in the key exchange: the full 2048 bits take eight times as long.


def _hash(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


_G = to_bytes(GENERATOR)
_P = to_bytes(PRIME)
_K = int.from_bytes(_hash(_P, _G), "big")
_HEAD = bytes(a ^ b for a, b in zip(_hash(_P), _hash(_G), strict=True))


class BadProof(ValueError):
    """The client's number A is out of range."""


@dataclass(frozen=True, slots=True)
class CloudPassword:
    """What the server stores of a password: two salts and a verifier. Created by `make`."""

    salt1: bytes
    salt2: bytes
    verifier: int = field(repr=False)
    hint: str = ""

    @classmethod
    def make(cls, password: str, hint: str = "") -> CloudPassword:
        """Return what to store of a password; slow on purpose, some hundredths of a second."""
        salt1, salt2 = secrets.token_bytes(_SALT1_BYTES), secrets.token_bytes(_SALT2_BYTES)
        first = _hash(salt2, _hash(salt1, password.encode(), salt1), salt2)
        stretched = pbkdf2_hmac("sha512", first, salt1, _ITERATIONS)
        x = int.from_bytes(_hash(salt2, stretched, salt2), "big")
        return cls(salt1, salt2, pow(GENERATOR, x, PRIME), hint)

    def challenge(self) -> Challenge:
        """Return a challenge that only a client with the password can answer."""
        b = secrets.randbits(_EXPONENT_BITS) | 1 << (_EXPONENT_BITS - 1)
        # Clients check g^b, which they compute by subtracting the verifier's part.
        while not is_safe(g_b := pow(GENERATOR, b, PRIME)):
            b += 1
        srp_b = (_K * self.verifier + g_b) % PRIME
        return Challenge(self, secrets.randbits(63) or 1, b, to_bytes(srp_b))


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: its id, its secret `b`, and B, which the client is told."""

    password: CloudPassword
    id: int
    b: int = field(repr=False)
    srp_b: bytes

    def is_met(self, srp_a: bytes, proof: bytes) -> bool:
        """Return whether the proof (M1) comes from a client that knows the password.

        Raises:
            BadProof: A is out of range: with 0 or p everybody could prove everything.

        """
        a = int.from_bytes(srp_a, "big")
        if not is_safe(a):
            raise BadProof("A is out of range")
        u = int.from_bytes(_hash(to_bytes(a), self.srp_b), "big")
        shared = pow(a * pow(self.password.verifier, u, PRIME), self.b, PRIME)
        salts = _hash(self.password.salt1) + _hash(self.password.salt2)
        wanted = _hash(_HEAD, salts, to_bytes(a), self.srp_b, _hash(to_bytes(shared)))
        return hmac.compare_digest(wanted, proof)
