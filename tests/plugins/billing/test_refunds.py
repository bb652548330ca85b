"""Stars go back: by the person's wish, by an operator, by the bank, or as nothing can be had."""

from __future__ import annotations

from tests.plugins.billing.shop import buyer, buys, client_of, operator, shop, use


async def test_unused_reads_are_paid_back_at_once() -> None:
    """Asked, confirmed: the reads go, the Stars come, each said."""
    async with shop() as stage:
        ann = await buyer(stage)
        await buys(ann)
        await ann.says("/paysupport")
        await ann.presses(next(key for key in ann.labels() if "1,000 reads" in key))
        await ann.presses("Ask for a refund")
        assert ann.sees("Give back 1,000 reads and get 50 Stars?")
        await ann.presses("Yes, refund")
        assert ann.can_read("Your refund has begun.")
        assert ann.can_read("50 Stars returned.")
        assert client_of(stage).reads_available == 10
        assert await stage.stars.balance() == 0


async def test_used_reads_are_an_operators_matter() -> None:
    """The wish is handed on once, and the operator pays back with one press."""
    async with shop() as stage:
        olga = await operator(stage)
        ann = await buyer(stage)
        await buys(ann)
        use(stage, 500)
        for _ in range(2):
            await ann.says("/payments")
            await ann.presses("Receipt 1")
            await ann.presses("Ask for a refund")
            await ann.presses("Yes, refund")
            assert ann.sees("so it is not refunded by itself")
        asked = [s for s in olga.chat if "Somebody asks for a refund" in s.text.plain]
        assert len(asked) == 1
        await olga.presses("Refund")
        assert ann.can_read("50 Stars returned.")
        assert client_of(stage).reads_available == 500  # what was used is gone, nothing is left


async def test_a_chargeback_takes_the_reads_and_is_told() -> None:
    """The person and the operators hear of it."""
    async with shop() as stage:
        olga = await operator(stage)
        ann = await buyer(stage)
        await stage.charge_back(await buys(ann))
        assert ann.can_read("This payment was reversed; 1,000 reads were removed.")
        assert olga.can_read("A chargeback, or a refund made elsewhere")
        assert client_of(stage).reads_available == 10


async def test_a_deleted_client_gives_the_stars_back() -> None:
    """What cannot be delivered is returned, at the latest ten minutes after it is sure."""
    async with shop() as stage:
        olga = await operator(stage)
        ann = await buyer(stage)
        await ann.says("/buy")
        await ann.presses("1,000 reads · 50 ⭐")
        stage.api.database.clients.delete(client_of(stage).id)
        assert (await ann.pays()).is_paid
        await stage.passes(70)
        assert ann.can_read("We could not deliver what you paid for")
        assert olga.can_read("A payment cannot be delivered")
        await olga.presses("Refund now")
        assert ann.can_read("50 Stars returned.")
        assert await stage.stars.balance() == 0


async def test_an_outage_holds_a_payment_and_loses_none() -> None:
    """The person reads that it is safe; the operators hear of it once, and of its end."""
    async with shop() as stage:
        olga = await operator(stage)
        ann = await buyer(stage)
        await ann.says("/buy")
        await ann.presses("1,000 reads · 50 ⭐")
        stage.api.database.away = True
        assert (await ann.pays()).is_paid
        await stage.passes(200)
        assert ann.can_read("Your payment is safe.")
        assert not ann.can_read("Done:")
        stage.api.database.away = False
        await stage.passes(400)
        assert ann.can_read("Done: +1,000 reads. Left: 1,010.")
        held = [s for s in olga.chat if "are held" in s.text.plain]
        assert len(held) == 1
        assert olga.can_read("what was held is delivered")
