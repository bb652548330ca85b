"""Which Redis a stage uses when its test names none: one in memory, or a server's database.

The one in memory (fakeredis) runs Lua in Python: a message takes it six milliseconds, a real
server half of one. Whoever runs many tests names a server in `TEST_REDIS_URL`.
"""

from __future__ import annotations

import os
import secrets
from itertools import cycle

from sapp_bot.store.server.connection import connector, packed

VARIABLE = "TEST_REDIS_URL"
"""Environment variable with the address of a redis-server, without a database, that has nothing to
lose: its databases 1 to 15 are emptied."""

_databases = cycle(range(1, 16))


def next_redis() -> str:
    """Return the address of a Redis for one more stage, in the form of `SAPP_REDIS_URL`.

    With a server the databases are taken by turns, so that not more than 15 stages can be open at
    the same time; `empty` it before use.
    """
    server = os.environ.get(VARIABLE, "")
    if server:
        return f"{server.rstrip('/')}/{next(_databases)}"
    return in_memory()


def in_memory() -> str:
    """Return the address of a Redis in memory for one more stage."""
    return f"memory://stage-{secrets.token_hex(8)}"


async def empty(url: str) -> None:
    """Remove everything from the database of an address that `next_redis` returned.

    Raises:
        ConnectionBroken: Redis cannot be reached.

    """
    if url.startswith("memory:"):
        return
    wire = connector(url)[0]()
    await wire.open()
    try:
        await wire.write([packed("FLUSHDB")])
        await wire.read()
    finally:
        await wire.close()
