"""A person's receipts: they outlive what the bot forgets, and their begin is enough to find one."""

from __future__ import annotations

from sapp_bot.testing import Actor
from tests.plugins.billing.shop import PLUGINS, buyer, buys, client_of, shop


async def forgets(actor: Actor) -> None:
    """Have somebody say /forget and mean it."""
    await actor.says("/forget")
    await actor.presses("Yes, forget me")


async def test_stars_come_back_after_a_forget() -> None:
    """Logged out and forgotten, a person still has receipts, and the buttons on them work."""
    async with shop() as stage:
        ann = await buyer(stage)
        charge = await buys(ann)
        await forgets(ann)
        assert ann.can_read("your payments, encrypted")
        await ann.says("/payments")
        assert ann.sees("1 payment")
        await ann.presses("Receipt 1")
        assert ann.sees(charge)
        await ann.says("/paysupport")
        await ann.presses(next(key for key in ann.labels() if "1,000 reads" in key))
        await ann.presses("Ask for a refund")
        await ann.presses("Yes, refund")
        await stage.passes(5)
        assert ann.can_read("50 Stars returned.")
        assert client_of(stage).reads_available == 10


async def test_payments_stay_only_of_who_has_paid() -> None:
    """Before and after: who has paid nothing hears nothing of payments."""
    async with shop() as stage:
        ann, ben = await buyer(stage), await buyer(stage, "Ben")
        await buys(ann)
        for person, said in ((ann, True), (ben, False)):
            await person.says("/forget")
            assert person.can_read("This stays:\n• your payments, encrypted") is said
            await person.presses("Yes, forget me")
            assert ("This stays:\n• your payments" in person.last) is said


async def test_receipts_are_there_after_a_start() -> None:
    """Who has paid is read from the ledger; nobody sees another person's."""
    async with shop() as stage:
        ann, ben = await buyer(stage), await buyer(stage, "Ben")
        charge = await buys(ann)
        await stage.restart()
        await ben.says("/payments")
        assert ben.sees("You have paid nothing yet.")
        await ben.says(f"/paysupport {charge}")
        assert ben.sees("None of your payments has a receipt that begins so.")
        await ann.says("/payments")
        assert ann.sees("1 payment")


async def test_the_begin_of_a_receipt_is_enough() -> None:
    """As it is printed, or less of it while that fits one payment only."""
    async with shop(only=PLUGINS) as stage:
        ann = await buyer(stage)
        first, second = await buys(ann), await buys(ann)
        for typed in (first, f"{first}…", f"{first}..."):
            await ann.says(f"/paysupport {typed}")
            assert ann.sees(first), typed
            assert "Ask for a refund" in ann.labels()
        await ann.says(f"/paysupport {second[:4]}")
        assert ann.sees("Choose a payment")
        assert len([key for key in ann.labels() if "1,000 reads" in key]) == 2
