"""The inbox of a worker: takes a person's updates into work, and commits while they are its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sapp_bot.domain.ports import Commit
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Update
from sapp_bot.store.fenced import FencedScripts
from sapp_bot.store.inbox import Lane, RedisInbox
from sapp_bot.store.keys import STAFF_S
from sapp_bot.store.person_state import read_person_state
from sapp_bot.values import dataclass, field

_KINDS: Any = Update
"""Kinds of stored updates; `Any`, as a union is no `type` to a type checker."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A worker's right to a person's updates: an entry of the stream `ready`.

    Attributes:
        entry: Id of the entry.
        who: "<lane>:<person>", as it stands in the entry.

    """

    entry: str
    who: str

    @property
    def lane(self) -> str:
        """Name of the lane."""
        return self.who.partition(":")[0]

    @property
    def person(self) -> int:
        """Telegram user id."""
        return int(self.who.partition(":")[2])


@dataclass(frozen=True, slots=True)
class TakenUpdate:
    """A person's oldest update, in work here from now on.

    Attributes:
        update: The update.
        person_state: The person's state.
        starts: In how many processes it was in work so far, this one included.
        waited_s: Seconds since the gateway got it; None if nobody noted that.

    """

    update: Update
    person_state: PersonState
    starts: int
    waited_s: float | None = field(default=None, compare=False)


class WorkerInbox(RedisInbox):
    """One lane of the inbox, as a worker sees it.

    Each call raises `StoreAway` and `AlreadyRunning` as `FencedScripts.run` does, and `WorkTaken`
    if the ticket is another worker's by now.

    Args:
        scripts: Runs the Lua scripts.
        lane: Where the updates wait.
        limit: As of `RedisInbox`.
        worker: Name of this worker in the consumer group.

    """

    def __init__(self, scripts: FencedScripts, lane: Lane, *, limit: int, worker: str) -> None:
        super().__init__(scripts, lane, limit=limit)
        self._worker = worker

    async def take(self, ticket: Ticket) -> TakenUpdate | None:
        """Take the person's oldest update into work; None if there is none, and no ticket more."""
        scripts, keys = self._scripts, self._scripts.keys
        place, places = self._lane.inbox(ticket.person), keys.person_state(ticket.person)
        lane = (place, self._lane.people, keys.tries)
        names = (*lane, *places, keys.ready, keys.queued, keys.arrived)
        while True:
            answer = await scripts.run(
                scripts.call(
                    "take", names, ticket.entry, self._worker, ticket.who, str(ticket.person)
                )
            )
            if len(answer) == 1:
                return None
            _, entry, blobs, starts, arrived_ms = answer
            found = self._unpacked(entry, ticket.person)
            if found is not None:
                state = read_person_state(blobs, places, scripts.sealer, scripts.now())
                return TakenUpdate(found, state, int(starts), self._waited_s(arrived_ms))
            await scripts.drop(entry, place, self._lane.people, ticket.person)

    async def finish(self, commit: Commit, ticket: Ticket) -> TakenUpdate | None:
        """Commit as `RedisInbox.commit` does, if the ticket is still this worker's.

        Returns:
            The person's next update; None if none waits: the ticket is used up.

        """
        scripts, keys = self._scripts, self._scripts.keys
        more_keys = (keys.ready, keys.queued, keys.arrived, keys.outgoing)
        more_args = (ticket.entry, self._worker, ticket.who)
        answer = await scripts.run(self._commit_call("finish", commit, more_keys, more_args))
        if answer[2] is None:
            return None
        found = self._unpacked(answer[2], ticket.person)
        if found is None:
            return await self.take(ticket)
        places = keys.person_state(ticket.person)
        state = read_person_state(answer[1], places, scripts.sealer, scripts.now())
        return TakenUpdate(found, state, int(answer[3]), self._waited_s(answer[4]))

    async def hand_back(self, ticket: Ticket) -> None:
        """Leave the person's updates to another worker, at once."""
        scripts, keys = self._scripts, self._scripts.keys
        names = (self._lane.inbox(ticket.person), keys.tries, keys.ready, keys.queued)
        await scripts.run(scripts.call("hand_back", names, ticket.entry, self._worker, ticket.who))

    def _waited_s(self, arrived_ms: bytes | None) -> float | None:
        """Return the time since an arrival, by our clock and the gateway's; None for none."""
        if arrived_ms is None:
            return None
        return max(0.0, self._scripts.now().timestamp() - int(arrived_ms) / 1000)

    def _unpacked(self, entry: bytes, person: int) -> Update | None:
        found: Update | None = self._scripts.sealer.unpack(entry, self._lane.inbox(person), _KINDS)
        return found


class Tickets:
    """The tickets of one worker.

    Args:
        scripts: Runs the Lua scripts.
        worker: Name of this worker in the consumer group.

    """

    def __init__(self, scripts: FencedScripts, worker: str) -> None:
        self._scripts = scripts
        self.worker = worker

    async def beat(self, entries: Sequence[str]) -> frozenset[str]:
        """Show that this worker lives; return the entries that are not its own any more."""
        scripts, keys = self._scripts, self._scripts.keys
        answer = await scripts.run(
            scripts.call("beat", (keys.ready, keys.staff), self.worker, STAFF_S, *entries)
        )
        return frozenset(entry.decode() for entry in answer[1])

    async def reclaim(self, *, idle_ms: int, most: int) -> Sequence[Ticket]:
        """Take over tickets of workers that have not shown for `idle_ms` that they live."""
        scripts = self._scripts
        call = scripts.call("reclaim", (scripts.keys.ready,), self.worker, idle_ms, most)
        answer = await scripts.run(call)
        return [read_ticket(entry, fields) for entry, fields in answer[1]]

    async def leave(self, *, worker: str = "", idle_ms: int = 0) -> None:
        """Take a worker out of the group, or all that were idle for so long and hold nothing."""
        scripts, keys = self._scripts, self._scripts.keys
        await scripts.run(scripts.call("leave", (keys.ready, keys.calls), idle_ms, worker))


def read_ticket(entry: bytes, fields: Sequence[bytes]) -> Ticket:
    """Return the ticket of an entry of the stream `ready`."""
    return Ticket(entry.decode(), fields[1].decode())
