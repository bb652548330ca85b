"""Aim a Kurigram client at the server of an invitation; importing this needs Kurigram."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sapp_bot.sandbox.telegram.mtproto.keyring import fingerprint_of

# By name, as it is not there where the rest of the tests is checked; it has no types for us.
pyrogram = importlib.import_module("pyrogram")
_connection = importlib.import_module("pyrogram.connection")
_rsa = importlib.import_module("pyrogram.crypto.rsa")
transports: Any = importlib.import_module("pyrogram.connection.transport")


def make_client(told: dict[str, Any], transport: Any, **sign_in: str) -> Any:
    """Make a client that is not connected; `sign_in` are phone_number, password and the like.

    Kurigram writes Telegram's own address over one that is stored, so the address is set where
    connections are made: nothing but this server can be dialled.
    """
    there = told["telegram"]
    trust(Path(there["public_key_file"]))

    def connect(dc_id: int, server_address: str, port: int, **more: Any) -> Any:
        del server_address, port
        return _connection.Connection(dc_id, there["host"], there["port"], **more)

    return pyrogram.Client(
        "independent",
        api_id=1,
        api_hash="independent",
        in_memory=True,
        phone_code=there["login_code"],
        connection_factory=connect,
        protocol_factory=transport,
        **sign_in,
    )


def trust(key_file: Path) -> None:
    """Add a server's key to Kurigram's table; there is no public way."""
    key = load_pem_public_key(key_file.read_bytes())
    assert isinstance(key, RSAPublicKey)
    numbers = key.public_numbers()
    _rsa.server_public_keys[fingerprint_of(numbers)] = _rsa.PublicKey(numbers.n, numbers.e)
