"""Redis has lost the ledger: what people and operators read until it is adopted, and after."""

from __future__ import annotations

from typing import Any

from sapp_bot.errors import StoreAway
from sapp_bot.services import AdoptReport
from tests.plugins.billing.shop import buyer, buys, client_of, lose_ledger, operator, shop


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


class AdoptsOnly:
    """An operator's side whose store goes away as soon as an adoption is done."""

    def __init__(self, operator: Any) -> None:
        self._operator = operator
        self._is_away = False

    def __getattr__(self, name: str) -> Any:  # noqa: D105  # it is what the class is
        if self._is_away and name == "lacking":
            raise StoreAway("no answer")
        return getattr(self._operator, name)

    async def adopt(self) -> AdoptReport:
        """Adopt."""
        report: AdoptReport = await self._operator.adopt()
        self._is_away = True
        return report


async def test_an_adoption_that_is_done_is_said_to_be() -> None:
    """Redis goes away right after: what the adoption has found is in its report."""
    async with shop() as stage:
        stage.may_fail = True
        olga, ann = await operator(stage), await buyer(stage)
        await buys(ann)
        await lose_ledger(stage)
        stage.stars.paid(ann.person, stage.stars.rows[0].payload, 50)
        await stage.passes(70)
        await olga.says("/billing adopt")
        here: Any = AdoptsOnly(stage.bot.billing.ledger.operator)
        stage.bot.billing.ledger.operator = here
        await olga.presses("Yes, do it")
        assert olga.sees("lacks 1,000 reads")
        assert olga.sees("Taken over, rows of Telegram's list: 2.")
        await olga.presses("Who lacks reads")


async def test_what_was_paid_meanwhile_is_given_or_returned() -> None:
    """The person is told, the operator sees who lacks reads at any time, with two buttons each."""
    async with shop() as stage:
        stage.may_fail = True
        olga, ann = await operator(stage), await buyer(stage)
        await buys(ann)
        await lose_ledger(stage)
        for _ in range(2):
            stage.clock.skip(2)
            stage.stars.paid(ann.person, stage.stars.rows[0].payload, 50)
        await stage.passes(70)
        await olga.says("/billing adopt")
        await olga.presses("Yes, do it")
        assert olga.sees("lacks 2,000 reads")
        await stage.passes(5)
        assert ann.can_read("Your payment has come while I had lost my list of payments.")
        await ann.says("/payments")
        assert ann.sees("the reads are missing")
        await stage.restart(away_s=25 * 3600)
        await olga.says("/billing")
        await olga.presses("Who lacks reads")
        assert olga.sees("2 payments lack reads")
        await olga.presses("Give 1")
        await stage.passes(5)
        assert client_of(stage).reads_available == 2010
        assert ann.can_read("Done: +1,000 reads. Left: 2,010.")
        await olga.says("/billing lacking")
        assert olga.sees("1 payment lacks reads")
        await olga.presses("Refund 1…")
        await olga.presses("Yes, do it")
        await stage.passes(5)
        assert ann.can_read("50 Stars returned.")
        assert client_of(stage).reads_available == 2010
        await olga.says("/billing lacking")
        assert olga.sees("Nobody lacks reads")
