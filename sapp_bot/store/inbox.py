"""The inbox in Redis: stores each update once, in order per person, until its turn is committed.

Together with the outbox it is a transactional inbox and outbox: one script removes an update and
stores everything that its handler produced.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from sapp_bot.domain.ports import Accepted, Commit, UnfinishedUpdate
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Due, PaymentReceived, PaymentRefunded, Press, Update
from sapp_bot.values import dataclass

from .command_pipeline import PipelinedCall
from .fenced import FencedScripts
from .keys import MARKS_S, SEEN_S, TOLD_S, Keys, mark_of
from .person_state import person_state_writes, read_person_state
from .plugin_storage import collection_keys, written

_KINDS: Any = Update
"""Kinds of stored updates; `Any`, as a union is no `type` to a type checker."""

_COMMIT_KEYS = 15
"""Number of `KEYS` of the script `commit` before its outbox lists."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Where the updates of one kind wait.

    Attributes:
        inbox: Returns the key of a person's list.
        people: Key of the set of persons whose list is not empty.
        name: Tells one lane of a person from another.

    """

    inbox: Callable[[int], str]
    people: str
    name: str

    @classmethod
    def of_messages(cls, keys: Keys) -> Lane:
        """Return the lane of messages, presses and timers."""
        return cls(keys.inbox, keys.people, "messages")

    @classmethod
    def of_payments(cls, keys: Keys) -> Lane:
        """Return the lane of payments, which do not wait behind messages, nor they behind them."""
        return cls(keys.payments, keys.payers, "payments")


class RedisInbox:
    """Implements `ports.InboxStore`: updates that wait, and the commit that ends each.

    Each call raises `StoreAway` and `AlreadyRunning` as `FencedScripts.run` does; `claim` only
    the former.

    Args:
        scripts: Runs the Lua scripts.
        lane: Where the updates wait.
        limit: Most updates that wait per person when a message comes, and half as many as for a
            press; timers and payments are accepted in any case.

    """

    def __init__(self, scripts: FencedScripts, lane: Lane, *, limit: int) -> None:
        self._scripts = scripts
        self._lane = lane
        self._limit = limit
        self._offers: dict[str, PipelinedCall] = {}

    async def claim(self) -> None:
        """Make this process the owner of the account; see `FencedScripts.claim`."""
        await self._scripts.claim()

    async def accept(self, update: Update) -> Accepted:
        """Store an update behind the person's others, unless its key was seen within 48 h.

        After `StoreAway` call again with the same update, at any time: the update has kept its
        place in the order. While one call is under way, a second one with the same update is a
        duplicate.

        Args:
            update: The update; `update.key` identifies it.

        Returns:
            Whether the update is new, and whether it was stored or the person's inbox is full.

        """
        key = update.key
        offer = self._offers.get(key)
        if offer is not None and offer.awaited:
            return Accepted(fresh=False)
        # The same `PipelinedCall` on a repeat: it still holds its place in the pipeline, and its
        # token lets the script tell a repeat from a duplicate.
        if offer is None:
            offer = self._offers[key] = self._offered(update)
        answer = await self._scripts.run(offer)
        del self._offers[key]
        return self._accepted(answer, update)

    async def begin(self, update: Update) -> int:
        """Count that this process takes a left update into work; return in how many it was so far.

        `accept` and `commit` count the first time: they know which update is the person's oldest.
        """
        scripts = self._scripts
        answer = await scripts.run(scripts.call("begin", (scripts.keys.tries,), update.key))
        return int(answer[1])

    async def commit(self, commit: Commit) -> PersonState:
        """Remove the person's oldest update and store its changes, all or nothing.

        Args:
            commit: The update, the person's state before and after, replies, timers and writes.

        Returns:
            The person's state for their next update.

        Raises:
            SappBotError: the update is not the oldest of its person.

        """
        scripts = self._scripts
        answer = await scripts.run(self._commit_call("commit", commit))
        places = scripts.keys.person_state(commit.update.sender.id)
        return read_person_state(answer[1], places, scripts.sealer, scripts.now())

    def _commit_call(
        self,
        script: str,
        commit: Commit,
        more_keys: Sequence[str] = (),
        more_args: Sequence[str] = (),
    ) -> PipelinedCall:
        """Return the call of a script that begins as `commit` does; what it has more comes last."""
        scripts, (_, mark) = self._scripts, mark_of(commit.update.key)
        keys, sealer, person = scripts.keys, scripts.sealer, commit.update.sender.id
        places = keys.person_state(person)
        chats = list(dict.fromkeys(queued.reply.chat_id for queued in commit.replies))
        collections = collection_keys(commit.writes, keys)
        return scripts.call(
            script,
            (
                *(*self._queue(commit.update), *places, keys.chats, keys.tries),
                *keys.marks(commit.update.key, scripts.now()),
                *(*map(keys.out, chats), *collections),
                *more_keys,
            ),
            *(commit.update.key, person, mark, MARKS_S, self._limit // 2),
            *person_state_writes(commit.before, commit.after, places, sealer, scripts.now()),
            *self._timers_set(commit.later),
            *self._writes(commit, collections, _COMMIT_KEYS + 1 + len(chats)),
            *self._replies(commit, chats),
            *more_args,
        )

    async def person_state(self, person: int) -> PersonState:
        """Return the state of a person (Telegram user id)."""
        scripts = self._scripts
        places = scripts.keys.person_state(person)
        answer = await scripts.run(scripts.call("person_state", places))
        return read_person_state(answer[1], places, scripts.sealer, scripts.now())

    async def forget(self, person: int) -> None:
        """Delete a person's timers, where their screens are, and that they were slowed down.

        Their state goes with the commit of a turn that empties it.
        """
        scripts = self._scripts
        keys = scripts.keys
        ids = [due.id for due in await self.timers() if due.sender.id == person]
        places = (keys.timers, keys.told(person), keys.screens(person))
        await scripts.run(scripts.call("forget", places, *ids))

    async def waiting(self) -> Sequence[UnfinishedUpdate]:
        """Return all updates that are not committed, oldest first per person."""
        return await self._scripts.each(self._lane.people, self._read_inbox)

    async def timers(self) -> Sequence[Due]:
        """Return all timers that were set and have not become updates yet, the next one first."""
        scripts = self._scripts
        place = scripts.keys.timers
        answer = await scripts.run(scripts.call("timers", (place,)))
        names, blobs = answer[1][::2], answer[1][1::2]
        found = [
            scripts.sealer.get(blob, f"{place} {name.decode()}", Due)
            for name, blob in zip(names, blobs, strict=True)
        ]
        return sorted((due for due in found if due), key=lambda due: (due.due_at, due.id))

    def _offered(self, update: Update) -> PipelinedCall:
        return self._offer(update)

    def _offer(
        self,
        update: Update,
        script: str = "accept",
        more_keys: Sequence[str] = (),
        more_args: Sequence[str] = (),
    ) -> PipelinedCall:
        """Return the call of a script that begins as `accept` does; what it has more comes last."""
        scripts, person = self._scripts, update.sender.id
        keys, (_, mark) = scripts.keys, mark_of(update.key)
        timer = update.id if isinstance(update, Due) else ""
        return scripts.call(
            script,
            (
                *(*self._queue(update), *keys.person_state(person), keys.tries),
                *keys.marks(update.key, scripts.now()),
                *more_keys,
            ),
            *(secrets.token_hex(8), update.key),
            scripts.sealer.entry(update.key, update, self._lane.inbox(person)),
            *(person, self._limit_of(update), SEEN_S, TOLD_S, timer, mark, MARKS_S),
            *more_args,
            keeps_place=True,
        )

    def _limit_of(self, update: Update) -> int:
        """Return how many updates may wait before this one; 0 for any number."""
        if isinstance(update, Due | PaymentReceived | PaymentRefunded):
            return 0
        # What the texts of a person have filled still has room for a press.
        return self._limit * 2 if isinstance(update, Press) else self._limit

    def _accepted(self, answer: list[Any], update: Update) -> Accepted:
        if answer[0] == b"again":
            return Accepted(fresh=False)
        if answer[0] == b"full":
            return Accepted(fresh=True, full=True, told=bool(answer[1]))
        if len(answer) == 1:
            return Accepted(fresh=True)
        scripts = self._scripts
        places = scripts.keys.person_state(update.sender.id)
        person_state = read_person_state(answer[1], places, scripts.sealer, scripts.now())
        return Accepted(fresh=True, person_state=person_state)

    def _queue(self, update: Update) -> tuple[str, str, str, str, str]:
        keys, person = self._scripts.keys, update.sender.id
        return (
            keys.seen(update.key),
            self._lane.inbox(person),
            self._lane.people,
            keys.told(person),
            keys.timers,
        )

    def _timers_set(self, later: Sequence[Due]) -> list[str | bytes | int]:
        sealer, place = self._scripts.sealer, self._scripts.keys.timers
        out: list[str | bytes | int] = [len(later)]
        for due in later:
            out += [due.id, sealer.put(due, f"{place} {due.id}")]
        return out

    def _writes(
        self, commit: Commit, collections: Sequence[str], first: int
    ) -> list[str | bytes | int]:
        scripts = self._scripts
        changes = written(commit.writes, collections, first, scripts)
        return [len(changes), repr(scripts.now().timestamp()), *changes]

    def _replies(self, commit: Commit, chats: Sequence[int]) -> list[str | bytes | int]:
        sealer, keys = self._scripts.sealer, self._scripts.keys
        out: list[str | bytes | int] = []
        for queued in commit.replies:
            chat = queued.reply.chat_id
            entry = sealer.entry(queued.id, queued, keys.out(chat))
            out += [_COMMIT_KEYS + 1 + chats.index(chat), chat, entry]
        return out

    async def _read_inbox(self, person: int) -> list[UnfinishedUpdate]:
        scripts = self._scripts
        sealer, place = scripts.sealer, self._lane.inbox(person)
        places = scripts.keys.person_state(person)
        call = scripts.call("inbox", (place, *places, scripts.keys.tries))
        _, entries, blobs, begun = await scripts.run(call)
        person_state = read_person_state(blobs, places, sealer, scripts.now())
        found = []
        for entry in entries:
            update: Update | None = sealer.unpack(entry, place, _KINDS)
            if update is None:
                # An update at the head that cannot be decrypted would hold up its person for ever.
                await scripts.drop(entry, place, self._lane.people, person)
            else:
                found.append(UnfinishedUpdate(update, person_state, update.key.encode() == begun))
        return found
