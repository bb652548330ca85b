"""Maintenance mode: operators go on, everybody else gets one sentence and loses nothing.

It is kept in Redis and read once, at the start: one process works for an account at a time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import structlog

from sapp_bot.domain.ports import Clock, PluginStorage, StorageWrite, StoredValue
from sapp_bot.domain.text import Rich, lines
from sapp_bot.i18n import Translator
from sapp_bot.values import dataclass, field

log = structlog.get_logger(__name__)

COLLECTION, KEY = "maintenance", "now"


@dataclass(frozen=True, slots=True)
class Closure:
    """Why the bot is closed to people.

    Attributes:
        since: When maintenance was begun, aware UTC.
        operator: Telegram user id of who began it.
        texts: The operator's words by language; "" is for all languages without their own.

    """

    since: datetime
    operator: int = field(repr=False)
    texts: Mapping[str, str]


class Maintenance:
    """Whether the bot is closed to people, and what they are told."""

    def __init__(self, storage: PluginStorage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._closure: Closure | None = None

    @property
    def closure(self) -> Closure | None:
        """Why the bot is closed; None while it is open."""
        return self._closure

    @property
    def is_on(self) -> bool:
        """Whether the bot is closed to people."""
        return self._closure is not None

    async def load(self) -> None:
        """Read what an earlier process left.

        Raises:
            StoreAway: Redis does not answer.

        """
        kept = await self._storage.get(COLLECTION, KEY)
        if kept is None:
            self._closure = None
            return
        found = json.loads(kept.text)
        since = datetime.fromisoformat(found["since"])
        self._closure = Closure(since, found["operator"], found["texts"])

    async def begin(self, operator: int, texts: Mapping[str, str]) -> None:
        """Close the bot to people, for this and all later starts; again replaces the words.

        Raises:
            StoreAway: Redis does not answer; nothing was changed.

        """
        since = self._closure.since if self._closure is not None else self._clock.now()
        closure = Closure(since, operator, dict(texts))
        text = json.dumps(
            {"since": since.isoformat(), "operator": operator, "texts": closure.texts}
        )
        await self._storage.write([StorageWrite(COLLECTION, KEY, StoredValue(KEY, 1, text))])
        self._closure = closure
        log.warning("maintenance.on")

    async def end(self) -> None:
        """Open the bot again.

        Raises:
            StoreAway: Redis does not answer; nothing was changed.

        """
        await self._storage.write([StorageWrite(COLLECTION, KEY, None)])
        self._closure = None
        log.warning("maintenance.off")

    def notice(self, translator: Translator) -> Rich:
        """Return what people are told, in the language of the translator."""
        texts = self._closure.texts if self._closure is not None else {}
        given = texts.get(translator.language) or texts.get("") or ""
        kept = translator.text("I am closed for maintenance. Nothing is lost; please come back.")
        return lines(Rich(given) if given else None, kept)
