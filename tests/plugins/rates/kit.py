"""What the tests of the rates' caches share: a store and locks in memory, and a counted API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

from sapp_bot import Store
from sapp_bot.domain.ports import Clock, StorageWrite, StoredValue
from sapp_bot.host.authoring.locks import Locks
from sapp_bot.host.authoring.storage import StoreProvider
from sapp_bot.sapp.models import Live, Rate
from sapp_bot.testing import ManualClock, Stage

M = TypeVar("M", bound=BaseModel)


class MemoryStorage:
    """Plugin storage in a dictionary: two caches on it are two processes on one Redis."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str | int], StoredValue] = {}
        self.reads = 0

    async def get(self, collection: str, key: str | int) -> StoredValue | None:
        """Return a value."""
        self.reads += 1
        return self.values.get((collection, key))

    async def others(self, collection: str, key: str | int) -> int:
        """Count the values under other keys."""
        return sum(c == collection and k != key for c, k in self.values)

    async def write(self, writes: Sequence[StorageWrite]) -> None:
        """Make changes."""
        for write in writes:
            if write.kept is None:
                self.values.pop((write.collection, write.key), None)
            else:
                self.values[write.collection, write.key] = write.kept

    async def all(self, collection: str) -> AsyncIterator[StoredValue]:
        """Return all values of a collection."""
        for (name, _), value in list(self.values.items()):
            if name == collection:
                yield value

    def of(self, model: type[M], clock: Clock) -> Store[M]:
        """Return the store of a model, as a lifespan has it: each change is made at once."""
        store: Store[M] = StoreProvider(self, clock).bind("rates", Store[model])(None)  # type: ignore[valid-type,assignment]  # a model in a variable
        return store


class MemoryLocks:
    """Locks in a dictionary; they do not run out."""

    def __init__(self) -> None:
        self.holders: dict[str, str] = {}

    async def acquire(self, name: str, token: str, *, ttl_s: int) -> bool:
        """Take a lock."""
        return self.holders.setdefault(name, token) == token

    async def release(self, name: str, token: str) -> None:
        """Give a lock back."""
        if self.holders.get(name) == token:
            del self.holders[name]

    def of_rates(self) -> Locks:
        """Return the locks as the plugin has them."""
        return Locks(self, "rates")


@dataclass
class CountedApi:
    """The API's side: counts readings, fails or waits when told to."""

    clock: ManualClock
    rates: dict[str, Decimal] = field(default_factory=lambda: {"EUR": Decimal("0.92")})
    error: Exception | None = None
    gate: Any = None
    until: datetime | None = None
    live_reads: int = 0
    asked: list[tuple[tuple[str, ...], datetime, datetime]] = field(default_factory=list)

    async def live(self) -> Live:
        """Answer with the live rates."""
        self.live_reads += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Live.model_construct(date=self.clock.now(), base="USD", rates=dict(self.rates))

    async def history(self, codes: Sequence[str], start: datetime, end: datetime) -> list[Rate]:
        """Answer with an hourly rate that is the number of the day; in disorder, with repeats."""
        self.asked.append((tuple(codes), start, end))
        if self.error is not None:
            raise self.error
        rows = []
        at = start.replace(minute=0, second=0, microsecond=0)
        while at < end:
            if at >= start and (self.until is None or at < self.until):
                rows += [
                    Rate.model_construct(currency=c, value=Decimal(at.day), timestamp=at)
                    for c in codes
                ]
            at += timedelta(hours=1)
        return [*reversed(rows), *rows[:3]]


NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)


def kept(stage: Stage, model: type[M]) -> Store[M]:
    """Return what the plugin keeps of a model."""
    provider = StoreProvider(stage.store.plugin_storage, stage.clock)
    store: Store[M] = provider.bind("rates", Store[model])(None)  # type: ignore[valid-type,assignment]  # a model in a variable
    return store
