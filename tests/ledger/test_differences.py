"""Reads at the API that the books cannot explain: an operator decides, by numbers, and it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import pytest

from sapp_bot.ledger.errors import NotForSale
from sapp_bot.ledger.values import HoldReason, PaymentState
from tests.ledger.kit import Shop, in_shop
from tests.ledger.test_lost import restored

PACK = 1024


@contextmanager
def refuses(words: str) -> Iterator[None]:
    """Expect a refusal in these words."""
    with pytest.raises(NotForSale) as refused:
        yield
    assert words in refused.value.reply


async def set_by_hand(shop: Shop, available: int) -> None:
    """Have somebody change the number past the ledger, and the audit see it."""
    shop.api.rows[1].available = available
    await shop.ledger.operator.audit()
    await asyncio.sleep(5)


async def restored_behind(shop: Shop, *, undelivered: bool) -> None:
    """Restore a copy of before a gift of 5,000 and of a payment that Telegram's list brings back.

    The payment was delivered before the loss, or made while nothing ran.
    """
    await shop.start()
    await shop.paid()
    await asyncio.sleep(300)
    maps, epoch = deepcopy(shop.memory.maps), shop.memory.stands.partition(" ")[0]
    cursor = maps["meta"]["cursor"]
    await shop.ledger.operator.gift(1, 5000, key="g")
    await asyncio.sleep(5)
    if not undelivered:
        await shop.paid(base=5010)
        await asyncio.sleep(300)
    await shop.stop()
    if undelivered:
        shop.pay(base=5010)
    shop.memory.wipe()
    restored(shop, maps, epoch, cursor)
    await shop.start(200)
    assert shop.ledger.operator.holds[1].reason is HoldReason.DRIFT


@pytest.mark.parametrize("undelivered", [False, True])
def test_a_gift_that_was_lost_with_redis_is_kept(*, undelivered: bool) -> None:
    """The operator is shown each number, and says whether what came back is in it; it is exact."""

    async def play(shop: Shop) -> None:
        await restored_behind(shop, undelivered=undelivered)
        about = await shop.ledger.operator.difference(1)
        assert (about.found, about.wanted) == (shop.has(), 10 + 2 * PACK)
        assert (about.waiting, about.returned, about.kept) == (0, PACK, shop.has())
        await shop.ledger.operator.fix(1, keep=True, adds_returned=undelivered, seen=about.found)
        await asyncio.sleep(300)
        assert shop.has() == 10 + 5000 + 2 * PACK
        assert shop.state("ch2") is PaymentState.SETTLED
        assert not shop.ledger.operator.holds

    in_shop(play)


def test_what_waits_comes_on_top() -> None:
    """A payment that came while the client was held is delivered beside the number kept."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        await set_by_hand(shop, 9000)
        await shop.paid()
        await asyncio.sleep(5)
        assert (await shop.ledger.operator.difference(1)).waiting == PACK
        about = await shop.ledger.operator.fix(1, keep=True)
        await asyncio.sleep(300)
        assert shop.has() == about.kept == 9000 + PACK

    in_shop(play)


def test_a_number_can_be_kept_again() -> None:
    """Kept at 5,000, then at 8,000, then at 5,000 again: each holds, and each is done once."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        for number, available in enumerate((5000, 8000, 5000)):
            shop.api.rows[1].available = available
            for _ in range(2):
                await shop.ledger.operator.fix(1, keep=True, key=f"act{number}")
            await asyncio.sleep(300)
            assert shop.has() == available
        await set_by_hand(shop, 9000)
        await shop.ledger.operator.fix(1, keep=False)
        await asyncio.sleep(300)
        assert shop.has() == 5000

    in_shop(play)


def test_what_cannot_be_fixed_is_said() -> None:
    """No difference, another number than was shown, nobody's client: refused, nothing is done."""

    async def play(shop: Shop) -> None:
        await shop.start()
        with refuses("Nothing was paid"):
            await shop.ledger.operator.difference(1)
        await shop.paid()
        await asyncio.sleep(300)
        with refuses("nothing to fix"):
            await shop.ledger.operator.fix(1, keep=True)
        await set_by_hand(shop, 9000)
        with refuses("changed since"):
            await shop.ledger.operator.fix(1, keep=True, seen=8000)
        shop.api.delete(2)
        with refuses("no such client"):
            await shop.ledger.operator.difference(2)

    in_shop(play)


@pytest.mark.parametrize("reads", [400, PACK])
def test_a_redis_that_is_behind_credits_nothing_twice(reads: int) -> None:
    """Facts of a second are lost, the epoch is not: Telegram's list explains what the API has,
    also a payment that is smaller than what somebody else may give.
    """

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid(reads=5000)
        await asyncio.sleep(300)
        behind = deepcopy(shop.memory.maps)
        await shop.paid(reads=reads)
        await asyncio.sleep(5)
        shop.memory.maps = behind
        await shop.ledger.operator.audit()
        await asyncio.sleep(300)
        assert shop.has() == 5010 + reads
        assert shop.state("ch2") is PaymentState.SETTLED

    in_shop(play)


def test_a_small_gift_of_others_waits_for_the_list() -> None:
    """While Telegram's list cannot be read nobody can tell a gift from a payment."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        shop.weather.telegram = 1.0
        await set_by_hand(shop, 1044)
        await asyncio.sleep(60)
        assert not shop.book().shifts
        shop.weather.telegram = 0.0
        await asyncio.sleep(400)
        assert shop.book().shifts == {"foreign:1044": 10}
        assert shop.has() == 1044

    in_shop(play)


def test_a_first_payment_of_a_redis_that_is_behind_counts_once() -> None:
    """The client's whole book is lost, and the list brings the payment again: it is there."""

    async def play(shop: Shop) -> None:
        await shop.start()
        behind = deepcopy(shop.memory.maps)
        await shop.paid()
        await asyncio.sleep(300)
        assert shop.has() == 1034
        shop.memory.maps = behind
        await asyncio.sleep(300)
        assert shop.has() == 1034
        assert shop.state("ch1") is PaymentState.SETTLED

    in_shop(play)


def test_a_gift_of_a_redis_that_is_behind_counts_beside_payments() -> None:
    """An operator's gift comes first: the list is read before it says what the client had."""

    async def play(shop: Shop) -> None:
        await shop.start()
        behind = deepcopy(shop.memory.maps)
        await shop.paid()
        await asyncio.sleep(300)
        shop.memory.maps = behind
        assert await shop.ledger.operator.gift(1, 100, key="g") == 1134
        await asyncio.sleep(300)
        assert shop.has() == 1134

    in_shop(play)
