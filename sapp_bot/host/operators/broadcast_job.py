"""A broadcast as it is kept: whom it goes to, how far it is, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from sapp_bot.domain.ports import PluginStorage, StorageWrite, StoredValue
from sapp_bot.domain.text import Entity, Rich
from sapp_bot.values import dataclass, field

COLLECTION = "broadcast"
CONTENT, PROGRESS, PEOPLE = "content", "progress", "people"
PER_VALUE = 1_000
"""People in one stored value."""

BroadcastState = Literal["sending", "cancelled", "done"]
Outcome = Literal["sent", "unreachable", "refused"]


@dataclass(frozen=True, slots=True)
class BroadcastStatus:
    """How far a broadcast is.

    Attributes:
        id: Its number, unique within the account.
        operator: Telegram user id of who sent it.
        state: "sending", "cancelled" or "done".
        total: People it goes to.
        sent: People it has reached.
        unreachable: People who have blocked the bot, or left Telegram.
        refused: People whose copy Telegram did not take, in any form.

    """

    id: str
    operator: int = field(repr=False)
    state: BroadcastState
    total: int
    sent: int
    unreachable: int
    refused: int

    @property
    def left(self) -> int:
        """People who are still to be written to."""
        return self.total - self.sent - self.unreachable - self.refused


class BroadcastJob:
    """A broadcast under way. Each person has an index; `take` gives each one out once."""

    def __init__(
        self,
        id: str,  # noqa: A002  # the field's word
        operator: int,
        texts: Mapping[str, Rich],
        people: Sequence[tuple[int, str]],
    ) -> None:
        self.id = id
        self.operator = operator
        self.texts = texts
        self.people = people
        self.state: BroadcastState = "sending"
        self.counts: dict[Outcome, int] = {"sent": 0, "unreachable": 0, "refused": 0}
        self._done_to = 0
        self._done: set[int] = set()
        self._next = 0
        self._again: list[int] = []

    @property
    def status(self) -> BroadcastStatus:
        """How far it is."""
        counts = self.counts
        return BroadcastStatus(
            self.id,
            self.operator,
            self.state,
            len(self.people),
            counts["sent"],
            counts["unreachable"],
            counts["refused"],
        )

    def take(self) -> int | None:
        """Return the index of the next person; None when nobody is left, or it was cancelled."""
        if self.state != "sending":
            return None
        if self._again:
            return self._again.pop()
        while self._next in self._done:
            self._next += 1
        if self._next >= len(self.people):
            return None
        self._next += 1
        return self._next - 1

    def put_back(self, index: int) -> None:
        """Have somebody tried again, before all others."""
        self._again.append(index)

    def finish(self, index: int, outcome: Outcome) -> None:
        """Note what came of one person's copy."""
        self.counts[outcome] += 1
        self._done.add(index)
        while self._done_to in self._done:
            self._done.discard(self._done_to)
            self._done_to += 1

    def text_for(self, language: str) -> Rich:
        """Return the text in a language, else the one for all others."""
        return self.texts.get(language or "en") or self.texts.get("") or Rich()

    def progress_write(self) -> StorageWrite:
        """Return the write of how far it is."""
        about = {
            "id": self.id,
            "operator": self.operator,
            "state": self.state,
            "counts": self.counts,
            "done_to": self._done_to,
            "done": sorted(self._done),
        }
        return _write(PROGRESS, about)

    def all_writes(self) -> list[StorageWrite]:
        """Return the writes of all of it; later only the progress changes."""
        texts = {language: asdict(text) for language, text in self.texts.items()}
        chunks = [
            _write(f"{PEOPLE}:{at // PER_VALUE}", self.people[at : at + PER_VALUE])
            for at in range(0, len(self.people), PER_VALUE)
        ]
        content = _write(CONTENT, {"texts": texts, "total": len(self.people)})
        return [content, *chunks, self.progress_write()]

    @classmethod
    async def read(cls, storage: PluginStorage) -> BroadcastJob | None:
        """Return the newest broadcast, as far as it was when it was last kept; None for none.

        Raises:
            StoreAway: Redis does not answer.

        """
        progress, content = await _get(storage, PROGRESS), await _get(storage, CONTENT)
        if progress is None or content is None:
            return None
        people: list[tuple[int, str]] = []
        for at in range(0, content["total"], PER_VALUE):
            chunk = await _get(storage, f"{PEOPLE}:{at // PER_VALUE}")
            people += [(person, language) for person, language in chunk or ()]
        texts = {language: _text(kept) for language, kept in content["texts"].items()}
        job = cls(progress["id"], progress["operator"], texts, people)
        job.state, job.counts = progress["state"], progress["counts"]
        job._done_to = job._next = progress["done_to"]
        job._done = set(progress["done"])
        return job


def _write(key: str, value: object) -> StorageWrite:
    return StorageWrite(COLLECTION, key, StoredValue(key, 1, json.dumps(value)))


async def _get(storage: PluginStorage, key: str) -> Any:
    kept = await storage.get(COLLECTION, key)
    return None if kept is None else json.loads(kept.text)


def _text(kept: Mapping[str, object]) -> Rich:
    entities = kept["entities"]
    assert isinstance(entities, list)  # noqa: S101  # as it was written above
    return Rich(str(kept["plain"]), tuple(Entity(**entity) for entity in entities))
