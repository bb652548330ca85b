"""With a ledger of payments: gifts go through it, and the cards show what was paid."""

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


async def test_the_cards_show_orders_and_lead_to_them() -> None:
    """How many, for how much, what went back, and the newest; or that there is none."""
    async with office_stage(only=(*PLUGINS, "billing"), packs={1000: 50}) as stage:
        office = await opened(stage)
        await office.boss.says("/clients 1")
        assert office.boss.sees("Orders: none was paid.")
        assert "Its payments" not in office.boss.labels()
        for _ in range(2):
            await office.ann.says("/buy")
            await office.ann.presses("1,000 reads · 50 ⭐")
            charge = (await office.ann.pays()).charge_id
        await stage.charge_back(charge)
        await office.boss.says("/clients 1")
        assert office.boss.sees("Orders: 2 were paid, 100 ⭐ in all.")
        assert office.boss.sees("1 of them was given back.")
        assert office.boss.sees("– 1,000 reads for 50 ⭐, ")
        await office.boss.presses("Its payments")
        assert office.boss.sees(charge)
        await office.boss.says("/users ann@")
        await office.boss.presses(office.boss.labels()[0])
        assert office.boss.sees("Orders: 2 were paid, 100 ⭐ in all.")
        await office.boss.presses("Its payments")
        assert office.boss.sees("the newest payments")
