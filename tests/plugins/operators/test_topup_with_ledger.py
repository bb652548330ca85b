"""With a ledger of payments, reads that an operator gives go through it."""

from __future__ import annotations

from tests.plugins.operators.office import PLUGINS, office_stage, opened


async def test_each_question_is_one_grant_of_the_ledger() -> None:
    """Pressed twice it counts once; asked anew it counts, though the API fell back meanwhile."""
    async with office_stage(only=(*PLUGINS, "billing"), packs={1000: 50}) as stage:
        office, clients = await opened(stage), stage.api.database.clients
        await office.boss.says("/topup 1 100")
        question = office.boss.news[-1]
        await office.boss.presses("Yes, give 100")
        data = question.rows[0][0].data  # type: ignore[union-attr]  # a button of ours
        await office.boss.presses_data(data, message_id=question.id)
        await stage.passes(10)
        assert clients.get(1).reads_available == 110
        clients.update(1, {"reads_available": 10})  # a metered call undoes it
        await office.boss.says("/topup 1 100")
        await office.boss.presses("Yes, give 100")
        await stage.passes(900)

        assert clients.get(1).reads_available == 210
        ledger = stage.bot.billing.ledger
        assert list((await ledger.operator.status(ledger.mode)).holds) == []
