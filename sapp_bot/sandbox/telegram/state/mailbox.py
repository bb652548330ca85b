"""Mailboxes: each account's messages, and the numbered log of their changes.

A message between two accounts is two copies with different ids, one in each mailbox. Each change
of a mailbox gets the next `pts` and stays in its log for getDifference. No sockets here.
Source: https://core.telegram.org/api/updates
"""

from __future__ import annotations

import copy
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from .accounts import Account

MESSAGES_KEPT = 10_000
LOG_KEPT = 5_000
RANDOM_IDS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """One change of `owner`'s mailbox: its update, and the ids of accounts in it."""

    owner: int
    update: Any
    people: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Draft:
    """Contents of a message to send."""

    text: str = ""
    entities: tuple[Any, ...] = ()
    media: Any = None
    markup: Any = None
    reply_to: int | None = None
    forwarded: Any = None
    silent: bool = False
    via_bot: int | None = None
    grouped: int | None = None


def chat_of(message: Any) -> int:
    """Return the key of a message's chat: the id of an account, negative that of a group."""
    peer = message.peer_id
    return -int(peer.chat_id) if isinstance(peer, types.PeerChat) else int(peer.user_id)


def peer_of(key: int) -> Any:
    """Return the peer of a chat's key."""
    return types.PeerUser(key) if key > 0 else types.PeerChat(-key)


@dataclass(slots=True, eq=False)
class Mailbox:
    """One account's messages, newest last, and its log; `pts` is that of the last change."""

    owner: int
    last_id: int
    pts: int
    messages: dict[int, Any] = field(default_factory=dict)
    twins: dict[int, tuple[int, int]] = field(default_factory=dict)
    log: deque[Change] = field(default_factory=deque)
    log_start: int = 0
    random_ids: dict[int, int] = field(default_factory=dict)
    read_up_to: dict[int, int] = field(default_factory=dict)

    def with_(self, other: int) -> Iterator[Any]:
        """Yield the messages of a chat, newest first; `other` as of `chat_of`."""
        return (m for m in reversed(self.messages.values()) if chat_of(m) == other)

    def is_unread(self, message: Any) -> bool:
        """Return whether a message of somebody else is behind the read mark."""
        other = chat_of(message)
        if message.out or other == self.owner:
            return False
        return bool(message.id > self.read_up_to.get(other, 0))


class Mailboxes:
    """All mailboxes, and the operations on messages."""

    def __init__(self, dice: random.Random, now: Callable[[], datetime] | None = None) -> None:
        self._dice = dice
        self._now = now or (lambda: datetime.now(UTC))
        self._boxes: dict[int, Mailbox] = {}
        self._copies: dict[tuple[int, int], dict[int, int]] = {}
        """Ids of a group's message by mailbox, for each of its copies: (owner, id)."""
        self.messages_kept = MESSAGES_KEPT
        self.log_kept = LOG_KEPT

    def box(self, owner: int) -> Mailbox:
        """Return an account's mailbox; ids and pts begin above 0, like those of an old account."""
        found = self._boxes.get(owner)
        if found is None:
            pts = self._dice.randrange(1_000, 100_000)
            last_id = self._dice.randrange(10_000, 2_000_000)
            found = self._boxes[owner] = Mailbox(owner, last_id, pts, log_start=pts)
        return found

    def album_id(self) -> int:
        """Return the number of a new album, which all its messages carry."""
        return self._dice.randrange(1, 2**62)

    def post(self, sender: Account, receiver: Account, draft: Draft) -> list[Change]:
        """Add a message to both mailboxes (Saved Messages: one); the sender's change is first."""
        date = self._now()
        own = self.box(sender.id)
        reply = own.twins.get(draft.reply_to) if draft.reply_to else None
        changes = [self._add(own, receiver.id, draft, date, draft.reply_to, sent_by=sender.id)]
        if sender is not receiver:
            other = self.box(receiver.id)
            reply_to = reply[1] if reply else None
            changes.append(self._add(other, sender.id, draft, date, reply_to, sent_by=None))
            own.twins[own.last_id] = (other.owner, other.last_id)
            other.twins[other.last_id] = (own.owner, own.last_id)
            sender.met.add(receiver.id)
            receiver.met.add(sender.id)
        return changes

    def spread(self, sender: int, key: int, owners: Iterable[int], draft: Draft) -> list[Change]:
        """Add a message of a group to the mailboxes of `owners`, the sender's first.

        Args:
            sender: Id of the account that sends it.
            key: Key of the group, as of `chat_of`.
            owners: Ids of the accounts that are given it, the sender among them.
            draft: The message; `reply_to` is an id in the sender's mailbox.

        """
        date, changes = self._now(), []
        replied = self._copies.get((sender, draft.reply_to or 0), {})
        for owner in owners:
            box = self.box(owner)
            changes.append(self._add(box, key, draft, date, replied.get(owner), sent_by=sender))
        self._bind(changes)
        return changes

    def announce(self, key: int, owners: Iterable[int], action: Any) -> list[Change]:
        """Add a service message of a group to mailboxes; the first owner is who did it."""
        date, changes, actor = self._now(), [], 0
        for owner in owners:
            actor = actor or owner
            box = self.box(owner)
            box.last_id += 1
            message = types.MessageService(
                id=box.last_id,
                peer_id=peer_of(key),
                date=date,
                action=action,
                out=True if owner == actor else None,
                from_id=types.PeerUser(actor),
            )
            box.messages[message.id] = message
            changes.append(self._log(box, message, types.UpdateNewMessage))
        self._bind(changes)
        return changes

    def copy_of(self, owner: int, message_id: int, other: int) -> int:
        """Return the id that a group's message has in another mailbox, 0 for none."""
        return self._copies.get((owner, message_id), {}).get(other, 0)

    def _bind(self, changes: list[Change]) -> None:
        """Remember which messages are copies of each other."""
        ids = {change.owner: change.update.message.id for change in changes}
        for place in ids.items():
            self._copies[place] = ids

    def _places(self, owner: int, message_id: int) -> list[tuple[int, int]]:
        """Return where else a message is: mailbox and id of each copy."""
        twin = self.box(owner).twins.get(message_id)
        copies = self._copies.get((owner, message_id), {})
        return [twin] if twin else [place for place in copies.items() if place[0] != owner]

    def _add(
        self,
        box: Mailbox,
        peer: int,
        draft: Draft,
        date: datetime,
        reply_to: int | None,
        *,
        sent_by: int | None,
    ) -> Change:
        box.last_id += 1
        message = types.Message(
            id=box.last_id,
            peer_id=peer_of(peer),
            date=date,
            message=draft.text,
            out=True if sent_by == box.owner and peer != box.owner else None,
            from_id=types.PeerUser(sent_by) if sent_by else None,
            saved_peer_id=types.PeerUser(peer) if peer == box.owner else None,
            fwd_from=draft.forwarded,
            reply_to=types.MessageReplyHeader(reply_to_msg_id=reply_to) if reply_to else None,
            media=draft.media,
            reply_markup=draft.markup,
            entities=list(draft.entities) or None,
            silent=draft.silent or None,
            via_bot_id=draft.via_bot,
            grouped_id=draft.grouped,
        )
        box.messages[message.id] = message
        while len(box.messages) > self.messages_kept:
            self._forget(box, next(iter(box.messages)))
        return self._log(box, message, types.UpdateNewMessage)

    def serve(self, actor: int, other: int, seen: Any, seen_by_other: Any) -> list[Change]:
        """Add a service message to both mailboxes; the actor's change is first.

        Args:
            actor: Id of the account that did something.
            other: Id of the other account.
            seen: Action as the actor's mailbox shows it.
            seen_by_other: Action as the other mailbox shows it.

        """
        date, changes = self._now(), []
        sides = ((actor, other, seen, True), (other, actor, seen_by_other, None))
        for owner, peer, action, out in sides:
            box = self.box(owner)
            box.last_id += 1
            message = types.MessageService(
                id=box.last_id,
                peer_id=types.PeerUser(peer),
                date=date,
                action=action,
                out=out,
                from_id=types.PeerUser(actor) if out else None,
            )
            box.messages[message.id] = message
            changes.append(self._log(box, message, types.UpdateNewMessage))
        return changes

    def edit(self, owner: int, message_id: int, changed: dict[str, Any]) -> list[Change]:
        """Set fields of a message in both mailboxes; the owner's change is first."""
        changed = {"edit_date": self._now(), **changed}
        places = [(owner, message_id), *self._places(owner, message_id)]
        changes = []
        for place_owner, place_id in places:
            box = self.box(place_owner)
            old = box.messages.get(place_id)
            if old is None:
                continue
            # Change a copy: the log keeps the message as it was.
            message = box.messages[place_id] = copy.copy(old)
            for name, value in changed.items():
                setattr(message, name, value)
            changes.append(self._log(box, message, types.UpdateEditMessage))
        return changes

    def delete(self, owner: int, ids: Iterable[int], *, revoke: bool) -> list[Change]:
        """Delete messages from the owner's mailbox and, with `revoke`, their copies in others."""
        gone: dict[int, list[int]] = {owner: []}
        own = self.box(owner)
        for message_id in dict.fromkeys(ids):
            if message_id not in own.messages:
                continue
            others = self._places(owner, message_id)
            self._forget(own, message_id)
            gone[owner].append(message_id)
            for other, copied in others if revoke else ():
                if copied in self.box(other).messages:
                    self._forget(self.box(other), copied)
                    gone.setdefault(other, []).append(copied)
        return [self._log_deletion(self.box(who), ids) for who, ids in gone.items() if ids]

    def read(self, reader: int, other: int, max_id: int, *, tell: bool) -> list[Change]:
        """Mark a chat as read; with `tell` also in the other mailbox, with its own ids."""
        box = self.box(reader)
        newest = next((m for m in box.with_(other) if m.id <= max_id and box.is_unread(m)), None)
        if newest is None:
            return []
        box.read_up_to[other] = newest.id
        unread = sum(box.is_unread(m) for m in box.with_(other))
        inbox = types.UpdateReadHistoryInbox(peer_of(other), newest.id, unread, pts=0, pts_count=1)
        changes = [self._record(box, inbox, {other} if other > 0 else set())]
        twin = box.twins.get(newest.id)
        if tell and twin:
            outbox = types.UpdateReadHistoryOutbox(
                types.PeerUser(reader), twin[1], pts=0, pts_count=1
            )
            changes.append(self._record(self.box(twin[0]), outbox, {reader}))
        return changes

    def _forget(self, box: Mailbox, message_id: int) -> None:
        del box.messages[message_id]
        copies = self._copies.pop((box.owner, message_id), {})
        copies.pop(box.owner, None)
        twin = box.twins.pop(message_id, None)
        if twin:
            self.box(twin[0]).twins.pop(twin[1], None)

    def _log(self, box: Mailbox, message: Any, kind: Callable[..., Any]) -> Change:
        people = {box.owner, *([chat_of(message)] if chat_of(message) > 0 else [])}
        if message.from_id:
            people.add(message.from_id.user_id)
        if isinstance(message, types.MessageService):
            return self._record(box, kind(message, pts=0, pts_count=1), people)
        if message.via_bot_id:
            people.add(message.via_bot_id)
        if message.fwd_from and message.fwd_from.from_id:
            people.add(message.fwd_from.from_id.user_id)
        return self._record(box, kind(message, pts=0, pts_count=1), people)

    def _log_deletion(self, box: Mailbox, ids: list[int]) -> Change:
        return self._record(box, types.UpdateDeleteMessages(ids, pts=0, pts_count=len(ids)), set())

    def _record(self, box: Mailbox, update: Any, people: set[int]) -> Change:
        box.pts += update.pts_count
        update.pts = box.pts
        change = Change(box.owner, update, frozenset(people))
        box.log.append(change)
        while len(box.log) > self.log_kept:
            box.log_start = box.log.popleft().update.pts
        return change

    def repeat_of(self, owner: int, random_id: int) -> int | None:
        """Return the id of the message that was sent with a random id, None if unknown."""
        return self.box(owner).random_ids.get(random_id)

    def remember(self, owner: int, random_id: int, message_id: int) -> None:
        """Store the random id that a message was sent with."""
        known = self.box(owner).random_ids
        known[random_id] = message_id
        if len(known) > RANDOM_IDS_KEPT:
            del known[next(iter(known))]
