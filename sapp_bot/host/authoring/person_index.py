"""The entry of a person in the index of people, as the commit of their turn writes it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sapp_bot.domain.ports import StorageWrite, StoredValue
from sapp_bot.domain.state import Profile
from sapp_bot.values import replace

COLLECTION = "people"
"""Name of the index among the collections; those of plugins have a colon in it."""

KEPT = timedelta(days=400)


def seen(
    person: int, before: Profile, after: Profile, now: datetime, *, is_forgotten: bool
) -> tuple[Profile, list[StorageWrite]]:
    """Return the profile of somebody who was seen just now, and the write to the index.

    Args:
        person: Telegram user id.
        before: The profile as it is stored.
        after: The profile as it is to be stored.
        now: The time, aware UTC.
        is_forgotten: Whether nothing of the person is to be kept.

    Returns:
        The profile with the day, and the write: none when the entry is as it was.

    """
    if is_forgotten:
        return after, [StorageWrite(COLLECTION, person, None)]
    today = now.date().isoformat()
    if after.seen_on != today:
        after = replace(after, seen_on=today)
    if _entry(before) == _entry(after):
        return after, []
    text = json.dumps(_entry(after))
    return after, [StorageWrite(COLLECTION, person, StoredValue(person, 1, text, now + KEPT))]


def _entry(profile: Profile) -> dict[str, object]:
    return {
        "seen": profile.seen_on,
        "language": profile.speaks,
        "news": profile.takes_news,
        "account": profile.account.user_id if profile.account is not None else None,
    }
