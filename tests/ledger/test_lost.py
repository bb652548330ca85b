"""A Redis that has lost the ledger credits nobody, until it is restored or adopted."""

from __future__ import annotations

import asyncio
from collections import Counter
from copy import deepcopy
from typing import cast

import pytest

from sapp_bot.domain.checkout_refusal import CheckoutRefusal
from sapp_bot.ledger.errors import LedgerRecovers, NotForSale, NothingToAdopt
from sapp_bot.ledger.values import STRAYS, LedgerMode, PaymentState
from sapp_bot.store.ledger.backup import restore, write_backup
from sapp_bot.store.ledger.redis_ledger import RedisLedger
from tests.ledger.kit import ANN, Shop, in_shop, query


def test_a_first_start_begins_a_ledger() -> None:
    """No ledger and no payments: a new bot."""

    async def play(shop: Shop) -> None:
        await shop.start()
        assert shop.ledger.mode is LedgerMode.OPEN
        with pytest.raises(NothingToAdopt):
            await shop.ledger.operator.adopt()

    in_shop(play)


def test_an_emptied_store_credits_nothing() -> None:
    """No ledger, though Telegram knows of payments: nothing is credited or sold, all is told."""

    async def play(shop: Shop) -> None:
        await shop.start()
        order = await shop.ledger.order(user=ANN, client=1, reads=1024, stars=50)
        await shop.paid()
        await asyncio.sleep(2)
        shop.memory.wipe()
        row = shop.pay()
        assert not await shop.ledger.receive(row)
        await asyncio.sleep(100)
        assert shop.ledger.mode is LedgerMode.LOST
        assert await shop.ledger.decide(query(order)) is CheckoutRefusal.PAUSED
        await shop.stop()
        await shop.start(100)
        assert shop.ledger.mode is LedgerMode.LOST
        assert shop.has() == 1034
        assert not shop.memory.maps
        assert shop.ear.kinds().count("LedgerFoundLost") == 2

    in_shop(play)


def test_adoption_takes_all_for_settled() -> None:
    """What Telegram knows counts as delivered, and goes on to be refundable; new payments count."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await shop.paid()
        await asyncio.sleep(2)
        shop.memory.wipe()
        missed = shop.pay()
        assert not await shop.ledger.receive(missed)
        await asyncio.sleep(70)
        report = await shop.ledger.operator.adopt()
        assert report.rows == 3
        assert report.short == {1: 1024}
        await asyncio.sleep(5)
        assert shop.ledger.mode is LedgerMode.OPEN
        assert shop.has() == 10 + 2 * 1024
        assert shop.state("ch1") is PaymentState.ADOPTED
        await shop.ledger.operator.gift(1, report.short[1], key="missed")
        await shop.paid(base=2058)
        await asyncio.sleep(5)
        assert shop.has() == 10 + 4 * 1024
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(5)
        assert shop.has() == 10 + 3 * 1024
        assert shop.stars.is_returned("ch1")

    in_shop(play)


def test_what_was_paid_meanwhile_is_known_to_lack_reads() -> None:
    """For as long as nobody gives them, or returns the Stars; the older payments lack nothing."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(2)
        shop.memory.wipe()
        for _ in range(2):
            await asyncio.sleep(1)
            assert not await shop.ledger.receive(shop.pay())
        await asyncio.sleep(70)
        operator = shop.ledger.operator
        await operator.adopt()
        await asyncio.sleep(5)
        assert [shop.state(f"ch{n}") for n in (1, 2, 3)] == [
            PaymentState.ADOPTED,
            PaymentState.LACKING,
            PaymentState.LACKING,
        ]
        assert shop.ear.kinds().count("PaymentLacks") == 2
        await shop.stop()
        await shop.start(5)
        operator = shop.ledger.operator
        assert [view.lacks for view in await operator.lacking()] == [1024, 1024]
        assert await operator.give_lacking("ch2") == 10 + 2 * 1024
        assert await operator.give_lacking("ch2") == 10 + 2 * 1024
        await asyncio.sleep(5)
        assert shop.has() == 10 + 2 * 1024
        assert shop.ear.kinds().count("ReadsAdded") == 2
        with pytest.raises(NotForSale):
            await operator.give_lacking("ch1")
        await operator.refund("ch3")
        await asyncio.sleep(5)
        assert shop.stars.is_returned("ch3")
        assert shop.has() == 10 + 2 * 1024
        assert await operator.lacking() == []
        with pytest.raises(NotForSale):
            await operator.give_lacking("ch3")
        await operator.refund("ch2")
        await asyncio.sleep(5)
        assert shop.has() == 10 + 1024

    in_shop(play)


def test_what_no_order_explains_is_looked_at_first() -> None:
    """Rows of a program before this one: told to the operators once, in one piece, and to nobody
    as a refund that Telegram has refused; it goes back when an operator says so.
    """

    async def play(shop: Shop) -> None:
        for number in range(3):
            shop.pay(payload=b"of another program", user=ANN + number)
        shop.pay()
        await shop.start(70)
        await shop.ledger.operator.adopt()
        await asyncio.sleep(5)
        assert shop.state("ch1", STRAYS) is PaymentState.UNPLACED
        assert shop.ear.kinds().count("PaymentsUnplaced") == 1
        assert "RefundFailed" not in shop.ear.kinds()
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(5)
        assert shop.state("ch1", STRAYS) is PaymentState.REFUNDED
        assert shop.ear.kinds().count("StarsReturned") == 1
        assert shop.state("ch2", STRAYS) is PaymentState.UNPLACED
        assert shop.ear.kinds().count("PaymentsUnplaced") == 1

    in_shop(play)


def test_an_adoption_that_was_interrupted_is_begun_again() -> None:
    """Half an adoption is none: nothing of it is credited by the next start."""

    async def play(shop: Shop) -> None:
        await shop.start()
        for _ in range(3):
            await shop.paid()
        await asyncio.sleep(2)
        shop.memory.wipe()
        await shop.stop()
        await shop.start(5)
        half = asyncio.ensure_future(shop.ledger.operator.adopt())
        await asyncio.sleep(0.04)
        half.cancel()
        await asyncio.wait({half})
        assert shop.memory.stands.endswith(" adopting")
        await shop.stop()
        await shop.start(70)
        assert shop.ledger.mode is LedgerMode.LOST
        assert (await shop.ledger.operator.adopt()).rows == 3
        await asyncio.sleep(5)
        assert shop.has() == 10 + 3 * 1024

    in_shop(play)


def restored(shop: Shop, maps: dict[str, dict[str, str]], epoch: str, cursor: str) -> None:
    """Put a copy of the facts back, as the restore of a backup does."""
    shop.memory.maps = deepcopy(maps)
    shop.memory.stands = f"{epoch} recovering"
    shop.memory.maps["meta"] = {"cursor": cursor}


@pytest.mark.parametrize("seed", range(20))
def test_an_old_copy_comes_back_exact(seed: int) -> None:
    """Payments, refunds and undone writes since a backup: all come back from Telegram's list.

    Client 2 was paid for the first time after the copy: its invoices tell what it had before.
    """

    async def play(shop: Shop) -> None:
        shop.weather.api = 0.1
        await shop.start()
        await shop.paid()
        await shop.paid()
        await asyncio.sleep(shop.weather.random.choice((0.0, 0.05, 5.0, 70.0)))
        maps, epoch = deepcopy(shop.memory.maps), shop.memory.stands.partition(" ")[0]
        cursor = maps.get("meta", {}).get("cursor", "0 ")
        hung = asyncio.ensure_future(shop.api.metered(1, shop.weather.random.choice((1, 20, 60))))
        await shop.paid(1)
        await shop.paid(2)
        await asyncio.sleep(shop.weather.random.choice((0.02, 0.1, 5.0)))
        if seed % 2:
            assert shop.stars.take_back("ch1") is not None
            await asyncio.sleep(shop.weather.random.choice((0.1, 65.0)))
        await shop.stop()
        shop.pay(2)
        shop.memory.wipe()
        restored(shop, maps, epoch, cursor)
        await shop.start(30)
        await hung
        await asyncio.sleep(1300)
        expected = 10 + (2 if seed % 2 else 3) * 1024
        assert (shop.has(1), shop.has(2)) == (expected, 10 + 2 * 1024)
        assert shop.memory.stands == f"{epoch} whole"

    in_shop(play, seed=seed)


def test_a_restore_that_nobody_noticed_credits_nothing_twice() -> None:
    """Lost and restored within a second under a bot that works: it reads the list first, too."""

    async def play(shop: Shop) -> None:
        await shop.start()
        backup = [line async for line in write_backup(store_of(shop), 1, shop.clock.now())]
        row = await shop.paid()
        await asyncio.sleep(5)
        shop.memory.wipe()
        await restore(store_of(shop), 1, backup)
        await shop.ledger.receive(row)
        await asyncio.sleep(300)
        assert shop.has() == 1034
        assert shop.ledger.mode is LedgerMode.OPEN

    in_shop(play)


def store_of(shop: Shop) -> RedisLedger:
    """Return the store in memory as backups take it: they call nothing that it has not."""
    return cast("RedisLedger", shop.memory)


def test_an_adoption_goes_on_where_it_was() -> None:
    """Interrupted after some pages it does not begin anew; who pays meanwhile is credited."""

    async def play(shop: Shop) -> None:
        for _ in range(250):
            shop.pay()
        await shop.start(5)
        half = asyncio.ensure_future(shop.ledger.operator.adopt())
        while not any(
            text.startswith("200 ") for text in shop.memory.maps.get("meta", {}).values()
        ):
            await asyncio.sleep(0.001)
        half.cancel()
        await asyncio.wait({half})
        late = shop.pay(2)
        assert not await shop.ledger.receive(late)
        asked = shop.stars.asked
        report = await shop.ledger.operator.adopt()
        assert shop.stars.asked - asked == 2
        assert report.rows == 251
        assert report.short == {1: 250 * 1024, 2: 1024}
        assert await lacked(shop) == report.short
        await shop.ledger.operator.gift(2, 1024, key="late")
        await asyncio.sleep(5)
        assert shop.has(2) == 1034
        assert await lacked(shop) == {1: 250 * 1024}

    in_shop(play)


def test_an_adoption_begins_at_the_begin() -> None:
    """Only the epoch and one client's book are gone: how far the list was read is no help."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid(1)
        await shop.paid(2)
        await asyncio.sleep(100)
        await shop.stop()
        assert shop.memory.maps["meta"]["cursor"].startswith("2 ")
        shop.memory.stands = ""
        del shop.memory.maps["client:2"], shop.memory.maps["clients"]["2"]
        del shop.memory.maps["charges"]["ch2"], shop.memory.maps["payments"]["ch2"]
        await shop.start(5)
        assert shop.ledger.mode is LedgerMode.LOST
        assert (await shop.ledger.operator.adopt()).rows == 2
        await asyncio.sleep(5)
        assert shop.state("ch2", 2) is PaymentState.ADOPTED
        assert (await shop.ledger.operator.status(shop.ledger.mode)).rows == 2
        assert (shop.has(1), shop.has(2)) == (1034, 1034)

    in_shop(play)


@pytest.mark.parametrize("is_kept", [True, False])
def test_one_read_on_the_way_to_none_is_no_gift(*, is_kept: bool) -> None:
    """A refund has begun, and the API was set to 1, as it takes no 0: then Redis was lost, and
    restored from before the refund, or from before the payment. It counts no read more.
    """

    async def play(shop: Shop) -> None:
        shop.api.make(3, 0)
        await shop.start()
        await shop.paid()
        await asyncio.sleep(100)
        backups = [deepcopy(shop.memory.maps)]
        await shop.paid(3, base=0)
        await asyncio.sleep(100)
        backups.append(deepcopy(shop.memory.maps))
        epoch, cursor = shop.memory.stands.partition(" ")[0], backups[is_kept]["meta"]["cursor"]
        await shop.stop()
        shop.api.rows[3].available = 1
        shop.memory.wipe()
        restored(shop, backups[is_kept], epoch, cursor)
        await shop.start(200)
        assert shop.has(3) == 1024
        assert not shop.book(3).shifts

    in_shop(play)


def test_nothing_is_given_before_all_payments_are_back() -> None:
    """A restored book has not all its payments until Telegram's list is read: what operators give
    or fix waits for that. Then it counts once, and nothing is taken for a gift of somebody else.
    """

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(100)
        maps, epoch = deepcopy(shop.memory.maps), shop.memory.stands.partition(" ")[0]
        await shop.paid(reads=4096)
        await shop.paid()
        await asyncio.sleep(100)
        await shop.stop()
        shop.memory.wipe()
        restored(shop, maps, epoch, maps["meta"]["cursor"])
        shop.weather.telegram = 1.0
        await shop.start(5)
        with pytest.raises(LedgerRecovers):
            await shop.ledger.operator.gift(1, 5000, key="g")
        with pytest.raises(LedgerRecovers):
            await shop.ledger.operator.fix(1, keep=True)
        assert not shop.book().shifts

        shop.weather.clear()
        await asyncio.sleep(100)
        await shop.ledger.operator.gift(1, 5000, key="g")
        await asyncio.sleep(100)
        assert shop.has() == 10 + 1024 + 4096 + 1024 + 5000
        assert set(shop.book().shifts) == {"gift:g"}

    in_shop(play)


async def lacked(shop: Shop) -> dict[int, int]:
    """Return by client the reads that its payments lack."""
    found: Counter[int] = Counter()
    for view in await shop.ledger.operator.lacking():
        found[view.payment.client] += view.lacks
    return dict(found)
