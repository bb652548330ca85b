"""Redis has lost the ledger: what people and operators read until it is adopted, and after."""

from __future__ import annotations

from tests.plugins.billing.shop import buyer, buys, lose_ledger, operator, shop


async def test_nobody_reads_that_nothing_was_paid() -> None:
    """From the first moment on: the ledger is asked, not what was known a minute ago."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        charge = await buys(ann)
        await lose_ledger(stage)
        for typed in ("/payments", "/paysupport", f"/paysupport {charge}"):
            await ann.says(typed)
            assert ann.sees("I cannot show payments at present"), typed
            assert not ann.sees("You have paid nothing")
        for typed in ("/billing", "/billing tx 1", "/billing audit", f"/billing refund {charge}"):
            await olga.says(typed)
            assert olga.sees("Redis has lost the ledger"), typed
            assert "Adopt…" in olga.labels()
