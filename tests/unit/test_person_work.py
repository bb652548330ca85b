"""The way of a person's updates through a worker, with tickets and a handler that are played."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from sapp_bot.domain.ports import Commit
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Update
from sapp_bot.errors import StoreAway, WorkTaken
from sapp_bot.roles.worker.person_work import LaneWork, PersonWork
from sapp_bot.store.roles.worker_inbox import TakenUpdate, Ticket
from sapp_bot.testing import ManualClock, RecordingMetrics
from tests.unit.inbox_kit import NOW, message


@dataclass
class PlayedRedis:
    """Boxes by person, and tickets: what a worker asks of Redis, as a record."""

    boxes: dict[int, deque[TakenUpdate]] = field(default_factory=dict)
    left: list[Ticket] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    is_away: bool = False
    committed: list[str] = field(default_factory=list)
    handed_back: list[str] = field(default_factory=list)
    beats: list[tuple[str, ...]] = field(default_factory=list)
    asked_for: list[int] = field(default_factory=list)

    def put(self, *updates: Update, starts: int = 1) -> Ticket:
        """Have updates of one person wait; return their ticket."""
        person = updates[0].sender.id
        taken = [TakenUpdate(update, PersonState(), 1, 2.5) for update in updates]
        taken[0] = TakenUpdate(updates[0], PersonState(), starts, 1.5)
        self.boxes[person] = deque(taken)
        return Ticket(f"1-{person}", f"messages:{person}")

    async def take(self, ticket: Ticket) -> TakenUpdate | None:
        """Return a person's oldest update."""
        self._look(ticket)
        return self.boxes[ticket.person][0] if self.boxes[ticket.person] else None

    async def finish(self, commit: Commit, ticket: Ticket) -> TakenUpdate | None:
        """Commit."""
        self._look(ticket)
        self.committed.append(commit.update.key)
        self.boxes[ticket.person].popleft()
        return await self.take(ticket)

    async def hand_back(self, ticket: Ticket) -> None:
        """Take a ticket back."""
        self.handed_back.append(ticket.entry)

    async def beat(self, entries: Sequence[str]) -> frozenset[str]:
        """Note a sign of life."""
        if self.is_away:
            raise StoreAway
        self.beats.append(tuple(entries))
        return frozenset(self.lost & set(entries))

    async def reclaim(self, *, idle_ms: int, most: int) -> Sequence[Ticket]:
        """Give what dead workers have left."""
        assert most > 0
        self.asked_for.append(idle_ms)
        given, self.left = self.left, []
        return given

    def _look(self, ticket: Ticket) -> None:
        if ticket.entry in self.lost:
            raise WorkTaken


@dataclass
class Handled:
    """What was handled, and how; a gate holds up the handling of its update."""

    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    seen: list[tuple[str, bool]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    now: list[str] = field(default_factory=list)

    async def handle(
        self, update: Update, person_state: PersonState, *, again: bool = False
    ) -> Commit:
        """Handle one."""
        self.seen.append((update.key, again))
        self.now.append(update.key)
        if update.key in self.gates:
            await self.gates[update.key].wait()
        self.now.remove(update.key)
        return Commit(update, person_state, person_state)

    async def give_up(self, update: Update, person_state: PersonState) -> Commit:
        """Give one up."""
        self.given_up.append(update.key)
        return Commit(update, person_state, person_state)


@dataclass
class Bench:
    """A worker at work."""

    redis: PlayedRedis
    handled: Handled
    clock: ManualClock
    work: PersonWork
    in_work: dict[str, Ticket]
    metrics: RecordingMetrics

    async def until_committed(self, count: int) -> None:
        """Wait for commits."""
        while len(self.redis.committed) < count:
            await asyncio.sleep(0)

    async def settles(self) -> None:
        """Let all go on that can."""
        for _ in range(20):
            await asyncio.sleep(0)


def unstorable(commit: Commit, _error: Exception) -> Commit:
    """Return what is stored in place of a commit."""
    return commit


@asynccontextmanager
async def working(most: int = 64) -> AsyncIterator[Bench]:
    """Give a worker that runs."""
    redis, handled, clock = PlayedRedis(), Handled(), ManualClock(NOW)
    in_work: dict[str, Ticket] = {}
    lanes = {"messages": LaneWork(redis, handled.handle, handled.give_up, unstorable)}
    metrics = RecordingMetrics()
    work = PersonWork(lanes, redis, in_work, clock, most=most, metrics=metrics)
    running = asyncio.create_task(work.run())
    await asyncio.sleep(0)
    try:
        yield Bench(redis, handled, clock, work, in_work, metrics)
    finally:
        running.cancel()
        await asyncio.wait({running})


async def test_how_long_an_update_has_waited_is_measured_at_its_first_start() -> None:
    """What another worker has begun before has not waited for its handling since it came."""
    async with working() as bench:
        bench.work.serve(bench.redis.put(message(1), message(2)))
        bench.work.serve(bench.redis.put(message(3, person=8), starts=2))
        await bench.until_committed(3)

        assert bench.metrics.observed("queue_seconds", kind="Message") == [1.5, 2.5]


async def test_a_persons_updates_are_handled_in_order_until_none_waits() -> None:
    """On one ticket; while each is in work it is known under which."""
    async with working() as bench:
        first = message(1)
        bench.handled.gates[first.key] = asyncio.Event()
        ticket = bench.redis.put(first, message(2), message(3))
        bench.work.serve(ticket)
        await bench.settles()
        assert bench.in_work == {first.key: ticket}

        bench.handled.gates[first.key].set()
        await bench.until_committed(3)

        assert bench.redis.committed == [message(n).key for n in (1, 2, 3)]
        await bench.settles()
        assert bench.in_work == {}
        assert bench.work.room == 64


async def test_persons_do_not_wait_for_each_other_and_have_a_limit() -> None:
    """Beyond it there is no room: another worker may have it."""
    async with working(most=2) as bench:
        slow = message(1, person=1)
        bench.handled.gates[slow.key] = asyncio.Event()
        bench.work.serve(bench.redis.put(slow))
        bench.work.serve(bench.redis.put(message(1, person=2)))
        assert bench.work.room == 0

        await bench.until_committed(1)
        await bench.settles()

        assert bench.redis.committed == [message(1, person=2).key]
        assert bench.work.room == 1


async def test_an_update_that_was_begun_before_says_so_and_the_third_time_is_given_up() -> None:
    """As a process that it ends would otherwise end for ever."""
    async with working() as bench:
        bench.work.serve(bench.redis.put(message(1, person=1), starts=2))
        bench.work.serve(bench.redis.put(message(1, person=2), starts=3))
        await bench.until_committed(2)

        assert bench.handled.seen == [(message(1, person=1).key, True)]
        assert bench.handled.given_up == [message(1, person=2).key]


async def test_every_second_it_is_shown_what_is_in_work() -> None:
    """So nobody takes it over."""
    async with working() as bench:
        slow = message(1)
        bench.handled.gates[slow.key] = asyncio.Event()
        ticket = bench.redis.put(slow)
        bench.work.serve(ticket)
        await bench.clock.advance(3, bench.settles)

        assert bench.redis.beats[-3:] == [(ticket.entry,)] * 3


async def test_a_ticket_that_was_taken_over_commits_nothing() -> None:
    """And the worker goes on with others."""
    async with working() as bench:
        lost = message(1, person=1)
        bench.handled.gates[lost.key] = asyncio.Event()
        ticket = bench.redis.put(lost)
        bench.work.serve(ticket)
        await bench.settles()
        bench.redis.lost.add(ticket.entry)
        bench.handled.gates[lost.key].set()
        await bench.settles()

        assert bench.redis.committed == []
        bench.work.serve(bench.redis.put(message(1, person=2)))
        await bench.until_committed(1)
        assert bench.work.room == 64


async def test_what_dead_workers_left_is_begun_one_after_the_other() -> None:
    """One of them may be what they died of: it must not drag the others in."""
    async with working() as bench:
        people = (1, 2, 3)
        left = [bench.redis.put(message(1, person=n), starts=2) for n in people]
        gates = {message(1, person=n).key: asyncio.Event() for n in people}
        bench.handled.gates |= gates
        bench.redis.left = left
        await bench.clock.advance(5, bench.settles)
        assert bench.handled.now == [message(1, person=1).key]

        gates[message(1, person=1).key].set()
        await bench.settles()
        assert bench.handled.now == [message(1, person=2).key]

        await bench.clock.advance(5, bench.settles)
        assert bench.handled.now == [message(1, person=n).key for n in (2, 3)]


async def test_nobody_is_taken_for_dead_right_after_redis_was_away() -> None:
    """While it was, no worker could show that it lives."""
    async with working() as bench:
        await bench.clock.advance(5, bench.settles)
        assert bench.redis.asked_for
        bench.redis.is_away = True
        await bench.clock.advance(5, bench.settles)
        bench.redis.is_away = False
        bench.redis.asked_for.clear()

        await bench.clock.advance(3, bench.settles)
        assert bench.redis.asked_for == []
        await bench.clock.advance(3, bench.settles)
        assert bench.redis.asked_for


async def test_the_end_finishes_what_is_in_work_and_hands_on_what_waits() -> None:
    """Nobody new is served meanwhile."""
    async with working() as bench:
        first = message(1)
        bench.handled.gates[first.key] = asyncio.Event()
        ticket = bench.redis.put(first, message(2))
        bench.work.serve(ticket)
        await bench.settles()
        draining = asyncio.create_task(bench.work.drain())
        await bench.settles()
        assert bench.work.room == 0
        assert not draining.done()

        bench.handled.gates[first.key].set()
        await draining

        assert bench.redis.committed == [first.key]
        assert bench.redis.handed_back == [ticket.entry]


async def test_who_is_brought_at_the_end_is_handed_on() -> None:
    """A read that was under way may bring somebody."""
    async with working() as bench:
        bench.work.close()
        ticket = bench.redis.put(message(1))
        bench.work.serve(ticket)
        await bench.work.drain()

        assert bench.redis.handed_back == [ticket.entry]
        assert bench.handled.seen == []


async def test_the_end_does_not_wait_for_what_waits_for_better_times() -> None:
    """As a payment whose plugin is off: it stays stored."""
    async with working() as bench:
        held = message(1)
        bench.handled.gates[held.key] = asyncio.Event()
        bench.work.serve(bench.redis.put(held))
        await bench.settles()
        with bench.work.parked("messages", held.sender.id):
            async with asyncio.timeout(1):
                await bench.work.drain()


@pytest.mark.parametrize("times", [2, 3])
async def test_a_ticket_that_is_read_again_is_served_once(times: int) -> None:
    """As after a connection that broke."""
    async with working() as bench:
        slow = message(1)
        bench.handled.gates[slow.key] = asyncio.Event()
        ticket = bench.redis.put(slow)
        for _ in range(times):
            bench.work.serve(ticket)
        bench.handled.gates[slow.key].set()
        await bench.until_committed(1)
        await bench.settles()

        assert bench.handled.seen == [(slow.key, False)]
