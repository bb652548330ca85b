"""/balance: used, left, a day, and how long it lasts, from the notices' own looks."""

from __future__ import annotations

from tests.plugins.billing.shop import buyer, buys, shop, use

DAY_S = 24 * 3600


async def test_the_balance_knows_the_pace_after_some_days() -> None:
    """At first only the numbers; after days of use their pace, too."""
    async with shop() as stage:
        ann = await buyer(stage)
        await buys(ann)
        await ann.says("/balance")
        assert ann.sees("1,010 reads left")
        assert not ann.sees("A day")
        assert "Buy reads" in ann.labels()
        await stage.tick("notices.look")
        for _ in range(2):
            stage.clock.skip(DAY_S)
            use(stage, 100)
            await stage.tick("notices.look")
        await ann.says("/balance")
        assert ann.sees("810 reads left")
        assert ann.sees("A day: 100")
        assert ann.sees("lasts")
