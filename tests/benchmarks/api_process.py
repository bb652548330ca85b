"""The API's stand-in as a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sapp_bot.sandbox.faults import Delay, Drop, Fail
from sapp_bot.sandbox.sapp_api import SappApi
from tests.benchmarks.pipe import serve

READS = 100
METERED = "*/service/*"
LOOK_S = 0.01
SPOILS = {
    "drop before": Drop("before"),
    "drop after": Drop("after"),
    "500": Fail(500),
    "slow": Delay(0.3),
}
PASSWORD = "correct horse battery"


class ApiProcess:
    """What the parent can ask for."""

    def __init__(self, api: SappApi) -> None:
        self._api = api

    async def hello(self) -> dict[str, Any]:
        """Tell the address, and the administrator's login."""
        admin = self._api.database.admin
        return {"url": self._api.url, "email": admin.email, "password": admin.password}

    async def seed(self, first: int, count: int) -> list[dict[str, Any]]:
        """Make users with one client each, and log them in."""
        database = self._api.database
        made = []
        for number in range(first, first + count):
            user = database.add_user(f"person{number}@example.com", PASSWORD)
            database.add_client(user, name=f"Desk {number}", available=READS, used=number % READS)
            expires_at = database.now() + database.token_life
            token = database.token_for(user)
            login = {"user_id": user.id, "email": user.email, "role": user.role}
            made.append({**login, "token": token, "expires_at": expires_at.isoformat()})
        return made

    async def delay(self, ms: float) -> None:
        """Let every call wait from now on."""
        self._api.faults.clear()
        if ms:
            seconds = timedelta(milliseconds=ms).total_seconds()
            self._api.faults.add("*", Delay(seconds), times=None)

    async def spoil(self, kind: str, nth: int) -> None:
        """Let the `nth` call from now fail."""
        self._api.faults.add("*", SPOILS[kind], nth=nth)

    async def forget_faults(self) -> None:
        """Plan none any more."""
        self._api.faults.clear()

    async def counts(self) -> dict[str, int]:
        """Count calls, those of them that cost a read, and connections so far."""
        return {
            "calls": self._api.counts.total(),
            "reads": self._api.count(METERED),
            "connections": self._api.connections,
        }

    async def reading(self, within_s: float) -> None:
        """Wait until somebody has begun a call that costs a read."""
        async with asyncio.timeout(within_s):
            while not self._api.count(METERED):
                await asyncio.sleep(LOOK_S)


async def main() -> None:
    """Serve."""
    async with SappApi(seed=1) as api:
        here = ApiProcess(api)
        names: Sequence[str] = (
            "hello",
            "seed",
            "delay",
            "spoil",
            "forget_faults",
            "counts",
            "reading",
        )
        await serve({name: getattr(here, name) for name in names})


if __name__ == "__main__":
    asyncio.run(main())
