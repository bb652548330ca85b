"""Schedules that were thought out to break the ledger, beside those that the explorer draws."""

from __future__ import annotations

import asyncio

from sapp_bot.errors import SappBotError
from sapp_bot.ledger.values import LedgerMode, PaymentState, StarsRecord
from tests.ledger.kit import Shop, in_shop


def test_a_frozen_write_lands_after_a_refund() -> None:
    """A PUT that was given up sets the refunded reads again a minute later: they are taken back.

    A metered call that loaded the row with them hangs meanwhile, and brings them back once more.
    """

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(1)
        hanging = asyncio.ensure_future(shop.api.metered(1, 300.0))
        await asyncio.sleep(0)
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(1)
        assert shop.stars.is_returned("ch1")
        assert shop.has() == 10
        await asyncio.sleep(60)
        await shop.api.set_reads(1, 1034)  # the zombie
        await asyncio.sleep(700)
        await hanging
        assert shop.has() == 10
        assert shop.state("ch1") is PaymentState.REFUNDED

    in_shop(play)


def test_the_row_and_its_reversal_come_backwards_at_every_moment() -> None:
    """The reversal is told before the payment, while it is booked, and while it is delivered."""

    async def play(shop: Shop) -> None:
        await shop.start()
        for step in range(12):
            row = shop.pay(base=10)
            out = shop.stars.take_back(row.charge)
            assert out is not None

            async def later(one: StarsRecord, wait_s: float) -> None:
                await asyncio.sleep(wait_s)
                await shop.ledger.receive(one)

            await asyncio.gather(later(out, 0.004 * step), later(row, 0.02), later(row, 0.03))
            await asyncio.sleep(2)
            assert shop.has() == 10, step
            assert shop.state(row.charge) is PaymentState.REVERSED
        assert shop.api.highest[1] <= 10 + 12 * 1024

    in_shop(play)


def test_the_store_is_emptied_between_the_fact_and_the_write() -> None:
    """Redis loses all at each step of a delivery: nothing is set that nobody could explain."""

    async def play(shop: Shop) -> None:
        for step in range(16):
            shop.api.make(1, 10)
            shop.stars.rows.clear()
            shop.memory.wipe()
            await shop.start(2)
            assert shop.ledger.mode.value == "open"
            paying = asyncio.ensure_future(shop.paid())
            await asyncio.sleep(0.004 * step)
            shop.memory.wipe()
            await asyncio.wait({paying})
            await asyncio.sleep(100)
            assert shop.ledger.mode is LedgerMode.LOST, step
            assert shop.has() in {10, 1034}
            try:
                report = await shop.ledger.operator.adopt()
            except SappBotError as error:
                raise AssertionError(step) from error
            await asyncio.sleep(100)
            assert shop.has() + report.short.get(1, 0) == 1034, step
            await shop.stop()

    in_shop(play)


def test_two_processes_book_one_payment_while_one_refunds_it() -> None:
    """An old process hangs on with an early GET; it neither credits nor returns anything twice."""

    async def play(shop: Shop) -> None:
        await shop.start()
        old = shop.ledger
        await shop.start()  # the old one goes on
        for round_ in range(8):
            row = shop.pay(base=10)
            both = [old.receive(row), shop.ledger.receive(row)]
            await asyncio.gather(*both)
            await asyncio.sleep(0.01 * round_)
            await shop.ledger.operator.refund(row.charge)
            await asyncio.sleep(5)
            assert shop.stars.is_returned(row.charge)
            assert shop.has() == 10, round_
        assert sum(row.direction.value == "out" for row in shop.stars.rows) == 8
        assert shop.api.highest[1] == 1034

    in_shop(play)
