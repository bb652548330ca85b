"""Searches all data in a Redis, past the store: for tests that no secret is readable there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sapp_bot.store.server.connection import RedisConnection, packed
from sapp_bot.store.server.connector import connector

_READ: Mapping[bytes, Sequence[str]] = {
    b"string": ("GET",),
    b"list": ("LRANGE", "0", "-1"),
    b"hash": ("HGETALL",),
    b"set": ("SMEMBERS",),
    b"zset": ("ZRANGE", "0", "-1"),
}
"""Type of a Redis key -> the command that reads it, and what follows the key."""


async def found_at_rest(url: str, text: str) -> list[str]:
    """Return the sorted Redis keys that contain a text in name or value.

    Args:
        url: As `SAPP_REDIS_URL`.
        text: What to look for, as UTF-8.

    Raises:
        ConnectionBroken: Redis cannot be reached.

    """
    wanted = text.encode("utf-8", "surrogatepass")
    wire = connector(url)[0]()
    await wire.open()
    try:
        return sorted([name async for name, data in _everything(wire) if wanted in data])
    finally:
        await wire.close()


async def _everything(wire: RedisConnection) -> AsyncIterator[tuple[str, bytes]]:
    for name in await _ask(wire, "KEYS", "*"):
        command, *rest = _READ[await _ask(wire, "TYPE", name)]
        yield name.decode(), name + b"\n" + _flat(await _ask(wire, command, name, *rest))


def _flat(value: Any) -> bytes:
    if isinstance(value, list | tuple | set):
        return b"\n".join(map(_flat, value))
    return value if isinstance(value, bytes) else str(value).encode()


async def _ask(wire: RedisConnection, *command: str | bytes) -> Any:
    await wire.write([packed(*command)])
    return await wire.read()
