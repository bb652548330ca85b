"""Who has paid is told by the sealed payments themselves: after a start, and after a restore."""

from __future__ import annotations

from datetime import UTC, datetime

from sapp_bot.ledger.books.repository import Books
from sapp_bot.ledger.values import Payment, StarsRecord
from sapp_bot.testing.clock import ManualClock
from tests.ledger.kit import ANN, BEN, Shop, in_shop
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

    in_shop(play)


async def test_another_process_finds_them_in_redis(store_place: Place) -> None:
    """Sealed there; a ledger that is opened anew is read anew."""
    store = (await store_place.open(claim=False)).ledger
    assert await store.change_epoch("", "e1 whole") == "e1 whole"
    first, second = Books(store, ManualClock()), Books(store, ManualClock())
    for books in (first, second):
        books.believe("e1 whole")
    payment = Payment("ch1", ANN, 7, "o1", 50, 1000, datetime(2026, 1, 1, tzinfo=UTC))
    assert await second.payers.clients_of(ANN) == frozenset()
    await first.take(payment, {"in:ch1": "1000 10 paid"}, home=7)
    assert await first.payers.clients_of(ANN) == {7}
    assert await second.payers.clients_of(ANN) == frozenset()
    second.believe("e1 recovering")
    assert await second.payers.clients_of(ANN) == {7}
    assert await second.payers.starting_with("c") == ["ch1"]
