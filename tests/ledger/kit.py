"""What the ledger's tests share: a shop in virtual time, whose outside obeys the test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

from sapp_bot.ledger.books.book import Book
from sapp_bot.ledger.books.payload import write_payload
from sapp_bot.ledger.checkout import CheckoutQuery
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.notices import Notice
from sapp_bot.ledger.ports import LedgerStore, ReadsApi
from sapp_bot.ledger.values import PackOrder, PaymentPayload, PaymentState, StarsRecord
from tests.ledger.memory_store import MemoryStore
from tests.ledger.outside import RacyApi, StarsList, Weather
from tests.ledger.seeded_loop import LoopClock, run_seeded
from tests.ledger.subjects import SIGNER, SMALLEST_PACK

T = TypeVar("T")

ANN, BEN = 7, 8
"""Telegram ids."""


class Ear:
    """Hears the notices."""

    def __init__(self) -> None:
        self.heard: list[Notice] = []

    async def tell(self, notice: Notice) -> None:
        """Take one."""
        self.heard.append(notice)

    def kinds(self) -> list[str]:
        """List what was heard, by name."""
        return [type(notice).__name__ for notice in self.heard]


class Shop:
    """A ledger at work, in virtual time, and persons who pay.

    Attributes:
        api, stars, store: The outside.
        ear: Who hears the notices.
        ledger: The process that runs.
        is_shared: Whether other processes work on the same ledger.
    """

    def __init__(self, *, store: LedgerStore | None = None, api: ReadsApi | None = None) -> None:
        self.weather = Weather(Random(1))  # noqa: S311  # the same each time
        self.api = RacyApi(self.weather)
        self.stars = StarsList(self.weather)
        self.memory = MemoryStore(self.weather)
        self.store: LedgerStore = store or self.memory
        self.served: ReadsApi = api or self.api
        self.ear = Ear()
        self.clock = LoopClock()
        self.api.make(1, 10)
        self.api.make(2, 10)
        self.is_shared = False
        self.ledger = self.made()
        self._task: asyncio.Task[object] | None = None
        self._charges = 0

    def made(self) -> Ledger:
        """Make a process that does not run yet."""
        return Ledger(
            store=self.store,
            api=self.served,
            stars=self.stars,
            signer=SIGNER,
            clock=self.clock,
            listener=self.ear,
            smallest_pack=SMALLEST_PACK,
            is_shared=self.is_shared,
        )

    async def start(self, wait_s: float = 3.0) -> None:
        """Start a new process and let it open."""
        self.ledger = self.made()
        self._task = asyncio.ensure_future(self.ledger.run())
        await asyncio.sleep(wait_s)

    async def stop(self) -> None:
        """End the process."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def pay(
        self,
        client: int = 1,
        reads: int = SMALLEST_PACK,
        *,
        base: int = 10,
        user: int = ANN,
        payload: bytes | None = None,
    ) -> StarsRecord:
        """Have a person pay; only Telegram knows so far."""
        self._charges += 1
        data = payload or payload_of(client, reads, f"order{self._charges}", base=base)
        return self.stars.pay(f"ch{self._charges}", 50, data, user, self.clock.now())

    async def paid(
        self, client: int = 1, reads: int = SMALLEST_PACK, *, base: int = 10
    ) -> StarsRecord:
        """Have a person pay, and the update arrive."""
        row = self.pay(client, reads, base=base)
        assert await self.ledger.receive(row)
        return row

    def has(self, client: int = 1) -> int:
        """Return the reads that a client has at the API."""
        return self.api.rows[client].available

    def book(self, client: int = 1) -> Book:
        """Read a book from the store in memory."""
        return Book(client, self.memory.maps.get(f"client:{client}", {}))

    def state(self, charge: str, client: int = 1) -> PaymentState:
        """Return what became of a payment."""
        booked = self.book(client).charge(charge)
        assert booked is not None
        return booked.state


def payload_of(client: int, reads: int, order: str, *, base: int = 10) -> bytes:
    """Write the payload of an order."""
    return write_payload(PaymentPayload(client, reads, base, order), SIGNER)


def in_shop(play: Callable[[Shop], Awaitable[T]], *, seed: int = 1) -> T:
    """Play a scene in a shop of its own, in virtual time; start and stop are the scene's."""

    async def scene() -> T:
        shop = Shop()
        try:
            return await play(shop)
        finally:
            await shop.stop()

    return run_seeded(Random(seed), scene())  # noqa: S311  # the same each time


def query(order: PackOrder, *, id: int = 1, user: int = ANN, stars: int = 50) -> CheckoutQuery:  # noqa: A002  # as Telegram names it
    """Make the pre-checkout query of an order."""
    return CheckoutQuery(id, user, "XTR", stars, write_payload(order.payload, SIGNER))
