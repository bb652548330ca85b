"""Stars go back only when the reads are gone, and whatever Telegram says ends well."""

from __future__ import annotations

import asyncio

import pytest

from sapp_bot.ledger.errors import NotRefundable
from sapp_bot.ledger.refunds import AskedRefund
from sapp_bot.ledger.values import PaymentState
from tests.ledger.kit import ANN, BEN, Shop, in_shop


async def bought(shop: Shop) -> None:
    """Have Ann buy a pack, delivered."""
    await shop.start()
    await shop.paid()
    await asyncio.sleep(2)


def test_unused_reads_are_refunded() -> None:
    """The reads go first, then the Stars, once."""

    async def play(shop: Shop) -> None:
        await bought(shop)
        assert await shop.ledger.ask_refund("ch1", user=ANN) is AskedRefund.BEGUN
        with pytest.raises(NotRefundable):
            await shop.ledger.ask_refund("ch1", user=ANN)
        await asyncio.sleep(2)
        assert shop.has() == 10
        assert shop.stars.is_returned("ch1")
        assert shop.state("ch1") is PaymentState.REFUNDED
        await asyncio.sleep(100)  # the list brings the refund as well
        assert shop.has() == 10
        assert shop.ear.kinds() == ["ReadsAdded", "StarsReturned"]
        with pytest.raises(NotRefundable):
            await shop.ledger.operator.refund("ch1")

    in_shop(play)


def test_used_reads_are_for_an_operator() -> None:
    """Who has used of the pack, or is somebody else, gets no refund by themselves."""

    async def play(shop: Shop) -> None:
        await bought(shop)
        with pytest.raises(NotRefundable):
            await shop.ledger.ask_refund("ch1", user=BEN)
        with pytest.raises(NotRefundable):
            await shop.ledger.ask_refund("ch99", user=ANN)
        shop.api.rows[1].used = 11
        assert await shop.ledger.ask_refund("ch1", user=ANN) is AskedRefund.USED
        assert shop.has() == 1034
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(2)
        assert shop.has() == 11
        assert shop.stars.is_returned("ch1")

    in_shop(play)


def test_stars_wait_for_the_api() -> None:
    """While the API is away the reads cannot be taken, and no Star goes back."""

    async def play(shop: Shop) -> None:
        await bought(shop)
        shop.weather.is_api_out = True
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(100)
        assert not shop.stars.is_returned("ch1")
        shop.weather.is_api_out = False
        await asyncio.sleep(300)
        assert shop.has() == 10
        assert shop.stars.is_returned("ch1")

    in_shop(play)


def test_a_refund_that_was_done_is_done() -> None:
    """The answer "already refunded" is that of a refund whose first answer was lost."""

    async def play(shop: Shop) -> None:
        await bought(shop)
        shop.weather.telegram = 0.5
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(60)
        shop.weather.telegram = 0.0
        await asyncio.sleep(700)
        assert len([row for row in shop.stars.rows if row.charge == "ch1"]) == 2
        assert shop.state("ch1") is PaymentState.REFUNDED
        assert shop.has() == 10

    in_shop(play)


def test_a_refusal_gives_the_reads_back() -> None:
    """When Telegram refuses for good, the person has the reads again and is told."""

    async def play(shop: Shop) -> None:
        await bought(shop)
        shop.stars.refuses.add("ch1")
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(10)
        assert shop.has() == 1034
        assert shop.state("ch1") in {PaymentState.APPLIED, PaymentState.SETTLED}
        assert "RefundFailed" in shop.ear.kinds()
        shop.stars.refuses.clear()
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(10)
        assert shop.state("ch1") is PaymentState.REFUNDED

    in_shop(play)


def test_a_chargeback_is_seen() -> None:
    """Stars that go back without us take their reads with them, by update or by the list."""

    async def play(shop: Shop) -> None:
        await bought(shop)
        assert shop.stars.take_back("ch1") is not None
        await asyncio.sleep(70)
        assert shop.has() == 10
        assert shop.state("ch1") is PaymentState.REVERSED
        assert shop.ear.kinds()[-1] == "PaymentReversed"

    in_shop(play)


def test_a_refund_before_its_payment() -> None:
    """Updates in the wrong order end in the same."""

    async def play(shop: Shop) -> None:
        await shop.start()
        paid = shop.pay()
        returned = shop.stars.take_back("ch1")
        assert returned is not None
        assert await shop.ledger.receive(returned)
        assert await shop.ledger.receive(paid)
        await asyncio.sleep(5)
        assert shop.has() == 10
        assert shop.state("ch1") is PaymentState.REVERSED

    in_shop(play)


def test_all_reads_can_go() -> None:
    """A client that had none before has none after: the API ignores a 0, and still gets there."""

    async def play(shop: Shop) -> None:
        shop.api.make(1, 0)
        await shop.start()
        await shop.paid(base=0)
        await asyncio.sleep(2)
        assert shop.has() == 1024
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(5)
        assert shop.has() == 0
        await shop.paid(base=0)
        await asyncio.sleep(5)
        assert shop.has() == 1024

    in_shop(play)


def test_what_telegram_refuses_for_good_is_told() -> None:
    """A payment for nobody whose refund is refused waits for an operator, who can try again."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.stars.refuses.add("ch1")
        assert await shop.ledger.receive(shop.pay(payload=b"rubbish"))
        await asyncio.sleep(700)
        assert shop.state("ch1", 0) is PaymentState.REFUND_REFUSED
        assert shop.ear.kinds() == ["PaymentUndeliverable", "RefundFailed"]
        shop.stars.refuses.clear()
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(5)
        assert shop.state("ch1", 0) is PaymentState.REFUNDED

    in_shop(play)
