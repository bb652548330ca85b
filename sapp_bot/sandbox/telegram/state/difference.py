"""Computes getState and getDifference from a mailbox's log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from .mailbox import Change, Mailbox


@dataclass(frozen=True, slots=True)
class Missed:
    """Changes that a client missed; `pts` is its state once it has them."""

    messages: list[Any]
    updates: list[Any]
    people: set[int]
    pts: int
    complete: bool


def state(box: Mailbox, pts: int | None = None) -> Any:
    """Return the state of a mailbox; qts and seq are not simulated and always 0."""
    now = datetime.now(UTC)
    unread = sum(box.is_unread(message) for message in box.messages.values())
    return types.updates.State(
        pts=box.pts if pts is None else pts, qts=0, date=now, seq=0, unread_count=unread
    )


def missed(box: Mailbox, pts: int, limit: int) -> Missed | None:
    """Return at most `limit` changes after `pts`, None if the log does not reach back so far.

    Also None for a `pts` that is ahead: the client has the state of another server.
    """
    if pts > box.pts or pts < box.log_start:
        return None
    changes = [change for change in box.log if change.update.pts > pts]
    part = changes[:limit]
    new = {c.update.message.id for c in part if isinstance(c.update, types.UpdateNewMessage)}
    # A message appears as it is now, a message deleted since not at all.
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
    """Return whether the new messages show a change already."""
    update = change.update
    if isinstance(update, types.UpdateNewMessage):
        return True
    return isinstance(update, types.UpdateEditMessage) and update.message.id in new
