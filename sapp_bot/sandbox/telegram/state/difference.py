"""What happened since: getState and getDifference from a box's log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from .mailbox import Change, Mailbox


@dataclass(frozen=True, slots=True)
class Missed:
    """What a client has to be told. `pts` is where it then stands."""

    messages: list[Any]
    updates: list[Any]
    people: set[int]
    pts: int
    complete: bool


def state(box: Mailbox, pts: int | None = None) -> Any:
    """Return the state of a mailbox; there is no qts and no seq here, and 0 is a fair answer."""
    now = datetime.now(UTC)
    unread = sum(box.is_unread(message) for message in box.messages.values())
    return types.updates.State(
        pts=box.pts if pts is None else pts, qts=0, date=now, seq=0, unread_count=unread
    )


def missed(box: Mailbox, pts: int, limit: int) -> Missed | None:
    """Collect at most `limit` changes after `pts`; None when the log does not reach back so far.

    A client that is ahead of us has another server's state: None as well.
    """
    if pts > box.pts or pts < box.log_start:
        return None
    changes = [change for change in box.log if change.update.pts > pts]
    part = changes[:limit]
    new = {c.update.message.id for c in part if isinstance(c.update, types.UpdateNewMessage)}
    # A message is given as it is now; what was deleted since is not shown at all.
    messages = [box.messages[number] for number in sorted(new) if number in box.messages]
    updates = [c.update for c in part if not _is_covered(c, new)]
    people: set[int] = {box.owner}.union(*(c.people for c in part))
    return Missed(
        messages=messages,
        updates=updates,
        people=people,
        pts=part[-1].update.pts if len(part) < len(changes) else box.pts,
        complete=len(part) == len(changes),
    )


def _is_covered(change: Change, new: set[int]) -> bool:
    """Tell whether a change shows in the new messages already."""
    update = change.update
    if isinstance(update, types.UpdateNewMessage):
        return True
    return isinstance(update, types.UpdateEditMessage) and update.message.id in new
