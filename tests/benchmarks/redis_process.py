"""The counting proxy before Redis as a process of its own: for counts and faults, not for times."""

from __future__ import annotations

import asyncio
from typing import Any

from sapp_bot.sandbox.faults import Drop, When
from sapp_bot.sandbox.redis.proxy import RedisProxy
from tests.benchmarks.pipe import serve
from tests.benchmarks.relay import Relay


class RedisProcess:
    """What the parent can ask for; the proxy begins when it is told where Redis is."""

    def __init__(self) -> None:
        self._proxy: RedisProxy | None = None

    async def open(self, target: str) -> str:
        """Begin, and tell the address."""
        self._proxy = RedisProxy(target)
        await self._proxy.start()
        return self._proxy.url

    async def far(self, target: str, ms: float) -> str:
        """Open a way to Redis that takes some milliseconds there and back; tells the address."""
        return await Relay(target, ms / 1000).start()

    async def counts(self) -> dict[str, Any]:
        """Count round trips and commands so far, but for those of the heartbeat."""
        assert self._proxy is not None
        beats = self._proxy.counts["EVALSHA:probe"]
        return {
            "round_trips": self._proxy.round_trips - beats,
            "commands": self._proxy.commands - beats,
        }

    async def spoil(self, when: When, nth: int) -> None:
        """Cut the connection at the `nth` command from now, before Redis works on it or after."""
        assert self._proxy is not None
        self._proxy.faults.add("*", Drop(when), nth=nth)

    async def forget_faults(self) -> None:
        """Plan none any more."""
        assert self._proxy is not None
        self._proxy.faults.clear()


async def main() -> None:
    """Serve."""
    here = RedisProcess()
    names = ("open", "far", "counts", "spoil", "forget_faults")
    await serve({name: getattr(here, name) for name in names})


if __name__ == "__main__":
    asyncio.run(main())
