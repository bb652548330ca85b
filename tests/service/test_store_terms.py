"""Who keeps the ledger, in a real Redis: one worker at a time; a replaced one, nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from sapp_bot.domain.ledger_entry import LedgerEntry
from sapp_bot.errors import AlreadyRunning, KeeperReplaced, LedgerLost
from sapp_bot.sandbox.faults import Drop, When
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.store import KeyRing, open_store
from sapp_bot.store.roles.connect import WorkerStore
from sapp_bot.store.roles.kept_ledger import Keeping, KeptLedger
from sapp_bot.store.roles.kept_scripts import KEPT_SCRIPTS, TERM_SCRIPTS
from tests.redis_server import RedisServer
from tests.service.roles_kit import Roles
from tests.service.store_kit import KEY

FIRST, SECOND = Keeping("w1/a", "starting"), Keeping("w2/b", "starting")


@pytest.fixture
async def roles(redis_url: str) -> AsyncIterator[Roles]:
    """Give an empty redis-server for several processes."""
    async with AsyncExitStack() as stack:
        yield Roles(redis_url, stack)


@pytest.fixture
async def workers(roles: Roles) -> tuple[WorkerStore, WorkerStore]:
    """Give two workers whose gateway has the account, and a ledger with the epoch e1."""
    await roles.gateway()
    first, second = await roles.worker("w1"), await roles.worker("w2")
    await first.store.ledger.change_epoch("", "e1 whole")
    return first, second


async def test_one_worker_at_a_time_keeps_the_ledger(
    workers: tuple[WorkerStore, WorkerStore],
) -> None:
    """Whoever begins first; another one when that has ended, and all know who and what it does."""
    first, second = workers
    assert await second.terms.stands() is None
    assert await first.terms.begin(FIRST)
    assert await first.terms.begin(FIRST)  # an answer that got lost is asked for again
    assert not await second.terms.begin(SECOND)
    assert not await second.terms.renew(SECOND)
    await second.terms.end(SECOND.term)
    assert await first.terms.renew(Keeping(FIRST.term, "open"))
    stands = await second.terms.stands()
    assert stands == Keeping("w1/a", "open")
    assert stands.worker == "w1"

    await first.terms.end(FIRST.term)
    assert not await first.terms.renew(FIRST)
    assert await second.terms.begin(SECOND)
    assert not await first.terms.renew(FIRST)


async def facts(worker: WorkerStore) -> list[object]:
    """Return all that the ledger holds."""
    ledger = worker.store.ledger
    places = [await ledger.read(place) for place in ("client:7", "meta", "dirty")]
    epoch = await ledger.epoch()
    lock = await ledger.lock(epoch.split(" ")[0], "checkout:a", "other", 60)
    return [*places, await ledger.kept("order:a"), lock, await ledger.journal(9), epoch]


def writes(ledger: KeptLedger) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return all that a keeper can do, by name."""
    return {
        "add": lambda: ledger.add("e1", "client:7", "in:ch1", "1000 10 paid"),
        "add_all": lambda: ledger.add_all("e1", [LedgerEntry("client:7", "base", "1")]),
        "put": lambda: ledger.put("e1", "meta", "cursor", "9 x"),
        "remove": lambda: ledger.remove("e1", "dirty", "7", "mark"),
        "keep": lambda: ledger.keep("e1", "order:a", "text", 60),
        "lock": lambda: ledger.lock("e1", "checkout:a", "t", 60),
        "note": lambda: ledger.note("e1", "t", "entry"),
        "change_epoch": lambda: ledger.change_epoch("e1 whole", "e2 whole"),
        "check": ledger.check,
    }


@pytest.mark.parametrize("name", writes(KeptLedger.__new__(KeptLedger)))
async def test_a_zombie_writes_nothing(workers: tuple[WorkerStore, WorkerStore], name: str) -> None:
    """Whose term is over has no effect, be it another's by now or nobody's; also once more keeper.

    While it stands the same goes through.
    """
    first, second = workers
    await second.store.ledger.put("e1", "dirty", "7", "mark")
    zombie = first.terms.kept(FIRST.term)
    await first.terms.begin(FIRST)
    await zombie.check()
    await first.terms.end(FIRST.term)  # as after 5 s without a sign of life
    before = await facts(second)
    with pytest.raises(KeeperReplaced):
        await writes(zombie)[name]()
    for keeping, worker in ((SECOND, second), (Keeping("w1/c", "open"), first)):
        await worker.terms.begin(keeping)
        with pytest.raises(KeeperReplaced):
            await writes(zombie)[name]()
        await worker.terms.end(keeping.term)
    assert await facts(second) == before

    await first.terms.begin(FIRST)
    await writes(zombie)[name]()


async def test_the_keeper_reads_and_writes_as_a_single_process(
    workers: tuple[WorkerStore, WorkerStore],
) -> None:
    """The same facts, seen by all; a write for another epoch is found out all the same."""
    first, second = workers
    await first.terms.begin(FIRST)
    kept = first.terms.kept(FIRST.term)
    assert await kept.add("e1", "client:7", "in:ch1", "1000 10 paid") == "1000 10 paid"
    assert await second.store.ledger.read("client:7") == {"in:ch1": "1000 10 paid"}
    assert await second.store.ledger.size("client:7") == 1
    with pytest.raises(LedgerLost) as caught:
        await kept.add("e2", "client:7", "base", "10")
    assert not isinstance(caught.value, KeeperReplaced)


async def test_a_single_process_replaces_the_keeper(
    workers: tuple[WorkerStore, WorkerStore], roles: Roles
) -> None:
    """Its writes are refused at once, though its term would stand for seconds; it ends."""
    first, _ = workers
    await first.terms.begin(FIRST)
    async with open_store(roles.url, KeyRing([KEY]), account=1, clock=roles.clock) as single:
        await single.inbox.claim()
        with pytest.raises(KeeperReplaced):
            await first.terms.kept(FIRST.term).check()
        with pytest.raises(AlreadyRunning):
            await first.terms.renew(FIRST)


async def a_term(roles: Roles) -> list[object]:
    """Have a worker keep the ledger for a term, and do all that it can; return all answers."""
    await roles.gateway()
    worker = await roles.worker("w1")
    await worker.store.ledger.change_epoch("", "e1 whole")
    found: list[object] = [await worker.terms.begin(FIRST), await worker.terms.renew(FIRST)]
    kept = worker.terms.kept(FIRST.term)
    found += [await write() for write in writes(kept).values()]
    found += [await worker.terms.stands(), await facts(worker)]
    await worker.terms.end(FIRST.term)
    return [*found, await worker.terms.stands()]


@pytest.mark.parametrize("script", sorted({*TERM_SCRIPTS, *KEPT_SCRIPTS}))
@pytest.mark.parametrize("when", ["before", "after"])
async def test_lost_answers_change_nothing(
    roles: Roles, redis_proxy: RedisProxy, redis_server: RedisServer, script: str, when: When
) -> None:
    """With a call or its answer lost once, every answer is the same as without."""
    expected = await a_term(roles)
    redis_server.flush()
    roles.url = redis_proxy.url
    fault = redis_proxy.faults.add(f"EVALSHA:{script}", Drop(when))

    found = await a_term(roles)

    assert fault.reached.is_set()
    assert found == expected
