"""Operators hear of what does not get on: once for each cause, with its end, also at a start."""

from __future__ import annotations

import asyncio

from sapp_bot.errors import StoreAway
from sapp_bot.ledger.notices import (
    HoldEnded,
    HoldLasts,
    LedgerResumes,
    LedgerStalls,
    Notice,
    PaymentHeld,
)
from sapp_bot.ledger.values import DeliveryHold, HoldReason, LedgerMode, RefundAnswer
from sapp_bot.ledger.work.alarms import Alarms
from sapp_bot.testing.clock import ManualClock
from tests.ledger.kit import Shop, in_shop
from tests.ledger.outside import ApiTrouble

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


def test_another_cause_is_no_end() -> None:
    """The API is away, and when it is back nobody can explain its number: nothing has ended
    before an operator ends it.
    """

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        shop.weather.is_api_out = True
        await shop.paid()
        await asyncio.sleep(300)
        shop.api.rows[1].available = 9000
        shop.weather.is_api_out = False
        await asyncio.sleep(600)
        away, drift = alarms(shop)
        assert isinstance(away, HoldLasts)
        assert isinstance(drift, HoldLasts)
        assert (away.hold.reason, drift.hold.reason) == (HoldReason.API_AWAY, HoldReason.DRIFT)
        await shop.ledger.operator.fix(1, keep=True)
        await asyncio.sleep(10)
        (ended,) = alarms(shop)[2:]
        assert isinstance(ended, HoldEnded)
        assert ended.hold.reason is HoldReason.DRIFT

    in_shop(play)


def test_a_refund_that_waits_for_something_else_is_not_done() -> None:
    """Telegram does not answer, then the bot has too few Stars: one end, when they are back."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        shop.stars.away.add("ch1")
        await shop.ledger.operator.refund("ch1")
        await asyncio.sleep(300)
        shop.stars.away.clear()
        shop.stars.instead = RefundAnswer.STARS_SHORT
        await asyncio.sleep(600)
        assert [type(notice) for notice in alarms(shop)] == [HoldLasts, HoldLasts]
        shop.stars.instead = None
        await asyncio.sleep(600)
        assert shop.stars.is_returned("ch1")
        assert [type(notice) for notice in alarms(shop)[2:]] == [HoldEnded]

    in_shop(play)


def test_the_end_is_of_those_who_got_on() -> None:
    """Two wait for the API; one gets on, the other one's number nobody can explain."""

    async def play(shop: Shop) -> None:
        await shop.start()
        for client in (1, 2):
            await shop.paid(client)
        await asyncio.sleep(300)
        shop.weather.is_api_out = True
        for client in (1, 2):
            await shop.paid(client)
        await asyncio.sleep(300)
        shop.api.rows[1].available = 9000
        shop.weather.is_api_out = False
        await asyncio.sleep(600)
        (ended,) = [notice for notice in alarms(shop) if isinstance(notice, HoldEnded)]
        assert (ended.hold.client, ended.clients) == (2, 1)

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


class Operators:
    """Hear of alarms while the store, by which they are told, answers."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.heard: list[Notice] = []
        self.can_be_told = True
        self.alarms = Alarms(self._tell, self.clock)

    async def _tell(self, notice: Notice) -> bool:
        if self.can_be_told:
            self.heard.append(notice)
        return self.can_be_told

    def hold(self, client: int, reason: HoldReason) -> DeliveryHold:
        """Return the hold of a client since the begin."""
        return DeliveryHold(client, reason, self.clock.now(), 1)


class Refused(ApiTrouble):
    """The API refuses the login."""

    retry = False


async def test_a_part_that_stalls_for_another_cause_has_not_resumed() -> None:
    """The audit fails as the API is away, then as it refuses the login: one end, when it works."""
    here = Operators()
    await here.alarms.stalls("audit", ApiTrouble("away"))
    await here.clock.advance(121)
    await here.alarms.stalls("audit", ApiTrouble("away"))
    await here.alarms.stalls("audit", Refused("no login"))
    assert [type(notice) for notice in here.heard] == [LedgerStalls, LedgerStalls]
    await here.alarms.goes_on("audit")
    assert [type(notice) for notice in here.heard[2:]] == [LedgerResumes]


async def test_the_ledger_resumes_when_no_part_stalls() -> None:
    """The list can be read again, the audit not yet: it does not get on as a whole."""
    here = Operators()
    for _ in range(2):
        await here.alarms.stalls("list", StoreAway("no answer"))
        await here.alarms.stalls("audit", ApiTrouble("away"))
        await here.clock.advance(121)
    await here.alarms.stalls("audit", ApiTrouble("away"))
    await here.alarms.goes_on("list")
    assert [type(notice) for notice in here.heard] == [LedgerStalls, LedgerStalls]
    await here.alarms.goes_on("audit")
    assert [type(notice) for notice in here.heard[2:]] == [LedgerResumes]


async def test_an_end_that_could_not_be_told_is_told_later() -> None:
    """The operators know that the ledger stalls: they hear that it gets on, and only once."""
    here = Operators()
    for _ in range(2):
        await here.alarms.stalls("audit", ApiTrouble("away"))
        await here.clock.advance(121)
    here.can_be_told = False
    await here.alarms.goes_on("audit")
    await here.alarms.goes_on("list")
    assert [type(notice) for notice in here.heard] == [LedgerStalls]
    here.can_be_told = True
    await here.alarms.goes_on("list")
    await here.alarms.goes_on("list")
    assert [type(notice) for notice in here.heard] == [LedgerStalls, LedgerResumes]


async def test_an_end_is_told_before_the_next_beginning() -> None:
    """It could not be told, and the next trouble has begun meanwhile: both, in their order."""
    here = Operators()
    for _ in range(2):
        await here.alarms.stalls("audit", ApiTrouble("away"))
        await here.clock.advance(121)
    here.can_be_told = False
    await here.alarms.goes_on("audit")
    await here.alarms.stalls("audit", Refused("no login"))
    await here.clock.advance(121)
    here.can_be_told = True
    await here.alarms.stalls("audit", Refused("no login"))
    assert [type(notice) for notice in here.heard] == [LedgerStalls, LedgerResumes, LedgerStalls]


async def test_the_end_is_told_where_the_second_cause_could_not_be() -> None:
    """The store, by which operators are told, goes away on top: they hear the end all the same."""
    here = Operators()
    since = here.hold(1, HoldReason.API_AWAY)
    await here.clock.advance(121)
    await here.alarms.held(since)
    here.can_be_told = False
    away = DeliveryHold(1, HoldReason.STORE_AWAY, since.since, 2)
    await here.alarms.held(away)
    here.can_be_told = True
    await here.alarms.released(away)
    assert [type(notice) for notice in here.heard] == [HoldLasts, HoldEnded]
