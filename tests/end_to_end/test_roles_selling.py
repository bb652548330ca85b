"""A gateway and two workers sell: whoever dies, each payment is delivered once, and returned once.

At length: `python -m tests.ledger.role_sales`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.sandbox.faults import Hold
from tests.end_to_end.roles_shop import RolesShop, shop_of_roles
from tests.ledger.sigkill import Payer, join

LATE_S = 30.0
"""How long people wait for what another keeper does: 6 s, on a machine that is busy more."""

SET_READS = "PUT /clients/{id}"


@pytest.fixture
async def shop(tmp_path: Path, redis_url: str) -> AsyncIterator[RolesShop]:
    """Give a gateway and two workers that sell."""
    async with shop_of_roles(tmp_path, redis_url) as shop:
        yield shop


async def has_bought(ann: Payer) -> None:
    """Have somebody buy a pack, and be charged for it."""
    person = ann.person
    await person.say("/buy")
    await person.sees("1,000 reads for 50 Stars")
    await person.press("1,000 reads · 50 ⭐")
    await person.sees("For client")
    assert await person.pay() == ""


async def test_the_keeper_dies_between_charge_and_delivery(shop: RolesShop) -> None:
    """Another worker delivers what was paid, once; then it sells and delivers on."""
    ann = await join(shop, 1)
    keeper = await shop.keeper()
    delivery = shop.api.faults.add(SET_READS, Hold("before"))
    await has_bought(ann)
    await delivery.held.wait()
    assert ann.difference() < 0

    await keeper.kill()
    shop.api.faults.remove(delivery)

    await ann.person.sees("Done: +1,000 reads", LATE_S)
    assert await shop.keeper() is not keeper
    await has_bought(ann)
    await ann.person.sees("Done: +1,000 reads", LATE_S)
    assert ann.difference() == 0
    assert len(ann.charges()) == 2
    assert ann.untold() == []


async def test_a_zombie_keeper_neither_delivers_nor_returns_again(shop: RolesShop) -> None:
    """It stood still while another delivered the payment and returned its Stars.

    Even the number that it was setting when it stood still, and that the API takes only now, is
    put right: by the other, if that is still looking, or else as soon as it goes on.
    """
    ann = await join(shop, 1)
    zombie = await shop.keeper()
    delivery = shop.api.faults.add(SET_READS, Hold("before"))
    await has_bought(ann)
    await delivery.held.wait()
    shop.freeze(zombie)
    await ann.person.sees("Done: +1,000 reads", LATE_S)
    await ann._give_back()  # what they do in the long proof
    await ann.person.sees("50 Stars returned", LATE_S)
    assert ann.difference() == 0

    taken = shop.api.count(SET_READS)
    delivery.release()
    await shop.until(lambda: shop.api.count(SET_READS) > taken)
    shop.thaw(zombie)

    await shop.until(lambda: shop.said(zombie, "ledger.kept_no_more"))
    await shop.until(lambda: ann.difference() == 0)
    assert len(shop.refunds()) == 1
    assert ann.untold() == []


async def test_what_is_paid_while_no_worker_lives_waits(shop: RolesShop) -> None:
    """Nobody can pay then; what was paid a moment before is delivered when one is back."""
    ann = await join(shop, 1)
    delivery = shop.api.faults.add(SET_READS, Hold("before"))
    await has_bought(ann)
    await delivery.held.wait()
    for worker in shop.workers:
        await worker.kill()
    shop.api.faults.remove(delivery)
    assert ann.difference() < 0

    await shop.restart_worker(shop.workers[0])

    await ann.person.sees("Done: +1,000 reads", LATE_S)
    assert ann.difference() == 0
