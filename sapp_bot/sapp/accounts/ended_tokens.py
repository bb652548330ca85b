"""Knows the tokens that were ended here a moment ago: a new login may be given one of them again.

Two logins of a user within one second get the same token, and a logout ends a token by its text.
So who logs out and in again within a second would be logged out still. Source: the API's JWT has
whole seconds and no id of its own; measured.
"""

from __future__ import annotations

from collections import deque
from hashlib import sha256

from pydantic import SecretStr

TOKEN_STEP_S = 1.0
"""After this time a login gets another token."""

REMEMBERED = 1000
"""So many logouts within one second are more than the API takes."""


class EndedTokens:
    """The tokens ended last, as digests."""

    def __init__(self) -> None:
        self._digests: deque[bytes] = deque(maxlen=REMEMBERED)

    def add(self, token: SecretStr) -> None:
        """Remember that a token was ended, or that it was tried."""
        self._digests.append(_digest(token))

    def __contains__(self, token: SecretStr) -> bool:
        """Return whether a token was ended lately."""
        return _digest(token) in self._digests


def _digest(token: SecretStr) -> bytes:
    return sha256(token.get_secret_value().encode()).digest()
