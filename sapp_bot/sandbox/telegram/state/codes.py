"""Login codes: which were sent to whom, and which are still valid.

A code belongs to the device that asked for it, as on Telegram, where another one that brings its
hash is told that it ran out. Source: https://core.telegram.org/api/auth
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sapp_bot.sandbox.telegram.refusal import RpcError

LOGIN_CODE = "22222"
"""The code that signs in any phone number."""

_CODES_KEPT = 1_000


@dataclass(slots=True)
class _Sent:
    """A sent code; it can be sent once more in another way, and not a third time."""

    hash: str
    again: bool = False


class LoginCodes:
    """All codes that were sent and not used, by device and phone number (digits)."""

    def __init__(self) -> None:
        self._sent: dict[tuple[bytes, str], _Sent] = {}

    def send(self, device: bytes, phone: str) -> str:
        """Record a new code and return its hash; an earlier one of the device becomes invalid."""
        sent = self._sent[device, phone] = _Sent(secrets.token_hex(9))
        if len(self._sent) > _CODES_KEPT:
            del self._sent[next(iter(self._sent))]
        return sent.hash

    def send_again(self, device: bytes, phone: str, code_hash: str) -> None:
        """Record that a code was sent again in the other way.

        Raises:
            RpcError: there is no such code, or it was sent twice before.

        """
        sent = self._find(device, phone, code_hash)
        if sent.again:
            raise RpcError("SEND_CODE_UNAVAILABLE", 406)
        sent.again = True

    def check(self, device: bytes, phone: str, code_hash: str, code: str) -> None:
        """Check a code; a wrong one can be tried again.

        Raises:
            RpcError: the code is wrong or has expired.

        """
        self._find(device, phone, code_hash)
        if code != LOGIN_CODE:
            raise RpcError("PHONE_CODE_INVALID" if code else "PHONE_CODE_EMPTY")

    def forget(self, device: bytes, phone: str) -> None:
        """Delete a code that was used or cancelled."""
        self._sent.pop((device, phone), None)

    def expire(self) -> None:
        """Expire all codes, as happens after some minutes."""
        self._sent.clear()

    def _find(self, device: bytes, phone: str, code_hash: str) -> _Sent:
        if not code_hash:
            raise RpcError("PHONE_CODE_HASH_EMPTY")
        sent = self._sent.get((device, phone))
        if sent is None or sent.hash != code_hash:
            raise RpcError("PHONE_CODE_EXPIRED")
        return sent
