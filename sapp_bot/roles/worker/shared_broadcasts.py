"""News to many, with several workers: one of them sends, any of them may be told to begin or end.

What they know of each other is what the broadcast keeps in Redis; the wish to end one has a place
of its own there, as the worker that sends writes how far it is over and over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from sapp_bot.domain.ports import StorageWrite, StoredValue
from sapp_bot.domain.text import Rich
from sapp_bot.errors import StoreAway
from sapp_bot.host.operators.broadcast_job import (
    COLLECTION,
    CONTENT,
    PROGRESS,
    BroadcastJob,
    BroadcastStatus,
)
from sapp_bot.host.operators.broadcasts import Broadcasts
from sapp_bot.values import replace

CANCELLED = "cancelled"
"""Key of the id of the broadcast that is to end."""

LOOK_S = 1.0
"""How often Redis is asked what became of the broadcast, or of what was wished, in seconds."""


class SharedBroadcasts(Broadcasts):
    """`Broadcasts` of one worker; `run` is for the one that leads, `follow` for all.

    Args:
        is_leading: Whether this worker is the one that sends.
        args: As of `Broadcasts`.
        kwargs: As of `Broadcasts`.

    """

    def __init__(self, is_leading: Callable[[], bool], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_leading = is_leading
        self._seen: BroadcastStatus | None = None

    @property
    def status(self) -> BroadcastStatus | None:
        """How far the newest broadcast is, a second ago; None if there was none."""
        return super().status if self._is_leading() else self._seen

    async def begin(
        self,
        key: str,
        operator: int,
        texts: Mapping[str, Rich],
        people: Sequence[tuple[int, str]],
    ) -> BroadcastStatus:
        """Begin a broadcast; the worker that leads sends it. Raises as `Broadcasts.begin`."""
        if not self._is_leading():
            self._job = await BroadcastJob.read(self._storage)
        self._seen = await super().begin(key, operator, texts, people)
        return self._seen

    async def cancel(self) -> BroadcastStatus | None:
        """End the broadcast; returns how far it was a moment ago. Raises as `Broadcasts.cancel`."""
        if self._is_leading():
            return await super().cancel()
        found = await self._look()
        if found is None or found.state != "sending":
            return found
        await self._storage.write(
            [StorageWrite(COLLECTION, CANCELLED, StoredValue(CANCELLED, 1, json.dumps(found.id)))]
        )
        self._seen = replace(found, state="cancelled")
        return self._seen

    async def follow(self) -> NoReturn:
        """See for ever what became of the broadcast; where this worker leads, what is wished."""
        while True:
            await self._clock.sleep(LOOK_S)
            with suppress(StoreAway):
                if self._is_leading():
                    await self._obey()
                else:
                    self._seen = await self._look()

    async def _obey(self) -> None:
        """Send what another worker has begun, end what it wants ended."""
        found = await self._look()
        if found is None:
            return
        if self._job is None or self._job.id != found.id:
            self._job = await BroadcastJob.read(self._storage)
            self._begun.set()
        if found.state == "sending" and await self._read(CANCELLED) == found.id:
            await super().cancel()

    async def _look(self) -> BroadcastStatus | None:
        progress, content = await self._read(PROGRESS), await self._read(CONTENT)
        if progress is None or content is None:
            return None
        counts = progress["counts"]
        return BroadcastStatus(
            progress["id"],
            progress["operator"],
            progress["state"],
            content["total"],
            counts["sent"],
            counts["unreachable"],
            counts["refused"],
        )

    async def _read(self, key: str) -> Any:
        kept = await self._storage.get(COLLECTION, key)
        return None if kept is None else json.loads(kept.text)
