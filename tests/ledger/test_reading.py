"""Telegram's list is read as often as it has to be: shared by all who ask, and after a pause."""

from __future__ import annotations

import asyncio

from sapp_bot.errors import TelegramAway
from sapp_bot.ledger.values import LedgerMode
from tests.ledger.kit import Shop, in_shop

CLIENTS = range(3, 43)


def test_many_who_ask_share_a_reading() -> None:
    """Somebody else gives forty clients a few reads: each look needs the list, as it is by then;
    they do not read it forty times.
    """

    async def play(shop: Shop) -> None:
        for client in CLIENTS:
            shop.api.make(client, 10)
        await shop.start()
        for client in CLIENTS:
            await shop.paid(client)
        await asyncio.sleep(310)
        for client in CLIENTS:
            shop.api.rows[client].available += 5
        asked = shop.stars.asked
        await shop.ledger.operator.audit()
        await asyncio.sleep(20)
        assert all(shop.book(client).shifts == {"foreign:1039": 5} for client in CLIENTS)
        assert shop.stars.asked - asked < len(CLIENTS)

    in_shop(play)


def test_who_asks_while_it_is_read_gets_the_next_reading() -> None:
    """The one under way may have passed the end before the payment was there; all share the next
    one, and its rows.
    """

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(30)
        operator, asked = shop.ledger.operator, shop.stars.asked
        first = asyncio.ensure_future(operator.reconcile())
        while shop.stars.asked == asked:
            await asyncio.sleep(0.0001)
        shop.pay()
        others = [asyncio.ensure_future(operator.reconcile()) for _ in range(5)]
        assert await first == 1
        assert await asyncio.gather(*others) == [1] * 5
        assert shop.memory.maps["meta"]["cursor"] == "2 ch2"
        assert shop.stars.asked - asked == 3  # a reading after the first looks where it was, too

    in_shop(play)


def test_a_reading_that_fails_fails_for_all_who_share_it() -> None:
    """Telegram is away: five who wait ask it once more, not five times; one who gives up takes
    nobody with him.
    """

    async def play(shop: Shop) -> None:
        await shop.start()
        await asyncio.sleep(30)
        shop.weather.telegram = 1.0
        operator = shop.ledger.operator
        first, quits, *others = (asyncio.ensure_future(operator.reconcile()) for _ in range(7))
        await asyncio.sleep(0)
        await asyncio.wait({first})
        quits.cancel()
        ends = await asyncio.gather(first, *others, return_exceptions=True)
        assert [type(end) for end in ends] == [TelegramAway] * 6
        assert len({id(end) for end in ends}) == 2
        shop.weather.telegram = 0.0
        assert await operator.reconcile() == 0

    in_shop(play)


def test_a_start_that_failed_waits_before_the_next_try() -> None:
    """The API is away at the start: the list is read once, and again when a second has passed."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.stop()
        shop.weather.is_api_out = True
        asked = shop.stars.asked
        await shop.start(0.5)
        assert shop.stars.asked - asked == 1
        await asyncio.sleep(1.5)
        assert shop.stars.asked - asked == 2
        shop.weather.is_api_out = False
        await asyncio.sleep(10)
        assert shop.ledger.mode is LedgerMode.OPEN

    in_shop(play)
