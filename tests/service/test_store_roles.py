"""A gateway and its workers in one Redis: one handles each update, and a zombie nothing."""

from __future__ import annotations

import re

import pytest

from sapp_bot.domain.answers import PressAnswer
from sapp_bot.domain.replies import QueuedReply
from sapp_bot.domain.role_calls import AccountFacts, AnswerPress, Letter, Returned
from sapp_bot.domain.updates import Due
from sapp_bot.errors import AlreadyRunning, StoreAway, WorkTaken
from sapp_bot.sandbox.faults import Drop, When
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.store import KeyRing, open_store
from sapp_bot.store.roles.kept_scripts import KEPT_SCRIPTS, TERM_SCRIPTS
from sapp_bot.store.roles.mail import GATEWAY
from sapp_bot.store.roles.scripts import GROUP, ROLE_SCRIPTS
from tests.pages import ROOT
from tests.redis_server import RedisServer
from tests.service.roles_kit import Roles, given
from tests.service.store_kit import KEY, HandClock, commit, due, message, queued, signed_in

(ACL_USER,) = re.findall(
    r"^ACL SETUSER .*$", (ROOT / "docs/operations.md").read_text("utf-8"), re.MULTILINE
)


async def test_a_person_is_one_workers_until_nothing_waits(roles: Roles) -> None:
    """Two messages are one ticket; the second is taken in the commit of the first."""
    gateway, first, second = await roles.gateway(), await roles.worker("a"), await roles.worker("b")
    await gateway.messages.accept(message(1))
    await gateway.messages.accept(message(2))

    (ticket,) = await given(first)
    assert (ticket.lane, ticket.person) == ("messages", 7)
    inbox = first.inboxes[ticket.lane]
    taken = await inbox.take(ticket)
    assert taken is not None
    assert (taken.update, taken.starts) == (message(1), 1)

    then = await inbox.finish(commit(message(1), after=signed_in()), ticket)
    assert then is not None
    assert (then.update, then.person_state, then.starts) == (message(2), signed_in(), 1)
    assert await inbox.finish(commit(message(2)), ticket) is None

    await gateway.messages.accept(message(3))
    (another,) = await given(second)
    assert another.entry != ticket.entry


async def test_what_a_dead_worker_held_is_taken_over_and_counted(roles: Roles) -> None:
    """Its update comes a second time, as one that was begun before."""
    gateway, dead, heir = await roles.gateway(), await roles.worker("a"), await roles.worker("b")
    await gateway.messages.accept(message(1))
    (ticket,) = await given(dead)
    await dead.inboxes["messages"].take(ticket)

    assert await heir.tickets.reclaim(idle_ms=0, most=10) == [ticket]
    taken = await heir.inboxes["messages"].take(ticket)

    assert taken is not None
    assert taken.starts == 2


async def test_a_zombie_changes_nothing(roles: Roles, redis_server: RedisServer) -> None:
    """Neither its commit nor its notices get in, and it is told so."""
    gateway, heir = await roles.gateway(), await roles.worker("b")
    await gateway.messages.accept(message(1))
    (ticket,) = await given(zombie := await roles.worker("a"))
    zombie = await roles.worker("a", ticket)
    await zombie.inboxes["messages"].take(ticket)
    await heir.tickets.reclaim(idle_ms=0, most=10)
    await heir.inboxes["messages"].take(ticket)
    before = redis_server.call("LRANGE", gateway.store.keys.inbox(7), "0", "-1")

    with pytest.raises(WorkTaken):
        await zombie.inboxes["messages"].finish(commit(message(1), queued("m:7:1/0")), ticket)
    with pytest.raises(WorkTaken):
        await zombie.store.outbox.push(queued("m:7:1/still"))
    assert await zombie.tickets.beat([ticket.entry]) == {ticket.entry}

    assert redis_server.call("LRANGE", gateway.store.keys.inbox(7), "0", "-1") == before
    assert await gateway.store.outbox.unsent() == []
    assert await heir.tickets.beat([ticket.entry]) == frozenset()
    assert await heir.inboxes["messages"].finish(commit(message(1)), ticket) is None


async def test_who_lives_keeps_its_tickets(roles: Roles, redis_server: RedisServer) -> None:
    """A heartbeat makes the entry young."""
    gateway, alive, other = await roles.gateway(), await roles.worker("a"), await roles.worker("b")
    await gateway.messages.accept(message(1))
    (ticket,) = await given(alive)

    place, minute = gateway.store.keys.ready, str(60_000)
    aged = ("XCLAIM", place, GROUP, "a", "0", ticket.entry, "IDLE", minute, "JUSTID")
    redis_server.call(*aged)
    await alive.tickets.beat([ticket.entry])
    assert await other.tickets.reclaim(idle_ms=30_000, most=10) == []

    redis_server.call(*aged)
    assert await other.tickets.reclaim(idle_ms=30_000, most=10) == [ticket]


async def test_a_worker_that_stops_hands_back_at_once(roles: Roles) -> None:
    """Another one need not wait until it counts as dead, and no start is counted."""
    gateway, leaving, other = (
        await roles.gateway(),
        await roles.worker("a"),
        await roles.worker("b"),
    )
    await gateway.messages.accept(message(1))
    await gateway.messages.accept(message(2))
    (ticket,) = await given(leaving)
    await leaving.inboxes["messages"].take(ticket)
    await leaving.inboxes["messages"].finish(commit(message(1)), ticket)

    await leaving.inboxes["messages"].hand_back(ticket)
    await leaving.tickets.leave(worker="a")

    (again,) = await given(other)
    taken = await other.inboxes["messages"].take(again)
    assert taken is not None
    assert (taken.update, taken.starts) == (message(2), 1)


async def test_the_gateway_sees_what_was_committed(roles: Roles) -> None:
    """Replies in their order, timers, what was pushed and told; each of them sealed."""
    gateway, worker = await roles.gateway(), await roles.worker("a")
    await gateway.messages.accept(message(1))
    (ticket,) = await given(worker)
    await worker.inboxes["messages"].take(ticket)
    replies = (queued("m:7:1/0"), queued("m:7:1/1"))

    await worker.inboxes["messages"].finish(commit(message(1), *replies, later=(due("t"),)), ticket)
    await worker.store.outbox.push(queued("alert/0"))
    await worker.store.outbox.tell("every", [queued("every/0", chat=8)], [])

    found = [await gateway.outgoing.read(entry) for _, entry in await gateway.tail.read()]
    kinds = [found.id if isinstance(found, QueuedReply | Due) else None for found in found]
    assert kinds == ["t", "m:7:1/0", "m:7:1/1", "alert/0", "every/0"]
    assert await gateway.store.outbox.unsent() == [
        *(*replies, queued("alert/0")),
        queued("every/0", chat=8),
    ]


async def test_the_gateway_says_who_sends_too_much(roles: Roles) -> None:
    """As a single process does: the 51st message that waits is turned away."""
    gateway = await roles.gateway()
    found = [await gateway.messages.accept(message(number)) for number in range(51)]

    assert [accepted.full for accepted in found] == [False] * 50 + [True]


async def test_a_repeated_finish_commits_once(roles: Roles) -> None:
    """As after an answer that was lost: the reply is there once."""
    gateway, worker = await roles.gateway(), await roles.worker("a")
    await gateway.messages.accept(message(1))
    await gateway.messages.accept(message(2))
    (ticket,) = await given(worker)
    inbox = worker.inboxes["messages"]
    await inbox.take(ticket)

    for _ in range(2):
        then = await inbox.finish(commit(message(1), queued("m:7:1/0")), ticket)
        assert then is not None
        assert then.update == message(2)

    assert await gateway.store.outbox.unsent() == [queued("m:7:1/0")]


async def test_what_waited_before_the_roles_is_announced(roles: Roles, redis_url: str) -> None:
    """A bot in one process was stopped with messages waiting: workers get them, once."""
    ring, clock = KeyRing([KEY]), HandClock()
    async with open_store(redis_url, ring, account=1, clock=clock) as single:
        await single.inbox.claim()
        await single.inbox.accept(message(1))
    gateway, worker = await roles.gateway(), await roles.worker("a")

    await gateway.messages.announce()
    await gateway.messages.announce()

    (ticket,) = await given(worker)
    taken = await worker.inboxes["messages"].take(ticket)
    assert taken is not None
    assert (taken.update, taken.starts) == (message(1), 2)


async def test_workers_wait_for_a_gateway_and_give_way_to_a_single_process(
    roles: Roles, redis_url: str
) -> None:
    """Without one Redis counts as away; a process with all roles fences them off."""
    worker = await roles.worker("a")
    with pytest.raises(StoreAway, match="no gateway"):
        await worker.store.inbox.person_state(7)
    gateway = await roles.gateway()
    await worker.store.inbox.person_state(7)

    ring, clock = KeyRing([KEY]), HandClock()
    async with open_store(redis_url, ring, account=1, clock=clock) as single:
        await single.inbox.claim()
        with pytest.raises(AlreadyRunning):
            await worker.store.inbox.person_state(7)
        with pytest.raises(AlreadyRunning):
            await gateway.messages.accept(message(1))


async def test_a_second_gateway_fences_the_first_and_keeps_the_workers(roles: Roles) -> None:
    """Who stood by takes over; the workers go on."""
    first, worker = await roles.gateway(), await roles.worker("a")
    second = await roles.gateway()

    with pytest.raises(AlreadyRunning):
        await first.messages.accept(message(1))
    await second.messages.accept(message(1))
    assert len(await given(worker)) == 1


async def test_letters_arrive_sealed_and_in_order(roles: Roles, redis_server: RedisServer) -> None:
    """From a worker to the gateway, and back."""
    gateway, worker = await roles.gateway(), await roles.worker("a")
    call = Letter("1", "a", 5.0, AnswerPress(9, PressAnswer("secret words")))

    await worker.mail.post(GATEWAY, call)
    ((stream, entry),) = await gateway.tail.read()
    assert gateway.mail.open(stream, entry) == call
    assert b"secret words" not in repr(redis_server.call("XRANGE", stream, "-", "+")).encode()

    answer = Letter("1", GATEWAY, 5.0, Returned(value=True))
    await gateway.mail.post("a", answer)
    ((stream, entry),) = await worker.tail.read()
    assert worker.mail.open(stream, entry) == answer


async def test_one_worker_takes_what_any_is_asked(roles: Roles, redis_server: RedisServer) -> None:
    """The other does not see it, and then it is gone."""
    gateway, first, second = await roles.gateway(), await roles.worker("a"), await roles.worker("b")
    await gateway.mail.ask_any(Letter("1", GATEWAY, 5.0, AnswerPress(9, PressAnswer())))

    ((stream, (entry, _)),) = await first.group.read(0)
    assert stream == gateway.store.keys.calls
    assert await second.group.read(0) == []
    await first.mail.taken(entry)
    assert b"letter" not in redis_server.call("XRANGE", stream, "-", "+")


async def test_workers_learn_whose_account_it_is(roles: Roles) -> None:
    """Once a gateway has said so."""
    gateway, worker = await roles.gateway(), await roles.worker("a")
    assert await worker.mail.account() is None

    me = AccountFacts(1, "sapp_test_bot", ("other",))
    await gateway.mail.introduce(me)

    assert await worker.mail.account() == me


async def everything(roles: Roles) -> list[object]:
    """Make every call of both kinds of store, each where it has something to do."""
    gateway = await roles.gateway()
    await gateway.mail.introduce(AccountFacts(1, "sapp_test_bot"))
    found: list[object] = [await gateway.messages.accept(message(n)) for n in (1, 2, 3)]
    await gateway.messages.announce()
    worker, other = await roles.worker("a"), await roles.worker("b")
    (ticket,) = await given(worker)
    inbox = worker.inboxes["messages"]
    worker = await roles.worker("a", ticket)
    found += [await worker.mail.account(), await inbox.take(ticket)]
    found += [
        await worker.tickets.beat([ticket.entry, "1-1"]),
        await gateway.outgoing.has_workers(),
    ]
    await worker.store.outbox.push(queued("m:7:1/still"))
    found += [await inbox.finish(commit(message(1), queued("m:7:1/0"), later=(due("t"),)), ticket)]
    await worker.store.outbox.push(queued("alert/0"))
    await worker.store.outbox.tell("every", [queued("every/0", chat=8)], [])
    found += [(await other.tickets.reclaim(idle_ms=0, most=9))[0].who]
    await other.inboxes["messages"].hand_back(ticket)
    await other.tickets.leave(worker="b")
    (again,) = await given(worker)
    found += [again.who, await inbox.take(again), await inbox.finish(commit(message(2)), again)]
    letter = Letter("1", GATEWAY, 5.0, AnswerPress(9, PressAnswer()))
    await gateway.mail.ask_any(letter)
    await gateway.mail.post("a", letter)
    ((stream, entry), *_) = await worker.group.read(0)
    await worker.mail.taken(entry[0])
    found += [worker.mail.open(stream, entry)]
    ((stream, entry), *_) = await worker.tail.read()
    roles.clock.pass_by(1)
    last = {stream: entry[0]}
    await worker.mail.seen(last)
    found += [last]
    told = [await gateway.outgoing.read(entry) for _, entry in await gateway.tail.read()]
    await gateway.outgoing.empty()
    return [*found, told, await gateway.store.outbox.unsent()]


@pytest.mark.parametrize("script", sorted({*ROLE_SCRIPTS} - {*TERM_SCRIPTS, *KEPT_SCRIPTS}))
@pytest.mark.parametrize("when", ["before", "after"])
async def test_one_cut_per_call_changes_nothing(
    roles: Roles, redis_proxy: RedisProxy, redis_server: RedisServer, script: str, when: When
) -> None:
    """With the call or its answer lost once, every answer is the same as without."""
    expected = await everything(roles)
    redis_server.flush()
    roles.url = redis_proxy.url
    fault = redis_proxy.faults.add(f"EVALSHA:{script}", Drop(when))

    found = await everything(roles)

    assert fault.reached.is_set()
    assert found == expected


async def test_an_acl_user_without_dangerous_commands_will_do(
    roles: Roles, redis_server: RedisServer
) -> None:
    """The one that docs/operations.md makes."""
    assert redis_server.call(*ACL_USER.replace("PASSWORD", "secret").split()) == b"+OK\r\n"
    roles.url = roles.url.replace("//", "//sapp:secret@")
    try:
        assert await everything(roles)
    finally:
        redis_server.call("ACL", "DELUSER", "sapp")
