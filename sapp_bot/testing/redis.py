"""Which Redis a stage uses when its test names none: one in memory, or a server's database.

The one in memory (fakeredis) runs Lua in Python: a message takes it six milliseconds, a real
server half of one. Whoever runs many tests names a server in `TEST_REDIS_URL`.
"""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sapp_bot.store.server.connection import packed
from sapp_bot.store.server.connector import connector

VARIABLE = "TEST_REDIS_URL"
"""Environment variable with the address of a redis-server, without a database, that has nothing to
lose: its databases 1 to 15 are emptied. Source of 15: `databases 16`, the default of redis.conf."""

_free = deque(range(1, 16))
"""Databases of the server that no open stage has, the one that was given back last at the end."""


@asynccontextmanager
async def lend_redis() -> AsyncIterator[str]:
    """Lend the address of an empty Redis, in the form of `SAPP_REDIS_URL`.

    It is in memory without a server, and for those that come when 15 stages are open already.

    Raises:
        ConnectionBroken: the server cannot be reached.

    """
    server = os.environ.get(VARIABLE, "")
    if not server or not _free:
        yield in_memory()
        return
    number = _free.popleft()
    try:
        url = f"{server.rstrip('/')}/{number}"
        await _empty(url)
        yield url
    finally:
        _free.append(number)


def in_memory() -> str:
    """Return the address of a Redis in memory for one more stage."""
    return f"memory://stage-{secrets.token_hex(8)}"


async def _empty(url: str) -> None:
    wire = connector(url)[0]()
    await wire.open()
    try:
        await wire.write([packed("FLUSHDB")])
        await wire.read()
    finally:
        await wire.close()
