"""`People`: who has written to the bot, for news and for operators: an index beside the profiles.

An entry changes at most once a day, in the commit of what the person wrote. It is forgotten with
the profile, 400 days after the person was last seen. Only private chats of a bot's account count:
whoever is in a group, or writes to a person's own account, has not asked for news.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date

from sapp_bot.domain.ports import PluginStorage
from sapp_bot.host.authoring.person_index import COLLECTION
from sapp_bot.values import dataclass, field


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody who has written to the bot.

    Attributes:
        id: Telegram user id.
        language: Language to speak in: "ru"; "" for English.
        seen_on: The last day (UTC) on which they wrote or pressed something.
        wants_news: Whether they take news of the operators.
        account: Their account at the API, the last one; None if they have none.

    """

    id: int = field(repr=False)
    language: str
    seen_on: date
    wants_news: bool
    account: int | None = field(repr=False)


class People:
    """The people who have written to the bot."""

    def __init__(self, storage: PluginStorage) -> None:
        self._storage = storage

    async def all(self) -> AsyncIterator[KnownPerson]:
        """Iterate over all of them, in no order.

        Raises:
            StoreAway: Redis does not answer.

        """
        async for kept in self._storage.all(COLLECTION):
            about = json.loads(kept.text)
            yield KnownPerson(
                id=int(kept.key),
                language=about["language"],
                seen_on=date.fromisoformat(about["seen"]),
                wants_news=about["news"],
                account=about["account"],
            )

    async def by_account(self) -> dict[int, list[KnownPerson]]:
        """Return the people by their account at the API; those without one are left out.

        Raises:
            StoreAway: Redis does not answer.

        """
        found: dict[int, list[KnownPerson]] = {}
        async for person in self.all():
            if person.account is not None:
                found.setdefault(person.account, []).append(person)
        return found
