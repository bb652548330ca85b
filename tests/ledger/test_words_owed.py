"""Who paid hears what is so, when it takes long, when it is held, and when a refund waits."""

from __future__ import annotations

import asyncio

from sapp_bot.ledger.notices import (
    HoldLasts,
    Notice,
    PaymentHeld,
    PaymentSeen,
    ReadsAdded,
    RefundBegun,
)
from sapp_bot.ledger.refunds import AskedRefund
from sapp_bot.ledger.values import HoldReason, RefundAnswer
from tests.ledger.kit import ANN, Ear, Shop, in_shop


def test_a_refund_that_waits_silences_nothing() -> None:
    """The bot has too few Stars: the refund is told, a later payment is delivered and told, the
    operators hear why; when it has Stars they go back by themselves.
    """

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(5)
        shop.stars.instead = RefundAnswer.STARS_SHORT
        assert await shop.ledger.ask_refund("ch1", user=ANN) is AskedRefund.BEGUN
        await asyncio.sleep(20)
        told = shop.ear.heard[-1]
        assert isinstance(told, RefundBegun)
        assert told.is_put_off
        await shop.paid()
        await asyncio.sleep(300)
        assert shop.has() == 1034
        assert shop.ear.kinds().count("ReadsAdded") == 2
        assert "PaymentHeld" not in shop.ear.kinds()
        reasons = [notice.hold.reason for notice in shop.ear.heard if isinstance(notice, HoldLasts)]
        assert reasons == [HoldReason.STARS_SHORT]
        shop.stars.instead = None
        await asyncio.sleep(400)
        assert shop.ear.kinds()[-2:] == ["StarsReturned", "HoldEnded"]
        assert not shop.ledger.operator.holds

    in_shop(play)


def test_one_refund_that_waits_holds_up_no_other() -> None:
    """Of two refunds the second is carried out while the first one cannot be."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await shop.paid()
        await asyncio.sleep(5)
        shop.stars.away.add("ch1")
        await shop.ledger.operator.refund("ch1")
        await shop.ledger.operator.refund("ch2")
        await asyncio.sleep(30)
        assert shop.stars.is_returned("ch2")
        assert shop.ledger.operator.holds[1].reason is HoldReason.REFUND_WAITS

    in_shop(play)


def test_each_hold_is_told_as_it_is() -> None:
    """The API is away, which ends by itself; then a number that an operator has to explain."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        shop.weather.is_api_out = True
        await shop.paid()
        await asyncio.sleep(30)
        shop.api.rows[1].available = 9000
        shop.weather.is_api_out = False
        await asyncio.sleep(300)
        held = [notice.reason for notice in shop.ear.heard if isinstance(notice, PaymentHeld)]
        assert held == [HoldReason.API_AWAY, HoldReason.DRIFT]
        assert [reason.needs_operator for reason in held] == [False, True]

    in_shop(play)


def test_a_slow_api_is_spoken_of() -> None:
    """Each call takes three seconds: who paid hears after three that the payment is here."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.weather.api_stalls_s = 3.0
        await shop.paid()
        await asyncio.sleep(4)
        assert shop.ear.kinds() == ["PaymentSeen"]
        await asyncio.sleep(20)
        assert shop.ear.kinds() == ["PaymentSeen", "ReadsAdded"]

    in_shop(play)


def test_that_a_payment_is_here_is_told_once() -> None:
    """A slow look has told it, and so would the write at its end that was undone before."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.weather.api_stalls_s = 0.5
        await shop.paid()
        await asyncio.sleep(1.3)  # it was written, and is looked at
        shop.api.rows[1].available = 10
        shop.weather.api_stalls_s = 1.6
        await asyncio.sleep(20)
        assert shop.has() == 1034
        assert shop.ear.kinds() == ["PaymentSeen", "ReadsAdded"]

    in_shop(play)


class SlowEar(Ear):
    """Takes a second to hear anything; of what is added it hears at once, then it takes that."""

    async def tell(self, notice: Notice) -> None:
        """Take one."""
        if isinstance(notice, PaymentSeen):
            await asyncio.sleep(1)
        await super().tell(notice)
        if isinstance(notice, ReadsAdded):
            await asyncio.sleep(1)


def test_nobody_hears_that_reads_are_being_added_when_they_are() -> None:
    """The look ends while that is being told: it is told no more."""

    async def play(shop: Shop) -> None:
        shop.ear = SlowEar()
        await shop.start()
        shop.weather.api_stalls_s = 1.1
        await shop.paid()
        await asyncio.sleep(20)
        assert shop.ear.kinds() == ["ReadsAdded"]

    in_shop(play)
