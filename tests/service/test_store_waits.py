"""What a worker knows of an update: how often it was begun, and how long it has waited."""

from __future__ import annotations

from tests.redis_server import RedisServer
from tests.service.roles_kit import Roles, given
from tests.service.store_kit import commit, message


async def test_a_worker_knows_how_long_each_update_has_waited(
    roles: Roles, redis_server: RedisServer
) -> None:
    """The first that is taken, and the next that its commit brings; not of an earlier version's."""
    gateway, worker = await roles.gateway(), await roles.worker("a")
    for number in (1, 2, 3):
        await gateway.messages.accept(message(number))
        roles.clock.pass_by(10)
    arrived = gateway.store.keys.arrived
    redis_server.call("HDEL", arrived, "m:7:3")
    (ticket,) = await given(worker)
    inbox = worker.inboxes["messages"]

    first = await inbox.take(ticket)
    second = await inbox.finish(commit(message(1)), ticket)
    third = await inbox.finish(commit(message(2)), ticket)

    assert [taken and taken.waited_s for taken in (first, second, third)] == [30, 20, None]
    assert redis_server.call("EXISTS", arrived) == b":0\r\n"


async def test_what_an_heir_has_begun_counts_for_who_gets_the_person_back(roles: Roles) -> None:
    """A zombie's late commit is known already; the next update was begun by its heir."""
    gateway, first, heir = await roles.gateway(), await roles.worker("a"), await roles.worker("b")
    await gateway.messages.accept(message(1))
    await gateway.messages.accept(message(2))
    (ticket,) = await given(first)
    await first.inboxes["messages"].take(ticket)
    await heir.tickets.reclaim(idle_ms=0, most=10)
    await heir.inboxes["messages"].take(ticket)
    await heir.inboxes["messages"].finish(commit(message(1)), ticket)

    await first.tickets.reclaim(idle_ms=0, most=10)
    then = await first.inboxes["messages"].finish(commit(message(1)), ticket)

    assert then is not None
    assert (then.update, then.starts) == (message(2), 2)
