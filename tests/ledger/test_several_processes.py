"""A ledger that other processes work on, too: what they note is seen, and nothing counts twice."""

from __future__ import annotations

import asyncio

import pytest

from sapp_bot.errors import KeeperReplaced
from sapp_bot.ledger.books.repository import Books
from sapp_bot.ledger.values import DeliveryHold, HoldReason
from sapp_bot.ledger.work.marks import LOOK_S
from tests.ledger.kit import Shop, in_shop
from tests.ledger.memory_store import MemoryStore
from tests.ledger.subjects import SMALLEST_PACK


class FencedStore(MemoryStore):
    """A store that refuses all writes once a term is over."""

    is_over = False

    async def _pass(self, epoch: str | None = None) -> None:
        await super()._pass(epoch)
        if epoch is not None and self.is_over:
            raise KeeperReplaced


async def another(shop: Shop) -> Books:
    """Return the books as another process has them, which works on the same ledger."""
    books = Books(shop.store, shop.clock)
    books.believe(await shop.store.epoch())
    return books


def test_work_that_another_process_notes_is_done_in_a_second() -> None:
    """Also again, for a client that is being watched already; not by one that is alone."""

    async def play(shop: Shop) -> int:
        await shop.start()
        books = await another(shop)
        await shop.paid()
        await asyncio.sleep(40)  # it is looked at again in a minute and a half
        looks = len(shop.api.shown[1])
        for _ in range(3):
            await books.mark_dirty(1)
            await asyncio.sleep(LOOK_S + 0.5)
        return len(shop.api.shown[1]) - looks

    async def shared(shop: Shop) -> int:
        shop.is_shared = True
        return await play(shop)

    assert in_shop(shared) >= 3
    assert in_shop(play) == 0


def test_a_checkout_elsewhere_has_the_list_read_soon() -> None:
    """Three times, as after one here; a payment that no update tells of is found."""

    async def play(shop: Shop) -> None:
        shop.is_shared = True
        await shop.start()
        shop.pay()
        await (await another(shop)).note_checkout()
        await asyncio.sleep(8)
        assert shop.has() == 10 + SMALLEST_PACK

    in_shop(play)


def test_holds_are_known_to_other_processes() -> None:
    """Until they end; the next keeper knows them from its first moment on, and ends them."""

    async def play(shop: Shop) -> None:
        shop.is_shared = True
        await shop.start()
        books = await another(shop)
        await shop.paid()
        await asyncio.sleep(5)
        assert await books.holds() == {}
        shop.api.set_by_hand(1, 5000)
        await shop.ledger.operator.audit()
        await asyncio.sleep(5)
        held = await books.hold_of(1)
        assert held == shop.ledger.operator.holds[1]
        assert held.reason is HoldReason.DRIFT
        assert await books.hold_of(2) is None

        await shop.stop()
        shop.api.set_by_hand(1, 10 + SMALLEST_PACK)
        shop.weather.api_stalls_s = 10.0
        await shop.start(1.0)
        known = shop.ledger.operator.holds[1]
        assert (known.reason, known.since) == (HoldReason.DRIFT, held.since)
        shop.weather.api_stalls_s = 0.0
        await asyncio.sleep(60)
        assert await books.holds() == {}

    in_shop(play)


def test_a_hold_is_kept_whole() -> None:
    """With its cause, whatever that is, its time and its tries."""

    async def play(shop: Shop) -> None:
        await shop.start()
        books = await another(shop)
        for client, reason in enumerate(HoldReason):
            hold = DeliveryHold(client, reason, shop.clock.now().replace(microsecond=0), client + 1)
            await books.note_hold(hold)
            assert await books.hold_of(client) == hold
        await books.drop_hold(0)
        await books.drop_hold(0)
        assert sorted(await books.holds()) == list(range(1, len(HoldReason)))

    in_shop(play)


@pytest.mark.parametrize("seed", range(8))
def test_two_at_once_take_the_last_read_once(seed: int) -> None:
    """It is taken by adding -1, which counts twice when done twice."""

    async def play(shop: Shop) -> None:
        await shop.start()
        rival = shop.made()
        running = asyncio.ensure_future(rival.run())
        await asyncio.sleep(3)
        taken = shop.ledger.operator.gift(1, -10, key="g")
        await taken
        rival.wake(1)
        lowest = shop.has()
        for _ in range(2000):
            await asyncio.sleep(0.005)
            lowest = min(lowest, shop.has())
        assert (lowest, shop.has()) == (0, 0)
        running.cancel()
        await asyncio.wait({running})

    in_shop(play, seed=seed)


def test_a_keeper_that_was_replaced_ends() -> None:
    """At the first write that is refused; it does not go on trying, as after a loss."""

    async def play(shop: Shop) -> None:
        store = shop.store = FencedStore(shop.weather)
        working = asyncio.ensure_future(shop.made().run())
        await asyncio.sleep(3)
        assert not working.done()
        store.is_over = True
        shop.pay()
        await asyncio.sleep(70)
        assert working.done()
        assert isinstance(working.exception(), KeeperReplaced)

    in_shop(play)


def test_what_was_cut_off_is_known() -> None:
    """The clients that were being looked at when the process ended, and no other."""

    async def play(shop: Shop) -> None:
        await shop.start()
        assert await shop.ledger.operator.gift(2, 5, key="g") == 15
        await asyncio.sleep(5)
        await shop.paid()
        await asyncio.sleep(0.005)
        await shop.stop()
        assert shop.ledger.cut_off == (1,)

    in_shop(play)
