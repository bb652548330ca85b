"""The error with which the server answers a refused call."""

from __future__ import annotations


class RpcError(Exception):
    """An RPC error: a code and Telegram's name for it.

    Source: https://core.telegram.org/api/errors
    """

    def __init__(self, name: str, code: int = 400) -> None:
        super().__init__(f"{code} {name}")
        self.code = code
        self.name = name
