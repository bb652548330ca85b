"""Login codes: which were sent to whom, and what may still be done with them.

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
    """A code that is on its way; a second one goes another way, a third does not go."""

    hash: str
    again: bool = False


class LoginCodes:
    """All codes that were sent and not used yet, by device and phone number (digits)."""

    def __init__(self) -> None:
        self._sent: dict[tuple[bytes, str], _Sent] = {}

    def send(self, device: bytes, phone: str) -> str:
        """Send a code; gives its hash. An earlier one of this device is void."""
        sent = self._sent[device, phone] = _Sent(secrets.token_hex(9))
        if len(self._sent) > _CODES_KEPT:
            del self._sent[next(iter(self._sent))]
        return sent.hash

    def send_again(self, device: bytes, phone: str, code_hash: str) -> None:
        """Send the same code by the other way. Raises Refused."""
        sent = self._find(device, phone, code_hash)
        if sent.again:
            raise RpcError("SEND_CODE_UNAVAILABLE", 406)
        sent.again = True

    def check(self, device: bytes, phone: str, code_hash: str, code: str) -> None:
        """See that this code was sent. A wrong one can be tried again. Raises Refused."""
        self._find(device, phone, code_hash)
        if code != LOGIN_CODE:
            raise RpcError("PHONE_CODE_INVALID" if code else "PHONE_CODE_EMPTY")

    def forget(self, device: bytes, phone: str) -> None:
        """Take note that a code was used, or is not wanted any more."""
        self._sent.pop((device, phone), None)

    def expire(self) -> None:
        """Let all codes run out, as they do after some minutes."""
        self._sent.clear()

    def _find(self, device: bytes, phone: str, code_hash: str) -> _Sent:
        if not code_hash:
            raise RpcError("PHONE_CODE_HASH_EMPTY")
        sent = self._sent.get((device, phone))
        if sent is None or sent.hash != code_hash:
            raise RpcError("PHONE_CODE_EXPIRED")
        return sent
