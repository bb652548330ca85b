"""A ledger that several workers share, on a real redis-server; API and Telegram are played."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from random import Random

from sapp_bot.clock import SystemClock
from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.ledger.books.payload import write_payload
from sapp_bot.ledger.checkout import CheckoutQuery
from sapp_bot.ledger.values import PackOrder, StarsRecord
from sapp_bot.roles.worker.ledger_acts import answer_to
from sapp_bot.roles.worker.shared_ledger import SharedLedger
from sapp_bot.store.roles.connect import WorkerStore
from tests.ledger.kit import ANN, Ear, query
from tests.ledger.outside import RacyApi, StarsList, Weather
from tests.ledger.subjects import SIGNER, SMALLEST_PACK
from tests.service.roles_kit import Roles

SOON_S = 12.0
"""How long a test waits for what must come: a term, its end, and a machine that is busy."""


class GatedApi(RacyApi):
    """An API that can be made to wait with what it says of one client."""

    def __init__(self, weather: Weather) -> None:
        super().__init__(weather)
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0

    async def reads(self, client: int) -> ClientReads | None:
        """GET one client, when the gate is open."""
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        return await super().reads(client)


class Partner:
    """One worker: its store, its ledger, and whether it runs."""

    def __init__(self, store: WorkerStore, ledger: SharedLedger) -> None:
        self.store = store
        self.ledger = ledger
        self._running: asyncio.Task[object] | None = None

    def run(self) -> None:
        """Keep the ledger whenever nobody else does."""
        self._running = asyncio.ensure_future(self.ledger.run())

    async def stop(self) -> None:
        """End it, in order."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
            self._running = None


class Firm:
    """Workers of one bot that sell.

    Attributes:
        api, stars: The outside.
        ear: Who hears the notices, whoever tells them.
        asked: Acts that went from one worker to another.

    """

    def __init__(self, roles: Roles) -> None:
        weather = Weather(Random(1))  # noqa: S311  # nothing of it matters
        self.roles = roles
        self.api, self.stars, self.ear = GatedApi(weather), StarsList(weather), Ear()
        self.api.make(1, 10)
        self.api.make(2, 10)
        self.clock = SystemClock()
        self.partners: dict[str, Partner] = {}
        self.asked: list[str] = []

    async def worker(self, name: str) -> Partner:
        """Bring in a worker that does not keep the ledger before it is told to run."""
        store = await self.roles.worker(name)
        ledger = SharedLedger(
            terms=store.terms,
            ask=self._ask,
            store=store.store.ledger,
            api=self.api,
            stars=self.stars,
            signer=SIGNER,
            clock=self.clock,
            listener=self.ear,
            smallest_pack=SMALLEST_PACK,
        )
        self.partners[name] = Partner(store, ledger)
        return self.partners[name]

    async def _ask(self, worker: str, act: str, within_s: float) -> str:  # the protocol's
        self.asked.append(act.partition(" ")[0])
        return await answer_to(act, self.partners[worker].ledger.kept)

    async def keeps(self, partner: Partner) -> None:
        """Have a worker keep the ledger, and wait until it sells."""
        partner.run()
        await self.until(lambda: partner.ledger.kept is not None)
        await self.sells(partner)

    async def sells(self, partner: Partner) -> None:
        """Wait until a worker knows that sales are open."""
        await self.becomes(partner.ledger.is_selling, True)

    async def becomes(self, ask: Callable[[], Awaitable[object]], wanted: object) -> None:
        """Wait until a question that Redis answers has this answer."""
        async with asyncio.timeout(SOON_S):
            while await ask() != wanted:
                await asyncio.sleep(0.02)

    async def ordered(self, partner: Partner, client: int = 1) -> PackOrder:
        """Have Ann order a pack."""
        return await partner.ledger.order(user=ANN, client=client, reads=SMALLEST_PACK, stars=50)

    def charged(self, order: PackOrder, charge: str) -> StarsRecord:
        """Have Telegram charge for an order."""
        payload = write_payload(order.payload, SIGNER)
        return self.stars.pay(charge, 50, payload, ANN, self.clock.now())

    async def bought(self, partner: Partner, charge: str, client: int = 1) -> None:
        """Have Ann buy a pack, and all of it done by one worker."""
        order = await self.ordered(partner, client)
        assert await partner.ledger.decide(asked(order)) is None
        assert await partner.ledger.receive(self.charged(order, charge))

    def has(self, client: int = 1) -> int:
        """Return the reads that a client has at the API."""
        return self.api.rows[client].available

    async def until(self, true: Callable[[], object]) -> None:
        """Wait for something that tells nobody."""
        async with asyncio.timeout(SOON_S):
            while not true():
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """End all."""
        for partner in self.partners.values():
            await partner.stop()


def asked(order: PackOrder, number: int = 1) -> CheckoutQuery:
    """Make the pre-checkout query of an order."""
    return query(order, id=number)


async def firm_of(roles: Roles, stack: AsyncExitStack, *names: str) -> Firm:
    """Give a gateway and workers, none of whom keeps the ledger yet."""
    await roles.gateway()
    firm = Firm(roles)
    for name in names:
        await firm.worker(name)
    stack.push_async_callback(firm.stop)  # before their stores are closed
    return firm
