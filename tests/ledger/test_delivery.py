"""A payment becomes reads, whatever the API and Telegram do meanwhile."""

from __future__ import annotations

import asyncio

from sapp_bot.ledger.notices import HoldEnded, HoldLasts, PaymentHeld, ReadsAdded
from sapp_bot.ledger.values import STRAYS, HoldReason, PaymentState
from tests.ledger.kit import Shop, in_shop


def test_a_payment_becomes_reads() -> None:
    """The reads are there in a moment, the person is told what is left, and it settles."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(1)
        assert shop.has() == 1034
        assert shop.state("ch1") is PaymentState.APPLIED
        await asyncio.sleep(200)
        assert shop.state("ch1") is PaymentState.SETTLED
        assert [type(notice) for notice in shop.ear.heard] == [ReadsAdded]
        added = shop.ear.heard[0]
        assert isinstance(added, ReadsAdded)
        assert (added.left, added.payment.user, added.payment.stars) == (1034, 7, 50)
        assert not shop.memory.maps["dirty"]

    in_shop(play)


def test_the_list_brings_what_no_update_brought() -> None:
    """An update that is lost costs a minute at most; after a checkout, less."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.pay()
        await asyncio.sleep(65)
        assert shop.has() == 1034

    in_shop(play)


def test_a_doubled_update_is_one_payment() -> None:
    """The same charge counts once; another charge of the same order counts again: it is money."""

    async def play(shop: Shop) -> None:
        await shop.start()
        row = await shop.paid()
        for _ in range(3):
            assert await shop.ledger.receive(row)
        again = shop.pay(payload=row.payload)
        assert await shop.ledger.receive(again)
        await asyncio.sleep(2)
        assert shop.has() == 10 + 2 * 1024

    in_shop(play)


def test_a_rollback_is_healed() -> None:
    """A metered call that brings old reads back is found out, also an hour later."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.api.rows[1].used = 0
        hung = asyncio.ensure_future(shop.api.metered(1, 4000))
        quick = asyncio.ensure_future(shop.api.metered(1, 8))
        await shop.paid()
        await asyncio.gather(quick)
        assert shop.has() == 10
        await asyncio.sleep(60)
        assert shop.has() == 1034
        await hung
        assert shop.has() == 10
        await asyncio.sleep(601)
        assert shop.has() == 1034

    in_shop(play)


def test_an_outage_is_waited_for() -> None:
    """403 to everything: the person hears that it is safe, the operators after two minutes."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.weather.is_api_out = True
        await shop.paid()
        await asyncio.sleep(400)
        assert shop.state("ch1") is PaymentState.SEEN
        held, lasts = shop.ear.heard
        assert isinstance(held, PaymentHeld)
        assert isinstance(lasts, HoldLasts)
        assert held.reason is lasts.hold.reason is HoldReason.API_AWAY
        assert lasts.hold.tries > 5
        shop.weather.is_api_out = False
        await asyncio.sleep(310)
        assert shop.has() == 1034
        assert [type(notice) for notice in shop.ear.heard[2:]] == [ReadsAdded, HoldEnded]

    in_shop(play)


def test_being_woken_does_not_wear_a_hold_out() -> None:
    """Looks in between, as each reading of the list brings, leave the pauses as they were."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.weather.is_api_out = True
        row = await shop.paid()
        for _ in range(30):
            await asyncio.sleep(0.1)
            await shop.ledger.receive(row)
        await asyncio.sleep(2)
        assert shop.ear.kinds() == ["PaymentHeld"]
        shop.weather.is_api_out = False
        await asyncio.sleep(6)
        assert shop.has() == 1034

    in_shop(play)


def test_a_small_gift_of_somebody_else_is_kept() -> None:
    """Ten reads that the API itself gives are booked, and come on top of what is paid."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(2)
        shop.api.rows[1].available += 10
        await shop.paid()
        await asyncio.sleep(2)
        assert shop.has() == 10 + 2 * 1024 + 10

    in_shop(play)


def test_what_nobody_can_explain_is_left_to_an_operator() -> None:
    """A number from nowhere is not overwritten; an operator keeps it or sets it right."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(2)
        for keep, found, expected in ((True, 5000, 6024), (False, 7, 7048)):
            shop.api.rows[1].available = found
            await shop.paid()
            await asyncio.sleep(5)
            assert shop.has() == found
            status = await shop.ledger.operator.status(shop.ledger.mode)
            assert [hold.reason for hold in status.holds] == [HoldReason.DRIFT]
            await shop.ledger.operator.fix(1, keep=keep)
            await asyncio.sleep(5)
            assert shop.has() == expected

    in_shop(play)


def test_a_client_that_is_gone_gets_its_stars_back() -> None:
    """Missing twice, a minute apart, is gone: the Stars go back after time for an operator."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.api.delete(1)
        await shop.paid()
        await asyncio.sleep(59)
        assert shop.state("ch1") is PaymentState.SEEN
        await asyncio.sleep(5)
        assert shop.state("ch1") is PaymentState.REFUND_DUE
        assert not shop.stars.is_returned("ch1")
        await asyncio.sleep(600)
        assert shop.stars.is_returned("ch1")
        assert shop.state("ch1") is PaymentState.REFUNDED
        assert shop.ear.kinds() == ["PaymentUndeliverable", "StarsReturned"]

    in_shop(play)


def test_a_forged_payload_goes_back() -> None:
    """A payment whose payload is not ours credits nobody, and its Stars are returned."""

    async def play(shop: Shop) -> None:
        await shop.start()
        row = shop.pay(payload=b"v1|c1|r9999999|b10|oabc|AAAAAAAAAAA")
        assert await shop.ledger.receive(row)
        await asyncio.sleep(5)
        assert shop.state("ch1", STRAYS) is PaymentState.REFUND_DUE
        await asyncio.sleep(620)
        assert shop.stars.is_returned("ch1")
        assert shop.has() == 10

    in_shop(play)


def test_rows_that_are_no_payments_are_passed_by() -> None:
    """Gifts and advertisements count as rows, so that the cursor stays right."""

    async def play(shop: Shop) -> None:
        await shop.start()
        gift = shop.pay()
        shop.stars.rows[0] = type(gift)(gift.charge, gift.direction, 5, None, None, gift.at)
        shop.pay()
        await asyncio.sleep(65)
        assert shop.has() == 1034
        assert (await shop.ledger.operator.status(shop.ledger.mode)).rows == 2

    in_shop(play)


def test_a_list_that_lost_its_begin_is_read_anew() -> None:
    """Numbers of rows that have moved lose no payment."""

    async def play(shop: Shop) -> None:
        await shop.start()
        for _ in range(3):
            shop.pay()
        await asyncio.sleep(65)
        del shop.stars.rows[:2]
        shop.pay()
        shop.pay()
        await asyncio.sleep(65)
        assert shop.has() == 10 + 5 * 1024

    in_shop(play)


def test_a_gift_is_given_once() -> None:
    """An operator's gift, repeated with its key, counts once, and may take reads away."""

    async def play(shop: Shop) -> None:
        await shop.start()
        for _ in range(3):
            assert await shop.ledger.operator.gift(1, 500, key="m1") == 510
        await asyncio.sleep(2)
        assert shop.has() == 510
        assert await shop.ledger.operator.gift(1, -510, key="m2") == 0
        await asyncio.sleep(5)
        assert shop.has() == 0

    in_shop(play)
