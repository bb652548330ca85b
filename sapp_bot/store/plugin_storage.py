"""What plugins keep, in Redis: sealed, under hashed keys, by collection, with or without an end.

A key is hashed under the newest secret key and looked for under all of them, so that its value is
found as long as it can be opened.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sapp_bot.domain.ports import StorageWrite, StoredValue

from .command_pipeline import BATCH
from .fenced import FencedScripts
from .keys import PUSHED_S, Keys
from .sealing import Sealer

_WRITE_KEYS = 3
"""The first collection among the keys of the script `write`."""


class RedisPluginStorage:
    """Implements `ports.PluginStorage`."""

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    async def get(self, collection: str, key: str | int) -> StoredValue | None:
        """Read a value; None when there is none, or it has ended, or it cannot be opened."""
        scripts = self._scripts
        place, _ = scripts.keys.collection(collection)
        names = _names(scripts.sealer, place, key)
        answer = await scripts.run(scripts.call("get", (place,), *names))
        found = zip(names, answer[1], strict=True)
        return next((kept for name, blob in found if (kept := self._open(place, name, blob))), None)

    async def others(self, collection: str, key: str | int) -> int:
        """Count the values under other keys than this one."""
        scripts = self._scripts
        place, ends = scripts.keys.collection(collection)
        names = _names(scripts.sealer, place, key)
        answer = await scripts.run(
            scripts.call("others", (place, ends), _stamp(scripts.now()), *names)
        )
        return int(answer[1])

    async def write(self, writes: Sequence[StorageWrite]) -> None:
        """Make changes outside of a turn, all or nothing."""
        scripts = self._scripts
        collections = collection_keys(writes, scripts.keys)
        mark = scripts.keys.wrote(secrets.token_hex(8))
        changes = written(writes, collections, _WRITE_KEYS, scripts)
        now = _stamp(scripts.now())
        await scripts.run(scripts.call("write", (mark, *collections), PUSHED_S, now, *changes))

    async def all(self, collection: str) -> AsyncIterator[StoredValue]:
        """Read all values, in no order; those that come or go meanwhile may be missed."""
        scripts = self._scripts
        place, _ = scripts.keys.collection(collection)
        answer = await scripts.run(scripts.call("names", (place,)))
        names = [name.decode() for name in answer[1]]
        for at in range(0, len(names), BATCH):
            some = names[at : at + BATCH]
            answer = await scripts.run(scripts.call("get", (place,), *some))
            for name, blob in zip(some, answer[1], strict=True):
                if kept := self._open(place, name, blob):
                    yield kept

    def _open(self, place: str, name: str, blob: bytes | None) -> StoredValue | None:
        """Open what was sealed under this name; its time may be over while it is still there."""
        if blob is None:
            return None
        scripts = self._scripts
        kept = scripts.sealer.get(blob, f"{place} {name}", StoredValue)
        if kept is None or (kept.ends_at is not None and kept.ends_at <= scripts.now()):
            return None
        return kept


def collection_keys(writes: Sequence[StorageWrite], keys: Keys) -> list[str]:
    """Name the keys of all collections that are written to, two for each."""
    collections = dict.fromkeys(write.collection for write in writes)
    return [place for collection in collections for place in keys.collection(collection)]


def written(
    writes: Sequence[StorageWrite], collections: Sequence[str], first: int, scripts: FencedScripts
) -> list[str | bytes | int]:
    """Give four arguments for each change: which of `KEYS`, name, blob, end.

    `collections` are among the keys of the script from number `first` on.
    """
    out: list[str | bytes | int] = []
    for write in writes:
        place, _ = scripts.keys.collection(write.collection)
        key = first + collections.index(place)
        newest, *older = _names(scripts.sealer, place, write.key)
        for name in older:
            out += [key, name, "", ""]
        if write.kept is None:
            out += [key, newest, "", ""]
        else:
            blob = scripts.sealer.put(write.kept, f"{place} {newest}")
            ends = write.kept.ends_at
            out += [key, newest, blob, "" if ends is None else _stamp(ends)]
    return out


def _names(sealer: Sealer, place: str, key: str | int) -> list[str]:
    """Hash a key for its collection: equal keys look different in different collections."""
    return sealer.digests(f"{place} {type(key).__name__} {key}")


def _stamp(at: datetime) -> str:
    return repr(at.timestamp())
