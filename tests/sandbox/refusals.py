"""Telegram's errors by their names on the wire; Telethon gives some of them classes."""

from __future__ import annotations

from typing import Any

import pytest
from telethon.errors import RPCError
from telethon.errors.rpcerrorlist import rpc_errors_dict


def refused(name: str) -> Any:
    """Expect this error: a context manager."""
    kind = rpc_errors_dict.get(name)
    return pytest.raises(kind) if kind else pytest.raises(RPCError, match=name)
