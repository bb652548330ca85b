"""Updates in Redis: once and in order per person, until the turn that ends each is committed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sapp_bot.ports import Accepted, Turn, Waiting
from sapp_bot.state import Standing
from sapp_bot.updates import Due, Message, Press, Update

from .channel import Call
from .data import drawers_of, written
from .keys import SEEN_S, TOLD_S
from .ledger import Ledger
from .standing import read_standing, written_standing

_KINDS: Any = Message | Press | Due

_COMMIT_KEYS = 11
"""Keys of the script `commit` before its outbox lists."""


class RedisInbox:
    """The protocol `ports.Inbox`."""

    def __init__(self, ledger: Ledger, *, limit: int) -> None:
        """`limit` is the most updates that wait per person; timers always find a place."""
        self._ledger = ledger
        self._limit = limit
        self._offers: dict[str, Call] = {}

    async def claim(self) -> None:
        """Make this process the one that works for the account."""
        await self._ledger.claim()

    async def accept(self, update: Update) -> Accepted:
        """Store an update behind the person's others, unless its key was seen within 48 h.

        After `StoreAway` call again with the same update, at any time: it is then still the same
        offer and has kept its place in the order. While one call is under way, another with the
        same update is a duplicate.
        """
        key = update.key
        offer = self._offers.get(key)
        if offer is not None and offer.awaited:
            return Accepted(fresh=False)
        if offer is None:
            offer = self._offers[key] = self._offer(update)
        answer = await self._ledger.run(offer)
        del self._offers[key]
        return self._accepted(answer, update)

    async def commit(self, turn: Turn) -> Standing:
        """End the person's oldest update: changes, replies, timers, writes, all or nothing."""
        ledger = self._ledger
        keys, sealer, person = ledger.keys, ledger.sealer, turn.update.sender.id
        places = keys.standing(person)
        chats = list(dict.fromkeys(parcel.reply.chat_id for parcel in turn.parcels))
        drawers = drawers_of(turn.writes, keys)
        call = ledger.call(
            "commit",
            (*self._lane(turn.update), *places, keys.chats, *map(keys.out, chats), *drawers),
            *(turn.update.key, person, SEEN_S, self._limit // 2),
            *written_standing(turn.before, turn.after, places, sealer, ledger.now()),
            *self._timers_set(turn.later),
            *self._writes(turn, drawers, _COMMIT_KEYS + 1 + len(chats)),
            *self._parcels(turn, chats),
        )
        answer = await ledger.run(call)
        return read_standing(answer[1], places, sealer, ledger.now())

    async def standing(self, person: int) -> Standing:
        """Read what is known of a person (a Telegram user id)."""
        ledger = self._ledger
        places = ledger.keys.standing(person)
        answer = await ledger.run(ledger.call("standing", places))
        return read_standing(answer[1], places, ledger.sealer, ledger.now())

    async def waiting(self) -> Sequence[Waiting]:
        """Read all updates that wait for an end, oldest first per person."""
        return await self._ledger.each(self._ledger.keys.people, self._box)

    async def timers(self) -> Sequence[Due]:
        """Read all timers that were set and have not come up yet, the next one first."""
        ledger = self._ledger
        place = ledger.keys.timers
        answer = await ledger.run(ledger.call("timers", (place,)))
        names, blobs = answer[1][::2], answer[1][1::2]
        found = [
            ledger.sealer.get(blob, f"{place} {name.decode()}", Due)
            for name, blob in zip(names, blobs, strict=True)
        ]
        return sorted((due for due in found if due), key=lambda due: (due.due_at, due.id))

    def _offer(self, update: Update) -> Call:
        ledger, person = self._ledger, update.sender.id
        timer = update.id if isinstance(update, Due) else ""
        return ledger.call(
            "accept",
            (*self._lane(update), *ledger.keys.standing(person)),
            *(secrets.token_hex(8), update.key),
            ledger.sealer.entry(update.key, update, ledger.keys.box(person)),
            *(person, 0 if timer else self._limit, SEEN_S, TOLD_S, timer),
            keeps_place=True,
        )

    def _accepted(self, answer: list[Any], update: Update) -> Accepted:
        if answer[0] == b"again":
            return Accepted(fresh=False)
        if answer[0] == b"full":
            return Accepted(fresh=True, full=True, told=bool(answer[1]))
        if len(answer) == 1:
            return Accepted(fresh=True)
        ledger = self._ledger
        places = ledger.keys.standing(update.sender.id)
        standing = read_standing(answer[1], places, ledger.sealer, ledger.now())
        return Accepted(fresh=True, standing=standing)

    def _lane(self, update: Update) -> tuple[str, str, str, str, str]:
        keys, person = self._ledger.keys, update.sender.id
        return (
            keys.seen(update.key),
            keys.box(person),
            keys.people,
            keys.told(person),
            keys.timers,
        )

    def _timers_set(self, later: Sequence[Due]) -> list[str | bytes | int]:
        sealer, place = self._ledger.sealer, self._ledger.keys.timers
        out: list[str | bytes | int] = [len(later)]
        for due in later:
            out += [due.id, sealer.put(due, f"{place} {due.id}")]
        return out

    def _writes(self, turn: Turn, drawers: Sequence[str], first: int) -> list[str | bytes | int]:
        ledger = self._ledger
        changes = written(turn.writes, drawers, first, ledger)
        return [len(changes), repr(ledger.now().timestamp()), *changes]

    def _parcels(self, turn: Turn, chats: Sequence[int]) -> list[str | bytes | int]:
        sealer, keys = self._ledger.sealer, self._ledger.keys
        out: list[str | bytes | int] = []
        for parcel in turn.parcels:
            chat = parcel.reply.chat_id
            entry = sealer.entry(parcel.id, parcel, keys.out(chat))
            out += [_COMMIT_KEYS + 1 + chats.index(chat), chat, entry]
        return out

    async def _box(self, person: int) -> list[Waiting]:
        ledger = self._ledger
        sealer, place = ledger.sealer, ledger.keys.box(person)
        places = ledger.keys.standing(person)
        _, entries, blobs = await ledger.run(ledger.call("box", (place, *places)))
        standing = read_standing(blobs, places, sealer, ledger.now())
        found = []
        for entry in entries:
            update: Update | None = sealer.unpack(entry, place, _KINDS)
            if update is None:
                await ledger.drop(entry, place, ledger.keys.people, person)
            else:
                found.append(Waiting(update, standing))
        return found
