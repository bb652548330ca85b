"""Payments through a local Telegram: real updates, refunds, crashes and absences of the bot."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.domain.stars import StarsTransaction
from sapp_bot.sandbox.faults import Drop, Fail, Hang
from sapp_bot.testing import Actor, SandboxStage

SHOP = Path(__file__).with_name("shop.py")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[SandboxStage]:
    """Run the bot with the shop over MTProto."""
    shutil.copy(SHOP, tmp_path / "shop.py")
    async with SandboxStage(tmp_path) as stage:
        yield stage


@pytest.fixture
def ann(shop: SandboxStage) -> Actor:
    """Give a person with an app."""
    return shop.person("Ann")


async def test_a_day_at_the_shop(shop: SandboxStage, ann: Actor) -> None:
    """Paid twice, returned once by the bot, once by a bank; the list tells of all of it."""
    await ann.says("/buy green 7")
    bill = ann.news[-1]
    first, second = await ann.pays(), await ann.pays(bill)
    assert ann.last == "Thanks for 7 Stars."
    await ann.says(f"/back {first.charge_id}")
    assert ann.sees("7 Stars are yours again.")
    await shop.charge_back(second.charge_id)
    await ann.says(f"/back {second.charge_id}")
    assert ann.last == "already_refunded CHARGE_ALREADY_REFUNDED"
    await ann.says("/back stx0")
    assert ann.last == "refused CHARGE_ID_INVALID"
    await ann.says("/till")
    assert ann.last == "0: +7, +7, -7, -7"
    await ann.says("/sold")

    assert bill.invoice is not None
    assert (bill.invoice.title, bill.invoice.stars) == ("Tea", 7)
    assert ann.last == "green 7 back, green 7 back"
    assert len({first.charge_id, second.charge_id}) == 2


async def test_the_list_by_id(shop: SandboxStage, ann: Actor) -> None:
    """A row, its refund, and none."""
    await ann.says("/buy")
    paid = await ann.pays()
    stars = shop._adapters.stars
    row = await stars.transaction(paid.charge_id)

    assert isinstance(row, StarsTransaction)
    assert (row.stars, row.person_id, row.payload) == (5, ann.person.id, b"tea")
    assert await stars.transaction(paid.charge_id, is_refund=True) is None
    assert await stars.transaction("stx0") is None
    assert await stars.balance() == 5


async def test_the_person_reads_why_not(shop: SandboxStage, ann: Actor) -> None:
    """A decision and a failure both reach the app as words, and nothing is charged."""
    shop.may_fail = True
    await ann.says("/buy gone")
    sold_out = await ann.pays()
    await ann.says("/buy raise")
    failed = await ann.pays()

    assert sold_out.reason == "Sold out."
    assert "nothing was charged" in failed.reason
    assert shop.telegram.world.stars.balance(shop.account.id) == 0


async def test_a_refund_that_times_out_is_tried_later(shop: SandboxStage, ann: Actor) -> None:
    """A fault of Telegram's leaves open what became of it; the next try says so."""
    await ann.says("/buy")
    paid = await ann.pays()
    shop.telegram.faults.add("payments.refundStarsCharge", Fail(503, "Timeout"))
    await ann.says(f"/back {paid.charge_id}")
    assert ann.last.startswith("try_later")
    await ann.says(f"/back {paid.charge_id}")

    assert ann.sees("5 Stars are yours again.")


async def test_a_lost_answer_to_a_refund_is_no_loss(shop: SandboxStage, ann: Actor) -> None:
    """The Stars are back, the answer is lost: the refund arrives by the difference, once."""
    await ann.says("/buy")
    paid = await ann.pays()
    shop.telegram.faults.add("payments.refundStarsCharge", Drop("after"))
    await ann.says(f"/back {paid.charge_id}")
    await ann.says(f"/back {paid.charge_id}")
    await ann.says("/sold")
    seen = [shown.text.plain for shown in ann.chat]

    assert seen.count("5 Stars are yours again.") == 1
    assert ann.last == "tea 5 back"
    assert "already_refunded CHARGE_ALREADY_REFUNDED" in seen


async def test_a_lost_update_arrives_by_the_difference(shop: SandboxStage, ann: Actor) -> None:
    """Paid, and the news of it lost on the way: the next update shows the gap."""
    await ann.says("/buy")
    bot = shop.account.id
    shop.telegram.faults.add(f"push.updateNewMessage@{bot}", Hang())
    app = shop.app_of(ann)
    shop.telegram.give_stars(app.account, 100)
    assert await app.pay() == ""
    await ann.says("/sold")
    await ann.says("/sold")

    assert ann.last == "tea 5"
    assert shop.telegram.world.stars.balance(bot) == 5


async def test_a_file_arrives_in_the_app(ann: Actor) -> None:
    """With its name and its bytes."""
    await ann.says("/csv")
    file = await ann.reads(ann.chat[-1])

    assert (file.name, file.text) == ("report.csv", "what,stars\r\ntea,5\r\nчай,7")
