"""Stars go back: by the person's wish, by an operator, by the bank, or as nothing can be had."""

from __future__ import annotations

import pytest

from sapp_bot.testing import Actor
from tests.plugins.billing.shop import PLUGINS, buyer, buys, client_of, operator, shop, use


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


async def asks(ann: Actor) -> None:
    """Have somebody ask for the refund of their newest payment."""
    await ann.says("/paysupport")
    await ann.presses(next(key for key in ann.labels() if "1,000 reads" in key))
    await ann.presses("Ask for a refund")
    await ann.presses("Yes, refund")


def told(olga: Actor, text: str) -> int:
    """Count the messages of the operator's that hold a text."""
    return len([shown for shown in olga.chat if text in shown.text.plain])


async def test_used_reads_are_an_operators_matter() -> None:
    """The wish is handed on once, and the operator pays back with one press."""
    async with shop() as stage:
        olga = await operator(stage)
        ann = await buyer(stage)
        charge = await buys(ann)
        use(stage, 500)
        await asks(ann)
        assert ann.sees("so it is not refunded by itself")
        assert ann.sees("The operators are told, and decide.")
        await asks(ann)
        assert ann.sees("The operators were told already, and decide.")
        assert told(olga, "Somebody asks for a refund") == 1
        assert olga.can_read(charge)
        await olga.presses("Refund")
        assert ann.can_read("50 Stars returned.")
        assert client_of(stage).reads_available == 500  # what was used is gone, nothing is left


async def test_a_wish_can_be_told_again_after_a_day() -> None:
    """Nobody has answered: the operators hear of it anew, and the older button works still."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        await buys(ann)
        use(stage, 500)
        await asks(ann)
        await stage.passes(25 * 3600)
        await asks(ann)
        assert ann.sees("The operators are told, and decide.")
        assert told(olga, "Somebody asks for a refund") == 2
        await olga.presses("Refund")
        assert ann.can_read("50 Stars returned.")


async def test_an_operator_says_no_and_why() -> None:
    """The person reads the words, also when they ask again; it stands in /audit."""
    async with shop(only=(*PLUGINS, "operators")) as stage:
        olga, ann = await operator(stage), await buyer(stage)
        charge = await buys(ann)
        use(stage, 500)
        await asks(ann)
        await olga.presses("Say no…")
        assert olga.sees("What shall I tell them?")
        await olga.says("Half of it is used; see the terms.")
        assert olga.sees("They are told:")
        assert ann.can_read("the answer is no")
        assert ann.can_read("Half of it is used; see the terms.")
        await asks(ann)
        assert ann.sees("An operator has answered no:")
        assert ann.sees("You can ask again in 1 day")
        assert told(olga, "Somebody asks for a refund") == 1
        await olga.says("/audit")
        assert olga.sees(f"billing refuse · client {client_of(stage).id} · {charge}: done")
        await stage.passes(25 * 3600)
        await asks(ann)
        assert told(olga, "Somebody asks for a refund") == 2


async def test_a_no_is_said_in_the_persons_language() -> None:
    """The operator's words stand in words of the person's language."""
    async with shop() as stage:
        olga, ann = await operator(stage, language="ru"), await buyer(stage, language="ru")
        charge = await buys(ann, "1\xa0000 запросов · 50 ⭐")
        use(stage, 500)
        await olga.says(f"/refuse_refund {charge[:8]}…")
        await olga.says("Половина истрачена.")
        assert olga.sees("Человеку передано:")
        assert ann.can_read("ответил отказом")
        assert ann.can_read("Половина истрачена.")


async def test_nobody_knows_what_was_used_of_a_deleted_client() -> None:
    """It is not said that reads are used; an operator decides."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        await buys(ann)
        await stage.passes(300)
        stage.api.database.clients.delete(client_of(stage).id)
        await asks(ann)
        assert ann.sees("The API client of this pack is deleted")
        assert not ann.sees("Some reads")
        assert olga.can_read("the API client is deleted")


async def test_a_chargeback_takes_the_reads_and_is_told() -> None:
    """The person and the operators hear of it."""
    async with shop() as stage:
        olga = await operator(stage)
        ann = await buyer(stage)
        await stage.charge_back(await buys(ann))
        assert ann.can_read("This payment was reversed; 1,000 reads were removed.")
        assert olga.can_read("A chargeback, or a refund made elsewhere")
        assert client_of(stage).reads_available == 10


@pytest.mark.parametrize("why", ["used", "taken by an operator"])
async def test_a_chargeback_takes_what_is_there(why: str) -> None:
    """Nobody is told that reads were used which were taken, or never delivered."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        charge = await buys(ann)
        if why == "used":
            use(stage, 910)
        else:
            await olga.says(f"/billing grant {client_of(stage).id} -910")
            await olga.presses("Yes, do it")
            await stage.passes(5)
        await stage.charge_back(charge)
        assert ann.can_read(
            "This payment was reversed; 100 reads were removed.\n"
            "The others of the pack were not there any more; you owe nothing for them."
        )
        assert olga.can_read(
            "100 reads were removed, the others of the pack were not there any more."
        )


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
        assert olga.can_read("what was held gets on again")


async def test_a_ledger_that_stalls_is_not_said_to_sell_nothing() -> None:
    """The audit fails for some minutes; sales go on, and nobody reads that they do not."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        await buys(ann)
        await stage.passes(300)
        stage.api.database.away = True
        for text in (
            "does not get on; while it opens nothing is sold.",
            "The ledger of payments gets on again.",
        ):
            for _ in range(5):  # on a busy machine a look may come late
                if not olga.can_read(text):
                    await stage.passes(800)
            assert olga.can_read(text)
            stage.api.database.away = False
