"""The counting proxy before Redis as a process of its own: for counts and faults, not for times."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from sapp_bot.sandbox.redis_proxy import RedisProxy
from tests.benchmarks.pipe import serve


class RedisProcess:
    """What the parent can ask for; the proxy begins when it is told where Redis is."""

    def __init__(self) -> None:
        self._proxy: RedisProxy | None = None

    async def open(self, target: str) -> str:
        """Begin, and tell the address."""
        self._proxy = RedisProxy(target)
        await self._proxy.start()
        return self._proxy.url

    async def counts(self) -> dict[str, Any]:
        """Count round trips and commands so far."""
        assert self._proxy is not None
        return {"round_trips": self._proxy.round_trips, "commands": self._proxy.commands}

    async def cut(self) -> None:
        """Cut every connection, once."""
        assert self._proxy is not None
        await self._proxy.cut()


async def main() -> None:
    """Serve."""
    here = RedisProcess()
    await serve({"open": here.open, "counts": here.counts, "cut": here.cut})


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
