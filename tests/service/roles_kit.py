"""Gateways and workers of one account in a real redis-server, for the tests of their store."""

from __future__ import annotations

from contextlib import AsyncExitStack

from sapp_bot.store import KeyRing
from sapp_bot.store.roles.connect import (
    GatewayStore,
    WorkerStore,
    open_gateway_store,
    open_worker_store,
)
from sapp_bot.store.roles.worker_inbox import Ticket, read_ticket
from tests.service.store_kit import KEY, HandClock


class Roles:
    """Gateways and workers of one account in a real redis-server."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self.url = url  # may be changed: it is that of the stores opened next
        self._stack = stack
        self.clock = HandClock()
        self._ring = KeyRing([KEY])

    async def gateway(self) -> GatewayStore:
        """Open the store of a gateway that has the account."""
        opening = open_gateway_store(self.url, self._ring, account=1, clock=self.clock)
        store = await self._stack.enter_async_context(opening)
        await store.store.inbox.claim()
        return store

    async def worker(self, name: str, *in_work: Ticket) -> WorkerStore:
        """Open the store of a worker, which has these tickets in work for `m:7:1`."""
        opening = open_worker_store(
            self.url,
            self._ring,
            account=1,
            clock=self.clock,
            worker=name,
            ticket_of=lambda key: in_work[0] if in_work and key == "m:7:1" else None,
        )
        return await self._stack.enter_async_context(opening)


async def given(worker: WorkerStore) -> list[Ticket]:
    """Read the tickets that a worker is given."""
    found = await worker.group.read(10)
    return [read_ticket(*entry) for stream, entry in found if stream == worker.ready]
