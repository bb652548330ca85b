"""Everything that can be wrong with a payment has a clear outcome, and costs nobody anything."""

from __future__ import annotations

from dataclasses import replace

from sapp_bot.billing.config import Pack
from sapp_bot.domain.answers import DeclinePayment
from sapp_bot.domain.text import rich
from sapp_bot.domain.updates import PreCheckoutQuery
from sapp_bot.testing import Actor, Shown, Stage
from tests.plugins.billing.shop import buyer, client_of, operator, shop


async def invoice(ann: Actor) -> Shown:
    """Have somebody choose a pack; return the message with the invoice."""
    await ann.says("/buy")
    await ann.presses("1,000 reads · 50 ⭐")
    return next(shown for shown in reversed(ann.chat) if shown.invoice)


async def asked(stage: Stage, ann: Actor, payload: bytes, stars: int) -> str:
    """Ask the bot whether something may be paid; return why not."""
    number = stage.room.next_id()
    await stage.take(PreCheckoutQuery(ann.person, number, payload, stars))
    answer = stage.room.checkouts[number]
    assert isinstance(answer, DeclinePayment)
    return rich(answer.reason).plain


async def test_somebody_elses_invoice() -> None:
    """A forwarded invoice is its owner's to pay."""
    async with shop() as stage:
        ann, ben = await buyer(stage), await buyer(stage, "Ben")
        result = await ben.pays(await invoice(ann))
        assert "somebody else's" in result.reason
        assert client_of(stage).reads_available == 10


async def test_another_amount() -> None:
    """What is asked for another price than the order's is not let through."""
    async with shop() as stage:
        ann = await buyer(stage)
        bill = (await invoice(ann)).invoice
        assert bill is not None
        assert "price does not fit" in await asked(stage, ann, bill.payload, 1)


async def test_a_forged_payload() -> None:
    """What we did not write is nobody's order."""
    async with shop() as stage:
        ann = await buyer(stage)
        bill = (await invoice(ann)).invoice
        assert bill is not None
        forged = bill.payload.replace(b"|r1000|", b"|r9000|")
        assert "expired" in await asked(stage, ann, forged, 50)
        assert "expired" in await asked(stage, ann, b"\xff\x00", 50)


async def test_a_forged_payload_that_was_paid_is_returned() -> None:
    """Money for what we did not write credits nobody, and goes back after an operator's time."""
    async with shop() as stage:
        ann = await buyer(stage)
        await stage.take(stage.stars.paid(ann.person, b"v1|c1|r9000|b0|oabc|forgedforge", 50))
        await stage.passes(20)
        assert ann.can_read("We could not deliver what you paid for")
        await stage.passes(620)
        assert ann.can_read("50 Stars returned.")
        assert client_of(stage).reads_available == 10


async def test_an_order_expires_after_a_day() -> None:
    """The invoice of yesterday is refused with the way to a new one, and nothing is charged."""
    async with shop() as stage:
        ann = await buyer(stage)
        bill = await invoice(ann)
        await stage.passes(24 * 3600 + 60)
        result = await ann.pays(bill)
        assert not result.is_paid
        assert "has expired. Nothing was charged; /buy makes a new one." in result.reason


async def test_a_late_payment_of_an_expired_order_counts() -> None:
    """Money that came all the same is credited."""
    async with shop() as stage:
        ann = await buyer(stage)
        bill = (await invoice(ann)).invoice
        assert bill is not None
        await stage.passes(24 * 3600 + 60)
        await stage.take(stage.stars.paid(ann.person, bill.payload, 50))
        await stage.passes(5)
        assert client_of(stage).reads_available == 1010


async def test_two_taps_are_one_payment() -> None:
    """The second tap waits for nothing: the invoice is being paid."""
    async with shop() as stage:
        ann = await buyer(stage)
        bill = (await invoice(ann)).invoice
        assert bill is not None
        await stage.take(PreCheckoutQuery(ann.person, stage.room.next_id(), bill.payload, 50))
        assert "being paid right now" in await asked(stage, ann, bill.payload, 50)


async def test_an_invoice_paid_twice_counts_twice() -> None:
    """Two charges are real money, whatever the order: nobody pays for nothing."""
    async with shop() as stage:
        ann = await buyer(stage)
        bill = (await invoice(ann)).invoice
        assert bill is not None
        assert (await ann.pays()).is_paid
        assert "is paid" in await asked(stage, ann, bill.payload, 50)
        await stage.take(stage.stars.paid(ann.person, bill.payload, 50))
        assert client_of(stage).reads_available == 2010


async def test_a_price_that_changed_is_not_charged() -> None:
    """A button of an older list sells nothing at the old price; the new list comes."""
    async with shop() as stage:
        ann = await buyer(stage)
        await ann.says("/buy")
        billing = stage.bot.billing
        dearer = tuple(replace(pack, stars=pack.stars * 2) for pack in billing.config.packs)
        billing.config = replace(billing.config, packs=dearer)
        await ann.presses("1,000 reads · 50 ⭐")
        assert "not sold like this" in ann.last_popup.text
        assert ann.sees("1,000 reads for 100 Stars")


async def test_a_pack_that_changed_after_the_order_is_sold_as_ordered() -> None:
    """Who holds an invoice pays its price and gets its reads, whatever is sold by now."""
    async with shop() as stage:
        ann = await buyer(stage)
        bill = await invoice(ann)
        billing = stage.bot.billing
        billing.config = replace(billing.config, packs=(Pack(2000, 500),))
        assert (await ann.pays(bill)).is_paid
        assert client_of(stage).reads_available == 1010
        assert ann.can_read("Done: +1,000 reads.")


async def test_a_deleted_client_cannot_be_paid_for() -> None:
    """The client is looked for again before anybody is charged."""
    async with shop() as stage:
        ann = await buyer(stage)
        bill = await invoice(ann)
        stage.api.database.clients.delete(client_of(stage).id)
        await stage.passes(40)
        result = await ann.pays(bill)
        assert not result.is_paid
        assert "not there any more. Nothing was charged" in result.reason


async def test_a_stopped_shop_sells_nothing() -> None:
    """An operator stops sales: no orders, and no payment of older invoices."""
    async with shop() as stage:
        ann, olga = await buyer(stage), await operator(stage)
        await invoice(ann)
        await olga.says("/billing pause")
        await olga.presses("Yes, do it")
        assert "paused" in (await ann.pays()).reason
        await ann.says("/buy")
        assert ann.sees("Payments are paused for a moment.")


async def test_too_many_reads_are_not_sold() -> None:
    """A number beyond 2^53 could not be counted exactly."""
    async with shop() as stage:
        ann = await buyer(stage)
        row = client_of(stage)
        stage.api.database.clients.update(row.id, {"reads_available": 2**53 - 5})
        await ann.says("/buy")
        await ann.presses("1,000 reads · 50 ⭐")
        assert ann.sees("as many reads as can be counted")
