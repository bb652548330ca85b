"""Nobody gets into debt: a payment gives its full number, whatever was taken back before it."""

from __future__ import annotations

import asyncio

import pytest

from sapp_bot.ledger.errors import NotForSale
from sapp_bot.ledger.notices import PaymentReversed, ReadsAdded
from sapp_bot.ledger.refunds import AskedRefund
from tests.ledger.kit import ANN, Shop, in_shop

PACK = 1024


async def delivered(shop: Shop) -> None:
    """Have Ann buy a pack, delivered and settled."""
    await shop.start()
    await shop.paid()
    await asyncio.sleep(300)


async def buys_again(shop: Shop) -> int:
    """Have her buy another one; return how many reads she has more, and was told to have left."""
    before, used = shop.has(), shop.api.rows[1].used
    await shop.paid()
    await asyncio.sleep(300)
    assert isinstance(shop.ear.heard[-1], ReadsAdded)
    assert shop.ear.heard[-1].left == shop.has() - used
    assert (await shop.ledger.operator.audit()).is_clean
    return shop.has() - before


def test_reads_that_an_operator_took_are_not_owed() -> None:
    """Taken by a grant, then refunded: both take what there is, and the next pack is whole."""

    async def play(shop: Shop) -> None:
        await delivered(shop)
        assert await shop.ledger.operator.gift(1, -1000, key="g") == 34
        await asyncio.sleep(60)
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(60)
        assert shop.stars.is_returned("ch1")
        assert shop.has() == 0
        assert await buys_again(shop) == PACK

    in_shop(play)


def test_reads_that_were_set_by_hand_are_not_owed() -> None:
    """Lowered at the API, kept by an operator, then refunded: the next pack is whole."""

    async def play(shop: Shop) -> None:
        await delivered(shop)
        shop.api.rows[1].available = 5
        await shop.ledger.operator.audit()
        await asyncio.sleep(5)
        await shop.ledger.operator.fix(1, keep=True)
        await asyncio.sleep(60)
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(60)
        assert shop.stars.is_returned("ch1")
        assert await buys_again(shop) == PACK

    in_shop(play)


@pytest.mark.parametrize("by", ["operator", "chargeback"])
def test_what_was_never_delivered_is_not_taken(by: str) -> None:
    """Paid while Redis was lost, adopted, returned: the client keeps what it had."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid(2)
        await asyncio.sleep(5)
        await shop.stop()
        shop.memory.wipe()
        shop.pay(1)
        await shop.start(40)
        await shop.ledger.operator.adopt()
        await asyncio.sleep(60)
        if by == "operator":
            await shop.ledger.operator.refund("ch2")
        else:
            shop.stars.take_back("ch2")
        await asyncio.sleep(120)
        assert shop.stars.is_returned("ch2")
        assert shop.has() == 10
        assert await buys_again(shop) == PACK

    in_shop(play)


def test_used_reads_are_gone() -> None:
    """A chargeback takes what is left, never more; the operators are told by how much it fell
    short, and the next pack is whole.
    """

    async def play(shop: Shop) -> None:
        await delivered(shop)
        shop.api.rows[1].used = 1000
        shop.stars.take_back("ch1")
        await asyncio.sleep(120)
        assert shop.has() == 1000
        reversal = shop.ear.heard[-1]
        assert isinstance(reversal, PaymentReversed)
        assert reversal.taken == 34
        assert any('"not_taken"' in entry for entry in await shop.ledger.operator.journal())
        assert await buys_again(shop) == PACK

    in_shop(play)


def test_an_operator_takes_only_what_is_left() -> None:
    """Used reads cannot be taken, in words that say what can."""

    async def play(shop: Shop) -> None:
        await delivered(shop)
        shop.api.rows[1].used = 1000
        with pytest.raises(NotForSale) as refused:
            await shop.ledger.operator.gift(1, -35, key="g")
        assert refused.value.values == {"left": 34}
        assert await shop.ledger.operator.gift(1, -34, key="g") == 1000

    in_shop(play)


def test_two_wishes_at_once_are_two() -> None:
    """Two packs, one of them used: of two refunds asked for at one moment only one begins."""

    async def play(shop: Shop) -> None:
        await delivered(shop)
        await shop.paid()
        await asyncio.sleep(300)
        shop.api.rows[1].used = 1000
        asked = [shop.ledger.ask_refund(charge, user=ANN) for charge in ("ch1", "ch2")]
        assert sorted(await asyncio.gather(*asked), key=lambda end: end.value) == [
            AskedRefund.BEGUN,
            AskedRefund.USED,
        ]
        await asyncio.sleep(30)
        assert shop.has() == 10 + PACK

    in_shop(play)
