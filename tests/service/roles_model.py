"""A plain model of what a gateway and its workers have in Redis: who holds what, in order.

The state machine of `test_roles_machine` plays on this model and on the store at once. The model
knows what is so in Redis (`Model`); what a worker believes is the worker's own (`WorkerProcess`),
and may be out of date: then it is a zombie.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from sapp_bot.domain.ports import Commit
from sapp_bot.domain.replies import QueuedReply
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Message
from sapp_bot.store.keys import Keys
from sapp_bot.store.roles.connect import WorkerStore
from sapp_bot.store.roles.scripts import GROUP
from sapp_bot.store.roles.worker_inbox import TakenUpdate, Ticket

PERSONS = (1, 2)


@dataclass
class Work:
    """What a worker believes of one ticket: that it is its own, and what is in work under it."""

    ticket: Ticket
    taken: TakenUpdate | None = None


@dataclass
class WorkerProcess:
    """A worker: its store, and what it believes to hold."""

    name: str
    store: WorkerStore
    in_work: dict[str, Ticket]
    work: dict[str, Work] = field(default_factory=dict)
    is_sure: bool = True

    def believes(self, tickets: list[Ticket]) -> None:
        """Take tickets on, but for those it has already: as `PersonWork.serve` does."""
        for ticket in tickets:
            self.work.setdefault(ticket.entry, Work(ticket))

    def drops(self, work: Work) -> None:
        """Believe no more that a ticket is its own."""
        del self.work[work.ticket.entry]
        self.begins(work, None)

    def begins(self, work: Work, taken: TakenUpdate | None) -> None:
        """Have another update in work under a ticket, or none."""
        if work.taken is not None:
            self.in_work.pop(work.taken.update.key, None)
        work.taken = taken
        if taken is not None:
            self.in_work[taken.update.key] = work.ticket


@dataclass
class Model:
    """What is so in Redis.

    Attributes:
        boxes: Each person's updates that wait, in the order of arrival.
        states: Each person's state.
        lines: Entry of `ready` -> the person, in the order in which they were queued.
        holders: Entry -> the worker for which it is pending; those that are unread are left out.
        aged: Entries whose worker was not seen for long.
        starts: Update -> how often it was begun, and by whom last.
        ended: Updates whose commit took effect, in that order.
        outbox: Each chat's replies that wait.
        timers: Names of the timers that were set.
        pushed: Names of the notices that were ever added.
        told: What the gateway has not been told of yet: ids of replies and timers.

    """

    boxes: dict[int, deque[Message]] = field(default_factory=lambda: defaultdict(deque))
    states: dict[int, PersonState] = field(default_factory=lambda: defaultdict(PersonState))
    lines: dict[str, int] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    aged: set[str] = field(default_factory=set)
    starts: dict[str, tuple[int, str]] = field(default_factory=dict)
    ended: list[Message] = field(default_factory=list)
    outbox: dict[int, deque[QueuedReply]] = field(default_factory=lambda: defaultdict(deque))
    timers: set[str] = field(default_factory=set)
    pushed: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)

    def unread(self) -> list[str]:
        """Return the entries that no worker was given yet, oldest first."""
        return [entry for entry in self.lines if entry not in self.holders]

    def held_by(self, worker: str) -> list[str]:
        """Return the entries that are pending for a worker, oldest first."""
        return [entry for entry in self.lines if self.holders.get(entry) == worker]

    def is_queued(self, person: int) -> bool:
        """Return whether a person has an entry."""
        return person in self.lines.values()

    def gives(self, entry: str, worker: str) -> None:
        """Make an entry a worker's, and young."""
        self.holders[entry] = worker
        self.aged.discard(entry)

    def begins(self, person: int, worker: str) -> int:
        """Count a start of a person's oldest update, if its last one was another worker's."""
        update = self.boxes[person][0].key
        number, process = self.starts.get(update, (0, ""))
        if process != worker:
            number += 1
        self.starts[update] = (number, worker)
        return number

    def commits(self, end: Commit) -> None:
        """Let a commit of a person's oldest update take effect."""
        person = end.update.sender.id
        update = self.boxes[person].popleft()
        self.starts.pop(update.key, None)
        self.states[person] = end.after
        self.ended.append(update)
        self.timers |= {due.id for due in end.later}
        self.told += [due.id for due in end.later]
        for reply in end.replies:
            self.says(reply)

    def says(self, reply: QueuedReply) -> None:
        """Add a reply to its chat's."""
        self.outbox[reply.reply.chat_id].append(reply)
        self.told.append(reply.id)

    def drops(self, entry: str) -> int:
        """Take an entry away; return whose it was."""
        self.holders.pop(entry, None)
        self.aged.discard(entry)
        return self.lines.pop(entry)


async def look(redis: Redis, keys: Keys) -> dict[str, object]:
    """Return what is so in Redis, in the words of `expected`."""
    pipe = redis.pipeline(transaction=False)
    pipe.xrange(keys.ready)
    pipe.xpending_range(keys.ready, GROUP, "-", "+", 1000)
    pipe.smembers(keys.queued)
    pipe.hgetall(keys.tries)
    pipe.hkeys(keys.timers)
    pipe.hkeys(keys.arrived)
    for person in PERSONS:
        pipe.lrange(keys.inbox(person), 0, -1)
        pipe.lrange(keys.out(person), 0, -1)
    ready, pending, queued, tries, timers, arrived, *lists = await pipe.execute()
    return {
        "ready": [(entry.decode(), fields[b"who"].decode()) for entry, fields in ready],
        "held": {x["message_id"].decode(): x["consumer"].decode() for x in pending},
        "queued": {who.decode() for who in queued},
        "starts": {update.decode(): text.decode() for update, text in tries.items()},
        "timers": {timer.decode() for timer in timers},
        "arrived": {update.decode() for update in arrived},
        "lists": [[entry.partition(b"\n")[0].decode() for entry in found] for found in lists],
    }


def expected(model: Model) -> dict[str, object]:
    """Return what must be so in Redis."""
    lists: list[list[str]] = []
    for person in PERSONS:
        lists.append([update.key for update in model.boxes[person]])
        lists.append([reply.id for reply in model.outbox[person]])
    return {
        "ready": [(entry, f"messages:{person}") for entry, person in model.lines.items()],
        "held": model.holders,
        "queued": {f"messages:{person}" for person in model.lines.values()},
        "starts": {update: f"{n} {worker}" for update, (n, worker) in model.starts.items()},
        "timers": model.timers,
        "arrived": {update.key for box in model.boxes.values() for update in box},
        "lists": lists,
    }


async def dump(redis: Redis, keys: Keys) -> dict[bytes, object]:
    """Return all that an account has in Redis, but for the times of the streams' readers."""
    names: list[Any] = sorted(await redis.keys(f"{keys.prefix}*"))
    return {name: await _value(redis, name) for name in names}


async def _value(redis: Redis, name: bytes) -> object:
    kind: Any = await redis.type(name)
    match kind:
        case b"string":
            return await redis.get(name)
        case b"list":
            return await redis.lrange(name, 0, -1)
        case b"set":
            return await redis.smembers(name)
        case b"hash":
            return await redis.hgetall(name)
        case b"zset":
            return await redis.zrange(name, 0, -1, withscores=True)
        case b"stream":
            return await redis.xrange(name)
    raise AssertionError(kind)
