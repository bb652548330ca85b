"""A ledger that several workers share: one keeps it, and whoever is asked answers right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from sapp_bot.domain.checkout_refusal import CheckoutRefusal
from sapp_bot.errors import KeeperReplaced, StoreAway
from sapp_bot.ledger.errors import NotForSale, NothingToAdopt, NotRefundable
from sapp_bot.ledger.notices import LedgerFoundLost
from sapp_bot.ledger.refunds import AskedRefund
from sapp_bot.ledger.values import HoldReason, LedgerMode, PaymentState, RefundAnswer
from sapp_bot.roles.worker.ledger_acts import (
    ActMayWorkLater,
    AuditClients,
    answer_of,
    answer_to,
    write_act,
)
from sapp_bot.roles.worker.ledger_terms import CheckedApi, CheckedListener, CheckedStars
from sapp_bot.store.roles.kept_ledger import Keeping
from tests.ledger.kit import ANN, BEN, Ear
from tests.ledger.outside import RacyApi, StarsList
from tests.ledger.roles_kit import Firm, Partner, asked, firm_of
from tests.ledger.subjects import SMALLEST_PACK
from tests.redis_server import RedisServer
from tests.service.roles_kit import Roles

NOTICE = LedgerFoundLost()

Pair = tuple[Firm, Partner, Partner]


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[Pair]:
    """Give two workers, of whom the first keeps the ledger and the second does not run yet."""
    async with AsyncExitStack() as stack:
        firm = await firm_of(Roles(redis_url, stack), stack, "w1", "w2")
        keeper, other = firm.partners.values()
        await firm.keeps(keeper)
        yield firm, keeper, other


async def test_any_worker_sells_and_the_keeper_delivers(pair: Pair) -> None:
    """One takes the order, another lets it be paid and books the payment; all see the receipt."""
    firm, keeper, other = pair
    order = await firm.ordered(other)
    assert await keeper.ledger.decide(asked(order)) is None
    assert await other.ledger.decide(asked(order, 2)) is CheckoutRefusal.IN_CHECKOUT

    assert await other.ledger.receive(firm.charged(order, "ch1"))

    await firm.until(lambda: firm.has() == 10 + SMALLEST_PACK)
    await firm.until(lambda: "ReadsAdded" in firm.ear.kinds())
    for partner in (keeper, other):
        found = await partner.ledger.receipts.of_person(ANN)
        assert [view.payment.charge for view in found] == ["ch1"]
        assert await partner.ledger.decide(asked(order, 3)) is CheckoutRefusal.ALREADY_PAID


@pytest.mark.long
async def test_what_no_update_tells_is_looked_for_after_a_checkout(pair: Pair) -> None:
    """Which another worker has let through: the keeper reads Telegram's list 5 s later."""
    firm, keeper, other = pair
    order = await firm.ordered(other)
    pages = firm.stars.asked
    assert await other.ledger.decide(asked(order)) is None
    firm.charged(order, "ch1")

    await firm.until(lambda: firm.has() == 10 + SMALLEST_PACK)
    assert firm.stars.asked > pages
    assert keeper.ledger.kept is not None


async def test_a_pause_holds_for_all(pair: Pair) -> None:
    """Whichever worker an operator tells."""
    firm, keeper, other = pair
    order = await firm.ordered(other)
    await other.ledger.operator.pause(on=True)
    for partner in (keeper, other):
        assert await partner.ledger.decide(asked(order)) is CheckoutRefusal.PAUSED
        assert not await partner.ledger.is_selling()
        with pytest.raises(NotForSale):
            await firm.ordered(partner)
    await keeper.ledger.operator.pause(on=False)
    assert await other.ledger.decide(asked(order)) is None


async def test_what_is_in_doubt_is_sold_by_nobody(pair: Pair) -> None:
    """The keeper knows it, all others learn it; the operator's decision goes to the keeper."""
    firm, keeper, other = pair
    order = await firm.ordered(other)
    await firm.bought(other, "ch1")
    await firm.until(lambda: "ReadsAdded" in firm.ear.kinds())
    firm.api.set_by_hand(1, 5 * SMALLEST_PACK)
    await other.ledger.operator.audit()

    async def held() -> list[HoldReason]:
        status = await other.ledger.operator.status(other.ledger.mode)
        return [hold.reason for hold in status.holds]

    await firm.becomes(held, [HoldReason.DRIFT])
    for partner in (keeper, other):
        assert await partner.ledger.decide(asked(order)) is CheckoutRefusal.IN_DOUBT

    about = await other.ledger.operator.fix(1, keep=True, key="fix1")

    assert about.found == 5 * SMALLEST_PACK
    await firm.becomes(held, [])
    assert await other.ledger.decide(asked(order, 2)) is None
    assert firm.asked == ["AuditClients", "FixReads"]


async def test_acts_are_the_keepers(pair: Pair) -> None:
    """Asked of another worker they are done once, and say no in the same words."""
    firm, keeper, other = pair
    assert await other.ledger.operator.gift(2, 100, key="g1") == 110
    assert await other.ledger.operator.gift(2, 100, key="g1") == 110
    assert await keeper.ledger.operator.gift(2, -10, key="g2") == 100
    with pytest.raises(NotForSale) as refused:
        await other.ledger.operator.gift(2, -500, key="g3")
    assert (refused.value.reply, refused.value.values) == (
        "Only reads that are left can be taken: {left}.",
        {"left": 100},
    )
    await firm.bought(other, "ch1")
    with pytest.raises(NotRefundable, match="not a payment of yours"):
        await other.ledger.ask_refund("ch1", user=BEN)
    assert await other.ledger.ask_refund("ch1", user=ANN) is AskedRefund.BEGUN
    await firm.until(lambda: "StarsReturned" in firm.ear.kinds())
    assert firm.stars.is_returned("ch1")
    await firm.until(lambda: firm.has() == 10)
    with pytest.raises(NotRefundable):
        await other.ledger.operator.refund("ch1")
    with pytest.raises(NothingToAdopt):
        await other.ledger.operator.adopt()
    assert await other.ledger.operator.lacking() == []
    with pytest.raises(NotForSale, match="lacks no reads"):
        await other.ledger.operator.give_lacking("ch1")
    assert await other.ledger.operator.reconcile() == 2
    assert (await other.ledger.operator.audit()).is_clean


async def test_an_error_of_the_keepers_tells_people_the_same() -> None:
    """Of an error that is no one's but the API's, the sentence is left; an act needs a keeper."""
    act = AuditClients()
    with pytest.raises(KeeperReplaced):
        answer_of(act, await answer_to(write_act(act), None))
    told = '{"kind":"ApiAway","reply":"The service is away.","retry":true,"values":{}}'
    with pytest.raises(ActMayWorkLater) as caught:
        answer_of(act, f"error {told}")
    assert caught.value.reply == "The service is away."


async def test_another_worker_takes_over(pair: Pair) -> None:
    """At once from one that ends; an act that is asked for meanwhile waits for it."""
    firm, keeper, other = pair
    await firm.bought(other, "ch1")
    await firm.until(lambda: firm.has() == 10 + SMALLEST_PACK)
    third = await firm.worker("w3")

    await keeper.stop()
    assert await third.ledger.is_lost() is False
    assert not await third.ledger.is_selling()
    other.run()

    assert await third.ledger.operator.gift(2, 7, key="g1") == 17
    await firm.sells(third)
    assert other.ledger.kept is not None
    await firm.bought(third, "ch2")
    await firm.until(lambda: firm.has() == 10 + 2 * SMALLEST_PACK)


async def test_a_replaced_keeper_does_nothing_more(pair: Pair) -> None:
    """Its term is another's: it stops, what it was at is looked at anew, and it can keep again."""
    firm, keeper, other = pair
    kept = keeper.ledger.kept
    assert kept is not None
    stands = await other.store.terms.stands()
    assert stands is not None
    order = await firm.ordered(other)
    firm.api.gate.clear()  # the keeper asks the API, and stands still
    assert await other.ledger.receive(firm.charged(order, "ch1"))
    await firm.until(lambda: firm.api.waiting)
    await other.store.terms.end(stands.term)
    await firm.keeps(other)
    firm.api.gate.set()

    await firm.until(lambda: keeper.ledger.kept is None)
    await firm.until(lambda: firm.has() == 10 + SMALLEST_PACK)
    with pytest.raises(KeeperReplaced):
        await kept.operator.gift(1, 100, key="zombie")
    assert firm.has() == 10 + SMALLEST_PACK
    await other.stop()
    await firm.until(lambda: keeper.ledger.kept is not None)
    assert keeper.ledger.kept is not kept


async def test_what_a_replaced_keeper_was_at_is_looked_at_again(redis_url: str) -> None:
    """By the next keeper, also where nobody ever asked the one before anything."""
    async with AsyncExitStack() as stack:
        firm = await firm_of(Roles(redis_url, stack), stack, "w1", "w2")
        keeper, other = firm.partners.values()
        keeper.run()
        await firm.sells(other)
        order = await firm.ordered(other)
        firm.api.gate.clear()
        assert await other.ledger.receive(firm.charged(order, "ch1"))
        await firm.until(lambda: firm.api.waiting)
        stands = await other.store.terms.stands()
        assert stands is not None
        marks = await other.store.store.ledger.read("dirty")

        await other.store.terms.end(stands.term)
        assert await other.store.terms.begin(Keeping("nobody/1", "starting"))

        async def is_marked_anew() -> bool:
            return await other.store.store.ledger.read("dirty") != marks

        await firm.becomes(is_marked_anew, True)
        assert keeper.ledger.kept is None


async def test_an_emptied_redis_is_found_out_by_all(pair: Pair, redis_server: RedisServer) -> None:
    """Nobody sells, credits or books; an operator adopts by whichever worker."""
    firm, _, other = pair
    await firm.bought(other, "ch1")
    await firm.until(lambda: firm.has() == 10 + SMALLEST_PACK)
    order = await firm.ordered(other)

    redis_server.flush()
    with pytest.raises(StoreAway):  # no gateway has found that out yet
        await other.ledger.is_lost()
    await firm.roles.gateway()

    async def is_lost() -> bool:
        try:
            return await other.ledger.is_lost()
        except StoreAway:
            return False

    await firm.becomes(is_lost, True)
    assert await other.ledger.decide(asked(order)) is CheckoutRefusal.PAUSED
    assert not await other.ledger.receive(firm.charged(order, "ch2"))
    report = await other.ledger.operator.adopt()
    assert report.rows == 2
    assert report.short == {1: SMALLEST_PACK}
    await firm.sells(other)
    view = await other.ledger.receipts.of_charge("ch1")
    assert view is not None
    assert view.state is PaymentState.ADOPTED


async def test_nothing_is_sold_before_a_keeper_has_opened(redis_url: str) -> None:
    """In doubt the answer is no; nobody says that anything is lost."""
    async with AsyncExitStack() as stack:
        firm = await firm_of(Roles(redis_url, stack), stack, "w1")
        (worker,) = firm.partners.values()
        assert not await worker.ledger.is_selling()
        assert worker.ledger.mode is LedgerMode.STARTING
        with pytest.raises(StoreAway):
            await worker.ledger.is_lost()


@pytest.mark.parametrize("is_over", [False, True])
async def test_what_is_outside_is_asked_only_by_the_keeper(is_over: bool) -> None:  # noqa: FBT001  # a case
    """Reads are set, Stars returned and words said only while the term stands."""
    seen: list[str] = []

    async def check() -> None:
        seen.append("checked")
        if is_over:
            raise KeeperReplaced

    class Api(RacyApi):
        async def set_reads(self, client: int, reads: int) -> None:
            seen.append(f"set {client} {reads}")

        async def add_reads(self, client: int, reads: int) -> None:
            seen.append(f"added {client} {reads}")

    class List(StarsList):
        async def refund(self, user: int, charge: str) -> RefundAnswer:
            seen.append(f"returned {charge} to {user}")
            return RefundAnswer.DONE

    api = CheckedApi(Api.__new__(Api), check)
    stars = CheckedStars(List.__new__(List), check)
    ear = Ear()
    for call in (
        lambda: api.set_reads(1, 5),
        lambda: api.add_reads(1, -1),
        lambda: stars.refund(7, "ch1"),
        lambda: CheckedListener(ear, check).tell(NOTICE),
    ):
        if is_over:
            with pytest.raises(KeeperReplaced):
                await call()
        else:
            await call()

    done = ["set 1 5", "added 1 -1", "returned ch1 to 7"]
    assert [one for one in seen if one != "checked"] == ([] if is_over else done)
    assert ear.heard == ([] if is_over else [NOTICE])
    assert seen.count("checked") == 4
