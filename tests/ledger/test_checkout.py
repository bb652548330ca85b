"""An order can be paid once, by who made it, while all that delivery needs is there."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sapp_bot.domain.checkout_refusal import CheckoutRefusal
from sapp_bot.ledger.books.payload import write_payload
from sapp_bot.ledger.errors import NotForSale
from sapp_bot.ledger.values import MOST_READS, PackOrder
from tests.ledger.kit import ANN, BEN, Shop, in_shop, query
from tests.ledger.subjects import SIGNER


async def ordered(shop: Shop, *, reads: int = 1024) -> PackOrder:
    """Make an order of Ann's."""
    return await shop.ledger.order(user=ANN, client=1, reads=reads, stars=50)


def test_an_order_can_be_paid() -> None:
    """The order is let through, and Telegram's list is read 5, 15 and 60 s later."""

    async def play(shop: Shop) -> None:
        await shop.start()
        order = await ordered(shop)
        assert await shop.ledger.decide(query(order)) is None
        shop.pay(payload=write_payload(order.payload, SIGNER))
        await asyncio.sleep(7)
        assert shop.has() == 1034

    in_shop(play)


def test_what_does_not_fit_is_refused() -> None:
    """Another person, another amount, another currency, a forged or foreign payload."""

    async def play(shop: Shop) -> None:
        await shop.start()
        order = await ordered(shop)
        asked = query(order)
        forged = asked.payload[:-3] + b"AAA"
        other = write_payload(replace(order.payload, reads=9999), SIGNER)
        for wrong, refusal in (
            (replace(asked, user=BEN), CheckoutRefusal.OTHER_PERSON),
            (replace(asked, stars=1), CheckoutRefusal.WRONG_AMOUNT),
            (replace(asked, currency="USD"), CheckoutRefusal.WRONG_AMOUNT),
            (replace(asked, payload=forged), CheckoutRefusal.UNKNOWN_ORDER),
            (replace(asked, payload=other), CheckoutRefusal.UNKNOWN_ORDER),
            (replace(asked, payload=b""), CheckoutRefusal.UNKNOWN_ORDER),
        ):
            assert await shop.ledger.decide(wrong) is refusal
        assert await shop.ledger.decide(asked) is None

    in_shop(play)


def test_two_taps_are_one_checkout() -> None:
    """A second tap within a minute is refused; the same query asked again is not."""

    async def play(shop: Shop) -> None:
        await shop.start()
        order = await ordered(shop)
        both = await asyncio.gather(
            shop.ledger.decide(query(order, id=1)), shop.ledger.decide(query(order, id=2))
        )
        assert sorted(both, key=str) == [CheckoutRefusal.IN_CHECKOUT, None]
        first = 1 if both[0] is None else 2
        assert await shop.ledger.decide(query(order, id=first)) is None
        await asyncio.sleep(61)
        assert await shop.ledger.decide(query(order, id=3)) is None

    in_shop(play)


def test_a_paid_order_and_an_old_one_are_refused() -> None:
    """Once paid it is not let through again; after a day it has expired."""

    async def play(shop: Shop) -> None:
        await shop.start()
        paid, old = await ordered(shop), await ordered(shop)
        row = shop.pay(payload=write_payload(paid.payload, SIGNER))
        assert await shop.ledger.receive(row)
        assert await shop.ledger.decide(query(paid)) is CheckoutRefusal.ALREADY_PAID
        await asyncio.sleep(24 * 3600)
        assert await shop.ledger.decide(query(old)) is CheckoutRefusal.UNKNOWN_ORDER

    in_shop(play)


def test_a_late_payment_of_an_expired_order_is_credited() -> None:
    """Money that came counts, whatever became of the order."""

    async def play(shop: Shop) -> None:
        await shop.start()
        order = await ordered(shop)
        await asyncio.sleep(25 * 3600)
        row = shop.pay(payload=write_payload(order.payload, SIGNER))
        assert await shop.ledger.receive(row)
        await asyncio.sleep(2)
        assert shop.has() == 1034

    in_shop(play)


def test_nothing_is_sold_that_cannot_be_delivered() -> None:
    """The API away, the client gone, a Redis that forgets or does not say, a pause, an end: no."""

    async def play(shop: Shop) -> None:
        await shop.start()
        order = await ordered(shop)
        await asyncio.sleep(31)
        shop.weather.is_api_out = True
        assert await shop.ledger.decide(query(order)) is CheckoutRefusal.API_AWAY
        shop.weather.is_api_out = False
        for says in (False, None):
            shop.memory.durable = says
            assert await shop.ledger.decide(query(order)) is CheckoutRefusal.NOT_DURABLE
            assert not await shop.ledger.is_selling()
        shop.memory.durable = True
        shop.api.delete(1)
        assert await shop.ledger.decide(query(order)) is CheckoutRefusal.CLIENT_GONE
        shop.api.rows[1].is_deleted = False
        await shop.ledger.operator.pause(on=True)
        assert await shop.ledger.decide(query(order)) is CheckoutRefusal.PAUSED
        await shop.ledger.operator.pause(on=False)
        shop.ledger.stop_sales()
        assert await shop.ledger.decide(query(order)) is CheckoutRefusal.PAUSED
        with pytest.raises(NotForSale):
            await ordered(shop)

    in_shop(play)


def test_it_answers_in_time() -> None:
    """A hanging API or a hanging store: an answer within six seconds, always."""

    async def play(shop: Shop) -> None:
        await shop.start()
        order = await ordered(shop)
        await asyncio.sleep(31)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        shop.weather.api_stalls_s = 3600
        assert await shop.ledger.decide(query(order)) is CheckoutRefusal.API_AWAY
        assert loop.time() - begun < 4
        begun = loop.time()
        shop.weather.store_stalls_s = 3600
        assert await shop.ledger.decide(query(order)) is CheckoutRefusal.TOO_SLOW
        assert loop.time() - begun <= 6.1

    in_shop(play)


def test_reads_have_an_end() -> None:
    """More than 2^53 reads are not sold: beyond that numbers are not exact."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.api.rows[1].available = MOST_READS - 1023
        with pytest.raises(NotForSale):
            await ordered(shop)
        order = await ordered(shop, reads=1023)
        row = shop.pay(payload=write_payload(order.payload, SIGNER))
        assert await shop.ledger.receive(row)
        await asyncio.sleep(2)
        assert shop.has() == MOST_READS

    in_shop(play)


def test_nothing_is_sold_for_a_client_in_doubt() -> None:
    """Held for a number that nobody can explain: no order, and an older one cannot be paid."""

    async def play(shop: Shop) -> None:
        await shop.start()
        order = await ordered(shop)
        await shop.paid()
        await asyncio.sleep(300)
        shop.api.rows[1].available = 9000
        await shop.ledger.operator.audit()
        await asyncio.sleep(5)
        assert await shop.ledger.decide(query(order)) is CheckoutRefusal.IN_DOUBT
        with pytest.raises(NotForSale):
            await ordered(shop)
        await shop.ledger.operator.fix(1, keep=True)
        await asyncio.sleep(5)
        assert await shop.ledger.decide(query(order)) is None

    in_shop(play)
