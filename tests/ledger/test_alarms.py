"""Operators hear of what does not get on: once for each cause, with its end, also at a start."""

from __future__ import annotations

import asyncio

from sapp_bot.ledger.notices import (
    HoldEnded,
    HoldLasts,
    LedgerResumes,
    LedgerStalls,
    Notice,
    PaymentHeld,
)
from sapp_bot.ledger.values import HoldReason, LedgerMode
from tests.ledger.kit import Shop, in_shop

FOR_OPERATORS = (HoldLasts, HoldEnded, LedgerStalls, LedgerResumes)


def alarms(shop: Shop) -> list[Notice]:
    """List what the operators have heard."""
    return [notice for notice in shop.ear.heard if isinstance(notice, FOR_OPERATORS)]


def sells(shop: Shop) -> bool:
    """Return whether the ledger is open for sales."""
    return shop.ledger.mode is LedgerMode.OPEN


def test_one_outage_is_one_alarm() -> None:
    """Twenty clients wait for the API: one alarm that says how many, and one end."""

    async def play(shop: Shop) -> None:
        clients = range(3, 23)
        for client in clients:
            shop.api.make(client, 10)
        await shop.start()
        shop.weather.is_api_out = True
        for client in clients:
            await shop.paid(client)
        await asyncio.sleep(1800)
        shop.weather.is_api_out = False
        await asyncio.sleep(900)
        lasts, ended = alarms(shop)
        assert isinstance(lasts, HoldLasts)
        assert isinstance(ended, HoldEnded)
        assert lasts.hold.reason is HoldReason.API_AWAY
        assert lasts.clients >= 1
        assert ended.clients == 20
        assert all(shop.has(client) == 1034 for client in clients)

    in_shop(play)


def test_what_only_an_operator_can_end_is_told_for_each() -> None:
    """Two clients with numbers that nobody can explain are two matters."""

    async def play(shop: Shop) -> None:
        await shop.start()
        for client in (1, 2):
            await shop.paid(client)
        await asyncio.sleep(300)
        for client in (1, 2):
            shop.api.rows[client].available = 9000
        await shop.ledger.operator.audit()
        await asyncio.sleep(600)
        assert [type(notice) for notice in alarms(shop)] == [HoldLasts, HoldLasts]
        await shop.ledger.operator.fix(2, keep=True)
        await asyncio.sleep(10)
        ended = alarms(shop)[-1]
        assert isinstance(ended, HoldEnded)
        assert ended.hold.client == 2

    in_shop(play)


def test_a_start_in_an_outage_is_told() -> None:
    """The API is away at the start: who pays then hears that it is safe, the operators hear why,
    nothing is sold; when it is back all is delivered.
    """

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.stop()
        shop.weather.is_api_out = True
        await shop.start(5)
        await shop.paid()
        await asyncio.sleep(10)
        assert [type(notice) for notice in shop.ear.heard] == [PaymentHeld]
        await asyncio.sleep(300)
        assert not sells(shop)
        (lasts,) = alarms(shop)
        assert isinstance(lasts, HoldLasts)
        assert lasts.hold.reason is HoldReason.API_AWAY
        shop.weather.is_api_out = False
        await asyncio.sleep(400)
        assert shop.has() == 1034
        assert sells(shop)
        assert isinstance(alarms(shop)[-1], HoldEnded)

    in_shop(play)


def test_a_start_without_telegrams_list_delivers() -> None:
    """The list cannot be read: an update's payment is delivered, nothing is sold, it is told."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await shop.stop()
        shop.weather.telegram = 1.0
        await shop.start(5)
        await shop.paid()
        await asyncio.sleep(300)
        assert shop.has() == 10 + 2 * 1024
        assert not sells(shop)
        (stalls,) = alarms(shop)
        assert isinstance(stalls, LedgerStalls)
        assert stalls.reason is HoldReason.TELEGRAM_AWAY
        shop.weather.telegram = 0.0
        await asyncio.sleep(100)
        assert sells(shop)
        assert isinstance(alarms(shop)[-1], LedgerResumes)

    in_shop(play)


def test_an_outage_that_holds_nobody_is_told_too() -> None:
    """Nobody waits, and yet nothing can be sold: the list, later the audit, find it out."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.weather.telegram = 1.0
        await asyncio.sleep(600)
        shop.weather.telegram = 0.0
        await asyncio.sleep(100)
        shop.weather.is_api_out = True
        await asyncio.sleep(1000)
        shop.weather.is_api_out = False
        await asyncio.sleep(100)
        told = [
            (type(notice), notice.reason)
            for notice in alarms(shop)
            if isinstance(notice, LedgerStalls | LedgerResumes)
        ]
        assert told == [
            (LedgerStalls, HoldReason.TELEGRAM_AWAY),
            (LedgerResumes, HoldReason.TELEGRAM_AWAY),
            (LedgerStalls, HoldReason.API_AWAY),
            (LedgerResumes, HoldReason.API_AWAY),
        ]

    in_shop(play)
