"""`Logins`: who is logged in, for timers, where nobody is there to bring a session along.

The index of persons is kept as plugin values are, and is changed by the commit of the turn that
logs in or out: one write more for those, none for any other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from sapp_bot.domain.ports import InboxStore, PluginStorage, StorageWrite, StoredValue
from sapp_bot.domain.state import Session

COLLECTION = "logins"
"""Name of the index among the collections; those of plugins have a colon in it."""


class Logins:
    """The logins of all people: `async for person in logins.people():`."""

    def __init__(self, index: PluginStorage, inbox: InboxStore) -> None:
        self._index = index
        self._inbox = inbox

    async def people(self) -> AsyncIterator[int]:
        """Iterate over the Telegram ids of those who are logged in, in no order.

        Raises:
            StoreAway: Redis does not answer.

        """
        async for kept in self._index.all(COLLECTION):
            yield int(kept.key)

    async def of(self, person: int) -> Session | None:
        """Return a person's login, which takes one round trip; None if there is none by now.

        Raises:
            StoreAway: Redis does not answer.

        """
        return (await self._inbox.person_state(person)).session


def login_write(person: int, session: Session | None) -> StorageWrite:
    """Return the change of the index when a person has logged in, or out."""
    if session is None:
        return StorageWrite(COLLECTION, person, None)
    return StorageWrite(COLLECTION, person, StoredValue(person, 1, "{}", session.expires_at))
