"""The operators' side: what is how, and acts that are shown before they are done."""

from __future__ import annotations

import pytest

from sapp_bot.domain.stars import RefundResult, StarsTransaction
from tests.plugins.billing.shop import OPERATOR, PLUGINS, buyer, buys, client_of, operator, shop


async def test_the_overview_and_the_lists() -> None:
    """Whether people can buy, what was paid, and what was compared."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        charge = await buys(ann)
        await olga.says("/billing")
        assert olga.sees("Payments: people can buy.")
        assert olga.sees("The bot has 50 ⭐.")
        await olga.says(f"/billing tx {client_of(stage).id}")
        assert olga.sees(charge)
        await olga.says("/billing audit")
        assert olga.sees("Clients that agree with the ledger: 1")
        await olga.says("/billing reconcile")
        assert olga.sees("Telegram's list is read")


async def test_what_reads_the_same_is_counted_once() -> None:
    """A payment that was watched long enough and a new one are done, both."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        await buys(ann)
        await stage.passes(24 * 3600)
        await buys(ann)
        await olga.says("/billing")
        assert olga.sees("✅ done: 2")
        assert olga.chat[-1].text.plain.count("✅") == 1


async def test_a_grant_is_shown_then_done_once() -> None:
    """The ledger knows of it, so that nothing undoes it."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        number = client_of(stage).id
        await olga.says(f"/billing grant {number} 500")
        assert olga.sees("gets 500 reads beside all payments")
        assert client_of(stage).reads_available == 10
        await olga.presses("Yes, do it")
        assert olga.sees("has 510 in all")
        await stage.passes(5)
        assert client_of(stage).reads_available == 510
        await buys(ann)
        assert client_of(stage).reads_available == 1510


async def test_a_refund_from_the_list_is_shown_then_done() -> None:
    """Each payment that can go back has a button; what is back has none."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        await buys(ann)
        await olga.says(f"/billing tx {client_of(stage).id}")
        await olga.presses("Refund 1…")
        assert olga.sees("Refund, whatever was used of it:")
        assert client_of(stage).reads_available == 1010
        await olga.presses("Yes, do it")
        assert olga.sees("The refund has begun")
        await stage.passes(5)
        assert ann.can_read("50 Stars returned.")
        assert client_of(stage).reads_available == 10
        await olga.says(f"/billing tx {client_of(stage).id}")
        assert olga.sees("refunded")
        assert "Refund 1…" not in olga.labels()


@pytest.mark.parametrize(("how", "told", "reads"), [("keep", "counts", 6000), ("set", "is", 2010)])
async def test_a_number_that_nobody_can_explain_is_an_operators_matter(
    how: str, told: str, reads: int
) -> None:
    """A payment on it is held; the operator keeps the number or sets it right, and it goes on."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        await buys(ann)
        row = client_of(stage)
        stage.api.database.clients.update(row.id, {"reads_available": 5000})
        await buys(ann)
        await stage.passes(130)
        assert client_of(stage).reads_available == 5000
        assert olga.can_read("a number of reads that nobody can explain")
        await olga.says("/billing")
        assert olga.sees(f"Client {row.id} is held")
        await olga.says(f"/billing fix {row.id} {how}")
        assert olga.sees(f"the number {'that' if how == 'keep' else 'at'} the API")
        assert olga.sees(told)
        await olga.presses("Yes, do it")
        await stage.passes(310)
        assert client_of(stage).reads_available == reads
        assert ann.can_read("Done: +1,000 reads.")


async def test_a_number_that_heals_by_itself_is_not_kept() -> None:
    """A metered call has brought back what the client had before it paid: it is said, and nobody
    is led to keep it.
    """
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        await buys(ann)
        await stage.passes(300)
        row = client_of(stage)
        stage.api.database.clients.update(row.id, {"reads_available": 10})
        await olga.says(f"/billing fix {row.id}")
        assert olga.sees(
            "The ledger is putting this number right by itself; look again in a minute"
        )
        assert olga.labels()[:2] == ["Refresh", "Set what the ledger wants: 1,010…"]
        await olga.says(f"/billing fix {row.id} keep")
        assert olga.sees("The ledger is putting this number right by itself")
        assert "Yes, do it" not in olga.labels()
        await olga.presses("Set what the ledger wants: 1,010…")
        await olga.presses("Yes, do it")
        await stage.passes(5)
        assert client_of(stage).reads_available == 1010


@pytest.mark.parametrize("typed", ["…", "."])
async def test_a_receipt_of_nothing_means_no_payment(typed: str) -> None:
    """What is copied from a message may be only the sign that it is cut: it begins no receipt."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        charge = await buys(ann)
        for command in (f"/billing refund {typed}", f"/billing tx {typed}"):
            await olga.says(command)
            assert olga.sees("There is no such payment."), command
        await olga.says("/refuse_refund")
        await olga.says(typed)
        await olga.says("Half of it is used.")
        assert olga.sees("There is no such payment.")
        assert olga.sees("Which payment?")
        await olga.says(charge)
        assert olga.sees("Half of it is used.")
        await ann.says(f"/paysupport {typed}")
        assert ann.sees("None of your payments has a receipt that begins so.")


async def test_an_operator_without_the_apis_role_moves_nothing() -> None:
    """Stopping sales is always possible, reads and Stars need the API's administrator."""
    async with shop() as stage:
        olga = stage.person("Olga", id=OPERATOR)
        await olga.says("/billing grant 1 500")
        assert olga.sees("login as an administrator of the API")
        await olga.says("/billing pause")
        assert olga.sees("Nobody can buy or pay then")
        await olga.presses("Cancel")
        assert olga.sees("Nothing was changed.")


async def test_the_apis_role_counts_as_it_is_now() -> None:
    """Who becomes its administrator moves reads at once, who is none any more moves none."""
    async with shop() as stage:
        await buyer(stage)
        number, users = client_of(stage).id, stage.api.database.users
        row = stage.api.database.add_user("olga@example.com", "correct horse battery")
        olga = stage.person("Olga", id=OPERATOR)
        await olga.says("/login olga@example.com")
        await olga.says("correct horse battery")
        await olga.says(f"/billing grant {number} 500")
        assert olga.sees("login as an administrator of the API")
        users.update(row.id, {"role": "admin"})
        await olga.says(f"/billing grant {number} 500")
        assert olga.sees("gets 500 reads")
        users.update(row.id, {"role": "client"})
        await olga.presses("Yes, do it")
        assert olga.sees("login as an administrator of the API")
        assert client_of(stage).reads_available == 10


async def test_what_is_written_wrongly_is_explained() -> None:
    """Each act says how it is written."""
    async with shop() as stage:
        olga, _ann = await operator(stage), await buyer(stage)
        number = client_of(stage).id
        for typed, usage in (
            ("/billing grant 7", "/billing grant CLIENT READS"),
            ("/billing grant 7 0", "/billing grant CLIENT READS"),
            ("/billing fix 7 perhaps", "/billing fix CLIENT [keep|add|set]"),
            ("/billing tx", "/billing tx CLIENT|RECEIPT"),
            ("/billing refund", "/billing refund RECEIPT"),
            ("/billing fix x set", "named by its number"),
            ("/billing tx x", "There is no such payment"),
            ("/billing grant 999 5", "There is no such client."),
            (f"/billing grant {number} {10**22}", "from 0 to 9,007,199,254,740,992 reads"),
            (f"/billing grant {number} -500", "Only reads that are left can be taken: 10."),
            ("/billing adopt", "there is nothing to adopt"),
            ("/billing refund stx999", "There is no such payment"),
        ):
            await olga.says(typed)
            assert olga.sees(usage), typed
            assert "Yes, do it" not in olga.labels()
            assert "Billing" in olga.labels(), typed


async def test_nobody_else_reads_it() -> None:
    """It is for operators."""
    async with shop() as stage:
        ann = await buyer(stage)
        await ann.says("/billing")
        assert ann.sees("for the operators")


async def test_a_topup_goes_through_the_ledger() -> None:
    """What an operator gives is known there, so that a payment afterwards is not held."""
    async with shop(only=(*PLUGINS, "operators")) as stage:
        olga, ann = await operator(stage), await buyer(stage)
        await olga.says(f"/topup {client_of(stage).id} 400")
        await olga.presses("Yes, give 400")
        assert olga.sees("It was given 410 in all")
        await stage.passes(5)
        assert client_of(stage).reads_available == 410
        await buys(ann)
        assert client_of(stage).reads_available == 1410


async def test_each_act_is_a_line_of_the_audit() -> None:
    """Who, what, to whom, and what came of it; what changes nothing leaves no line."""
    async with shop(only=(*PLUGINS, "operators")) as stage:
        olga, ann = await operator(stage), await buyer(stage)
        charge = await buys(ann)
        number = client_of(stage).id
        await olga.says("/billing tx 1")
        for typed in (
            f"/billing grant {number} 500",
            "/billing pause",
            "/billing resume",
            f"/billing refund {charge}",
        ):
            await olga.says(typed)
            await olga.presses("Yes, do it")
        await olga.says("/audit")
        for line in (
            f"billing grant · client {number} · +500 reads, now 1510: done",
            "billing pause: done",
            "billing resume: done",
            f"billing refund · client {number} · {charge}, 1000 reads, 50 Stars: done",
        ):
            assert olga.sees(line), line
        assert olga.last.count("billing") == 4
        assert olga.sees(f"Olga ({OPERATOR})")


async def test_the_begin_of_a_receipt_is_enough() -> None:
    """As people quote it from a message; where it fits several, they are listed with buttons."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        first, second = await buys(ann), await buys(ann)
        await olga.says(f"/billing refund {first}…")
        assert olga.sees("Refund, whatever was used of it:")
        assert olga.sees(first)
        await olga.says(f"/billing tx {second}")
        assert olga.sees("One payment")
        await olga.says("/billing refund stx")
        assert olga.sees("Several receipts begin so:")
        assert olga.sees(first)
        assert olga.sees(second)
        await olga.presses("Refund 2…")
        await olga.presses("Yes, do it")
        await stage.passes(5)
        await olga.presses("Its payments")
        assert olga.sees("refunded")


async def test_what_belongs_to_nobody_can_be_returned() -> None:
    """A payment that no order explains: the alert has buttons, and the list has it."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        charge = "stxREALCHARGEIDISLONG0123456789abcdef"
        row = StarsTransaction(
            charge, 50, stage.clock.now(), person_id=ann.person.id, payload=b"not one of ours"
        )
        stage.stars.rows.append(row)
        stage.stars.refusals += [RefundResult("refused", "CHARGE_ID_INVALID")]
        await stage.passes(800)
        assert olga.can_read("Telegram refuses a refund that is due")
        assert olga.can_read(charge)
        await olga.says("/billing tx 0")
        assert olga.sees("Payments that belong to no client")
        assert olga.sees(charge)
        await olga.presses("Refund 1…")
        assert olga.sees("For no client")
        stage.stars.knows(ann.person)
        await olga.presses("Yes, do it")
        await stage.passes(5)
        assert await stage.stars.balance() == 0


async def test_alerts_have_buttons_that_act() -> None:
    """A chargeback leads to the client's payments, a hold to the two ways to end it."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        await stage.charge_back(await buys(ann))
        await olga.presses("Its payments")
        assert olga.sees("reversed")
        row = client_of(stage)
        stage.api.database.clients.update(row.id, {"reads_available": 5000})
        await buys(ann)
        await stage.passes(130)
        await olga.presses("Look at the numbers…")
        assert olga.sees("The API has 5,000 reads.")
        await olga.presses("Keep what the API has: 6,000…")
        assert olga.sees("the number that the API has counts as right")
        await olga.presses("Yes, do it")
        await stage.passes(310)
        assert client_of(stage).reads_available == 6000
        await olga.presses("Its payments")
        assert olga.sees("the newest payments")


async def test_many_payments_of_a_client_have_pages() -> None:
    """Ten a page, and each keeps its number."""
    async with shop() as stage:
        olga, ann = await operator(stage), await buyer(stage)
        for _ in range(11):
            await buys(ann)
        await olga.says(f"/billing tx {client_of(stage).id}")
        assert "Refund 10…" in olga.labels()
        await olga.presses("Older ›")
        assert "Refund 11…" in olga.labels()
        await olga.presses("‹ Newer")
        assert "Refund 1…" in olga.labels()
