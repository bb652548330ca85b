"""Salts of one key: each valid for an hour, a new one every half hour.

Source: https://core.telegram.org/mtproto/description#server-salt, and get_future_salts in
https://core.telegram.org/mtproto/service_messages#request-for-several-future-salts
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

_EVERY_S, _VALID_S = 1_800, 3_600
MOST_ASKED = 64


@dataclass(slots=True)
class Salts:
    """Salts by time (seconds since 1970); `change` makes all earlier ones invalid."""

    _secret: bytes = field(repr=False)
    _first: tuple[int, float] | None = None

    @classmethod
    def make(cls) -> Salts:
        """Return salts that nobody can foresee."""
        return cls(secrets.token_bytes(32))

    def begin_with(self, salt: int, now: float) -> None:
        """Accept the salt that both sides know from making the key, for an hour."""
        self._first = (salt, now + _VALID_S)

    def current(self, now: float) -> int:
        """Return the newest salt that is valid."""
        return self._salt(int(now) // _EVERY_S)

    def accepts(self, salt: int, now: float) -> bool:
        """Return whether a salt is valid."""
        if self._first is not None and salt == self._first[0] and now < self._first[1]:
            return True
        newest = int(now) // _EVERY_S
        return any(salt == self._salt(slot) for slot in range(newest, newest - 2, -1))

    def future(self, count: int, now: float) -> list[Any]:
        """Return the current salt and those that follow, 1 to 64 as asked."""
        first = int(now) // _EVERY_S
        return [
            types.FutureSalt(_time(slot * _EVERY_S), _time(slot * _EVERY_S + _VALID_S), salt)
            for slot in range(first, first + min(max(count, 1), MOST_ASKED))
            if (salt := self._salt(slot))
        ]

    def change(self) -> None:
        """Replace all salts."""
        self._secret, self._first = secrets.token_bytes(32), None

    def _salt(self, slot: int) -> int:
        digest = hmac.digest(self._secret, slot.to_bytes(8, "big", signed=True), hashlib.sha256)
        return int.from_bytes(digest[:8], "little", signed=True)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
