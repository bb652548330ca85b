"""What lies in a Redis, read from outside of the bot: for tests that look for secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sapp_bot.store.connection import RedisConnection, connector, packed

_READ: Mapping[bytes, Sequence[str]] = {
    b"string": ("GET",),
    b"list": ("LRANGE", "0", "-1"),
    b"hash": ("HGETALL",),
    b"set": ("SMEMBERS",),
    b"zset": ("ZRANGE", "0", "-1"),
}
"""How the values of each kind are read: the command, and what stands behind the key."""


async def found_at_rest(url: str, text: str) -> list[str]:
    """Name the keys in which a text can be read, be it in the name or in the value."""
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
