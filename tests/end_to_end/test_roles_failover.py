"""A gateway and two workers behind a Sentinel: the primary dies under load, and another follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.role_kills import Plan, RoleKills
from tests.end_to_end.roles_shop import shop_of_roles
from tests.end_to_end.roles_world import RolesWorld
from tests.end_to_end.test_roles_selling import LATE_S, has_bought
from tests.ledger.sigkill import join, settle
from tests.redis_sentinel import RedisGroup
from tests.redis_server import find_binary

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(find_binary() is None, reason="needs a redis-server"),
]


@pytest.fixture
def group(tmp_path: Path) -> Iterator[RedisGroup]:
    """Give a primary, its replica, and a Sentinel that watches both."""
    with RedisGroup(tmp_path / "redis") as group:
        yield group


@pytest.fixture
async def roles(tmp_path: Path, group: RedisGroup) -> AsyncIterator[RolesWorld]:
    """Give a gateway and two workers, who are told of the Sentinel only."""
    beside = f"redis://127.0.0.1:{group.replica.port}/0"
    settings = {"SAPP_SENT_PER_S": "0", "SAPP_MESSAGES_PER_MINUTE": "0"}
    world = RolesWorld(tmp_path / "world", beside)
    world.configure(SAPP_REDIS_URL=group.url, **settings)
    async with world:
        yield world


async def test_a_failover_loses_nothing_that_redis_has_acknowledged(
    roles: RolesWorld, group: RedisGroup
) -> None:
    """In the middle of 600 commands: each is answered once, in its person's order.

    What Redis has acknowledged and not replicated yet it can lose: that is no part of this.
    """
    plan = Plan(commands=600, persons=30, workers=2, kills=0, freezes=0, per_s=60)
    run = RoleKills(roles, group.primary, plan)
    playing = asyncio.create_task(run.run())
    answers = roles.telegram.count
    await roles.until(lambda: answers("messages.sendMessage") > plan.commands // 3)

    await asyncio.to_thread(group.fail_over_in_work)

    outcome = await playing
    assert outcome.is_well, outcome
    assert all(process.exit_code is None for process in (roles.bot, *roles.workers))


async def test_a_failover_costs_nobody_what_was_paid(tmp_path: Path, group: RedisGroup) -> None:
    """The primary dies without a warning: what Redis has lost of payments Telegram's list has."""
    beside = f"redis://127.0.0.1:{group.replica.port}/0"
    async with shop_of_roles(tmp_path / "world", beside, SAPP_REDIS_URL=group.url) as shop:
        people = [await join(shop, number) for number in range(3)]
        await asyncio.gather(*map(has_bought, people))
        group.primary.kill()
        await settle(people)
        await shop.keeper()
        for ann in people:
            await has_bought(ann)
            await ann.person.sees("Done: +1,000 reads", LATE_S)
        assert [ann.difference() for ann in people] == [0, 0, 0]
        assert [len(ann.charges()) for ann in people] == [2, 2, 2]
        assert [ann.untold() for ann in people] == [[], [], []]
