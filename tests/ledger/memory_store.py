"""A store of facts in memory, as treacherous as Redis: replies get lost, all can be wiped."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sapp_bot.domain.ledger_entry import LedgerEntry
from sapp_bot.errors import LedgerLost, StoreAway
from tests.ledger.outside import Weather


@dataclass(slots=True)
class MemoryStore:
    """A `LedgerStore` in memory that survives its processes, as Redis does; replies get lost."""

    weather: Weather
    maps: dict[str, dict[str, str]] = field(default_factory=dict)
    stands: str = ""
    values: dict[str, tuple[str, float]] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    durable: bool | None = True
    taken_at: dict[int, float] = field(default_factory=dict)
    """By client, when it was last decided how many reads are taken back: loop time."""

    async def epoch(self) -> str:
        """Return the epoch."""
        await self._pass()
        found = self.stands
        await self._reply()
        return found

    async def change_epoch(self, before: str, after: str) -> str:
        """Replace the epoch."""
        await self._pass()
        if self.stands == before:
            self.stands = after
        await self._reply()
        return self.stands

    async def add(self, epoch: str, place: str, field: str, value: str) -> str:
        """Write a field once."""
        await self._pass(epoch)
        stands = self.maps.setdefault(place, {}).setdefault(field, value)
        if field.startswith("taken:"):
            self.taken_at[int(place.split(":")[1])] = asyncio.get_running_loop().time()
        await self._reply()
        return stands

    async def merge(self, place: str, fields: Mapping[str, str]) -> int:
        """Write the fields of a backup that are not there."""
        await self._pass()
        there = self.maps.setdefault(place, {})
        new = {field: value for field, value in fields.items() if field not in there}
        there.update(new)
        await self._reply()
        return len(new)

    async def add_all(self, epoch: str, entries: Sequence[LedgerEntry]) -> Sequence[str]:
        """Write entries at one moment, all after the first only if it stands as given."""
        await self._pass(epoch)
        stands: list[str] = []
        for entry in entries:
            fields = self.maps.setdefault(entry.place, {})
            if entry.replaces:
                fields[entry.field] = entry.value
            stands.append(fields.setdefault(entry.field, entry.value))
            if stands[0] != entries[0].value:
                break
        await self._reply()
        return stands

    async def put(self, epoch: str, place: str, field: str, value: str) -> None:
        """Write a field."""
        await self._pass(epoch)
        self.maps.setdefault(place, {})[field] = value
        await self._reply()

    async def remove(self, epoch: str, place: str, field: str, value: str) -> None:
        """Remove a field with a value."""
        await self._pass(epoch)
        if self.maps.get(place, {}).get(field) == value:
            del self.maps[place][field]
        await self._reply()

    async def read(self, place: str) -> Mapping[str, str]:
        """Return all fields."""
        await self._pass()
        found = dict(self.maps.get(place, {}))
        await self._reply()
        return found

    async def size(self, place: str) -> int:
        """Return how many fields there are."""
        return len(await self.read(place))

    async def one(self, place: str, field: str) -> str | None:
        """Return one field."""
        await self._pass()
        found = self.maps.get(place, {}).get(field)
        await self._reply()
        return found

    async def read_sealed(self, place: str, fields: Sequence[str]) -> Mapping[str, str]:
        """Return some fields."""
        found = await self.read(place)
        return {field: found[field] for field in fields if field in found}

    async def keep(self, epoch: str, name: str, value: str, ttl_s: int) -> None:
        """Keep a value for a while."""
        await self._pass(epoch)
        self.values[name] = (value, asyncio.get_running_loop().time() + ttl_s)
        await self._reply()

    async def kept(self, name: str) -> str | None:
        """Return a value that is kept."""
        await self._pass()
        value, ends = self.values.get(name, ("", 0.0))
        found = value if asyncio.get_running_loop().time() < ends else None
        await self._reply()
        return found

    async def lock(self, epoch: str, name: str, token: str, ttl_s: int) -> bool:
        """Lock a name."""
        await self._pass(epoch)
        now = asyncio.get_running_loop().time()
        holder, ends = self.values.get(f"lock:{name}", ("", 0.0))
        free = now >= ends
        if free:
            self.values[f"lock:{name}"] = (token, now + ttl_s)
        await self._reply()
        return free or holder == token

    async def note(self, epoch: str, token: str, entry: str) -> None:
        """Append to the journal."""
        await self._pass(epoch)
        self.entries.setdefault(token, entry)
        await self._reply()

    async def journal(self, count: int) -> Sequence[str]:
        """Return the newest entries."""
        return list(self.entries.values())[::-1][:count]

    async def is_durable(self) -> bool | None:
        """Return what the test says."""
        return self.durable

    def wipe(self) -> None:
        """Lose everything."""
        self.maps.clear()
        self.values.clear()
        self.stands = ""

    async def _pass(self, epoch: str | None = None) -> None:
        await self.weather.wait(0.002)
        if self.weather.store_stalls_s:
            await asyncio.sleep(self.weather.store_stalls_s)
        if self.weather.strikes(self.weather.store / 2):
            raise StoreAway("not carried out")
        if epoch is not None and self.stands.partition(" ")[0] != epoch:
            raise LedgerLost("another epoch")

    async def _reply(self) -> None:
        await self.weather.wait(0.002)
        if self.weather.strikes(self.weather.store / 2):
            raise StoreAway("the reply is lost")
