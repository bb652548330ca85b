"""What operators give, fix and take: decided once, in turn, and gone on with after a fault."""

from __future__ import annotations

import asyncio
import json

import pytest

from sapp_bot.errors import StoreAway
from sapp_bot.ledger.values import PaymentState
from tests.ledger.kit import Shop, in_shop
from tests.ledger.memory_store import MemoryStore
from tests.ledger.test_differences import refuses, set_by_hand

PACK = 1024


async def lacking_two(shop: Shop) -> None:
    """Deliver one payment, lose Redis, have two more paid, and adopt: those two lack reads."""
    await shop.start()
    await shop.paid()
    await asyncio.sleep(2)
    shop.memory.wipe()
    for _ in range(2):
        await asyncio.sleep(1)
        assert not await shop.ledger.receive(shop.pay())
    await asyncio.sleep(70)
    await shop.ledger.operator.adopt()
    await asyncio.sleep(5)
    assert shop.state("ch2") is shop.state("ch3") is PaymentState.LACKING


def test_stars_that_go_back_bring_no_reads() -> None:
    """One operator returns the Stars, and a moment later another gives the reads: refused."""

    async def play(shop: Shop) -> None:
        await lacking_two(shop)
        operator = shop.ledger.operator
        shop.weather.store_stalls_s = 0.05
        refund = asyncio.ensure_future(operator.refund("ch3"))
        await asyncio.sleep(0.01)
        with refuses("go back, or are back, already"):
            await operator.give_lacking("ch3")
        await refund
        await asyncio.sleep(60)
        assert shop.stars.is_returned("ch3")
        assert shop.has() == 10 + PACK

    in_shop(play)


def test_two_gives_after_a_grant_give_what_is_missing() -> None:
    """A grant has made up for 500 already; two operators give at one moment: exact in all."""

    async def play(shop: Shop) -> None:
        await lacking_two(shop)
        operator = shop.ledger.operator
        await operator.gift(1, 500, key="some")
        await asyncio.gather(operator.give_lacking("ch2"), operator.give_lacking("ch3"))
        await asyncio.sleep(60)
        assert shop.has() == 10 + 3 * PACK
        assert await operator.lacking() == []

    in_shop(play)


def test_what_grants_have_made_up_for_is_not_given() -> None:
    """Nothing is missing any more: said, and no empty gift is noted."""

    async def play(shop: Shop) -> None:
        await lacking_two(shop)
        operator = shop.ledger.operator
        await operator.gift(1, 2 * PACK, key="all")
        with refuses("lacks no reads"):
            await operator.give_lacking("ch2")
        assert list(shop.book().shifts) == ["gift:all"]

    in_shop(play)


@pytest.mark.parametrize("keep", [True, False])
def test_a_fix_that_was_cut_off_is_gone_on_with(*, keep: bool) -> None:
    """The process dies when it is noted: the same act again has the client worked on."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        await set_by_hand(shop, 9000)
        shop.weather.is_api_out = True
        await asyncio.sleep(1)
        shop.weather.is_api_out = False
        fixing = asyncio.ensure_future(shop.ledger.operator.fix(1, keep=keep, seen=9000, key="k"))
        while not shop.book().has_fixed("k"):
            await asyncio.sleep(0.0001)
        fixing.cancel()
        await asyncio.wait({fixing})
        await shop.ledger.operator.fix(1, keep=keep, seen=9000, key="k")
        await asyncio.sleep(2)
        assert not shop.ledger.operator.holds
        assert shop.has() == (9000 if keep else 1034)
        await shop.ledger.operator.fix(1, keep=keep, seen=9000, key="k")
        noted = [json.loads(entry)["what"] for entry in await shop.ledger.operator.journal()]
        assert noted.count("fix") == 1

    in_shop(play)


def test_a_number_of_ours_is_not_kept() -> None:
    """A metered call has brought an old number back: the ledger heals it, nobody keeps it."""

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        shop.api.rows[1].available = 10
        assert (await shop.ledger.operator.difference(1)).heals
        with refuses("putting this number right by itself; look again in a minute"):
            await shop.ledger.operator.fix(1, keep=True)
        await set_by_hand(shop, 10)
        assert shop.has() == 1034

    in_shop(play)


def test_a_number_that_was_replaced_is_not_kept() -> None:
    """An operator has set what the ledger wants, and a call that had loaded the other number brings
    it back: it is healed as one of ours, and not offered to be kept.
    """

    async def play(shop: Shop) -> None:
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        await set_by_hand(shop, 9000)
        assert not (await shop.ledger.operator.difference(1)).heals
        await shop.ledger.operator.fix(1, keep=False)
        await asyncio.sleep(300)
        assert shop.has() == 1034
        shop.api.rows[1].available = 9000
        with refuses("putting this number right by itself"):
            await shop.ledger.operator.fix(1, keep=True)
        await set_by_hand(shop, 9000)
        assert shop.has() == 1034

    in_shop(play)


class JournalAway(MemoryStore):
    """A store whose journal gets no answer once, when reads that were not taken are noted."""

    is_down = True

    async def note(self, epoch: str, token: str, entry: str) -> None:
        """Refuse one note."""
        if self.is_down and "not_taken" in entry:
            self.is_down = False
            raise StoreAway("no answer")
        await super().note(epoch, token, entry)


def test_the_journal_has_what_was_not_taken() -> None:
    """The store is away at that very moment: it is noted at the next look, once."""

    async def play(shop: Shop) -> None:
        shop.memory = JournalAway(shop.weather)
        shop.store = shop.memory
        await shop.start()
        await shop.paid()
        await asyncio.sleep(300)
        shop.api.rows[1].used = 1000
        shop.stars.take_back("ch1")
        await asyncio.sleep(120)
        assert shop.has() == 1000
        entries = [json.loads(entry) for entry in await shop.ledger.operator.journal()]
        assert [entry["reads"] for entry in entries if entry["what"] == "not_taken"] == [PACK - 34]

    in_shop(play)
