"""Who has paid is told by the sealed payments themselves: after a start, and after a restore."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sapp_bot.ledger.books.repository import Books
from sapp_bot.ledger.values import Payment, StarsRecord
from sapp_bot.testing.clock import ManualClock
from tests.ledger.kit import ANN, BEN, Shop, in_shop
from tests.ledger.memory_store import MemoryStore
from tests.ledger.outside import Weather
from tests.service.store_kit import Place


def test_payments_are_found_by_who_has_paid() -> None:
    """All of a person's, for whichever client; before and after a start."""

    async def play(shop: Shop) -> None:
        await shop.start()
        rows: list[StarsRecord] = []
        for client, user in ((1, ANN), (2, ANN), (1, BEN)):
            row = shop.pay(client, user=user)
            assert await shop.ledger.receive(row)
            rows.append(row)
        for _ in range(2):
            found = await shop.ledger.receipts.of_person(ANN)
            assert [view.payment.charge for view in found] == [row.charge for row in rows[:2]]
            assert [v.payment.charge for v in await shop.ledger.receipts.of_person(BEN)] == ["ch3"]
            assert await shop.ledger.receipts.of_person(9) == []
            await shop.stop()
            await shop.start()
        late = shop.pay(2, user=BEN)
        assert await shop.ledger.receive(late)
        assert [v.payment.charge for v in await shop.ledger.receipts.of_person(BEN)] == [
            "ch3",
            "ch4",
        ]

    in_shop(play)


def test_the_begin_of_a_charge_finds_it() -> None:
    """Whoever fits is listed; a whole charge is one payment, also where it begins another's."""

    async def play(shop: Shop) -> None:
        await shop.start()
        for _ in range(11):
            assert await shop.ledger.receive(shop.pay())
        ledger = shop.ledger
        assert [view.payment.charge for view in await ledger.receipts.starting_with("ch11")] == [
            "ch11"
        ]
        assert [view.payment.charge for view in await ledger.receipts.starting_with("ch1")] == [
            "ch1"
        ]
        assert len(await ledger.receipts.starting_with("ch")) == 10
        assert await ledger.receipts.starting_with("xx") == []
        assert await ledger.receipts.starting_with("") == []

    in_shop(play)


async def test_another_process_finds_them_in_redis(store_place: Place) -> None:
    """Sealed there; what it books later is found, too, and a ledger that is opened anew is read."""
    store = (await store_place.open(claim=False)).ledger
    assert await store.change_epoch("", "e1 whole") == "e1 whole"
    first, second = Books(store, ManualClock()), Books(store, ManualClock())
    for books in (first, second):
        books.believe("e1 whole")
    payment = Payment("ch1", ANN, 7, "o1", 50, 1000, datetime(2026, 1, 1, tzinfo=UTC))
    assert await second.payers.clients_of(ANN) == frozenset()
    await first.take(payment, {"in:ch1": "1000 10 paid"}, home=7)
    assert await first.payers.clients_of(ANN) == {7}
    assert await second.payers.clients_of(ANN) == {7}
    await first.take(replace(payment, charge="ch2", client=8), {"in:ch2": "5 0 paid"}, home=8)
    assert await second.payers.clients_of(ANN) == {7, 8}
    second.believe("e1 recovering")
    assert await second.payers.clients_of(ANN) == {7, 8}
    assert await second.payers.starting_with("c") == ["ch1", "ch2"]


def test_one_receipt_is_one_payment_read() -> None:
    """Of a client's many payments the one that was named is decrypted, and no other."""

    async def play(shop: Shop) -> None:
        shop.store = shop.memory = store = CountingStore(shop.weather)
        await shop.start()
        for _ in range(3):
            assert await shop.ledger.receive(shop.pay())
        await asyncio.sleep(5)
        store.unsealed.clear()
        view = await shop.ledger.receipts.of_charge("ch2")
        assert view is not None
        assert (view.payment.charge, view.payment.user) == ("ch2", ANN)
        assert store.unsealed == ["ch2"]
        assert await shop.ledger.receipts.of_charge("ch9") is None

    in_shop(play)


class CountingStore(MemoryStore):
    """A store that counts what is decrypted, and calls `meanwhile` at the first reading of all."""

    def __init__(self, weather: Weather) -> None:
        super().__init__(weather)
        self.unsealed: list[str] = []
        self.meanwhile: list[Callable[[], None]] = []

    async def read_sealed(self, place: str, fields: Sequence[str]) -> Mapping[str, str]:
        """Return some fields."""
        self.unsealed += fields
        if self.meanwhile:
            self.meanwhile.pop()()
        return await super().read_sealed(place, fields)


def test_a_ledger_that_is_opened_meanwhile_is_read_anew() -> None:
    """Somebody asks for their payments just when a restore has brought them back: all are there."""

    async def play(shop: Shop) -> None:
        shop.store = shop.memory = store = CountingStore(shop.weather)
        await shop.start()
        assert await shop.ledger.receive(shop.pay())
        await shop.stop()
        books = Books(store, shop.clock)
        books.believe(store.stands)
        store.meanwhile.append(lambda: books.believe(store.stands))
        assert await books.payers.clients_of(ANN) == {1}

    in_shop(play)
