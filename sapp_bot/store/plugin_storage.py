"""Stores plugins' values in Redis: encrypted, under hashed keys, by collection, maybe expiring.

A key is hashed under the newest secret key and looked up under all of them, so that a value is
found as long as it can be decrypted. The shape of a value (JSON) is the host's business.
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
"""Number of the first collection among `KEYS` of the script `write`, counted from 1."""


class RedisPluginStorage:
    """Implements `ports.PluginStorage`.

    Each call raises `StoreAway` and `AlreadyRunning` as `FencedScripts.run` does.
    """

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    async def get(self, collection: str, key: str | int) -> StoredValue | None:
        """Return a value; None if there is none, it has expired, or it cannot be decrypted.

        Args:
            collection: "<plugin>:<model>".
            key: Key of the value; 7 and "7" are two keys.

        """
        scripts = self._scripts
        place, _ = scripts.keys.collection(collection)
        names = _names(scripts.sealer, place, key)
        answer = await scripts.run(scripts.call("get", (place,), *names))
        found = zip(names, answer[1], strict=True)
        return next((kept for name, blob in found if (kept := self._open(place, name, blob))), None)

    async def others(self, collection: str, key: str | int) -> int:
        """Return the number of values in a collection under other keys than `key`."""
        scripts = self._scripts
        place, ends = scripts.keys.collection(collection)
        names = _names(scripts.sealer, place, key)
        answer = await scripts.run(
            scripts.call("others", (place, ends), _stamp(scripts.now()), *names)
        )
        return int(answer[1])

    async def write(self, writes: Sequence[StorageWrite]) -> None:
        """Make changes outside of a turn, all or none of them."""
        scripts = self._scripts
        collections = collection_keys(writes, scripts.keys)
        mark = scripts.keys.wrote(secrets.token_hex(8))
        changes = written(writes, collections, _WRITE_KEYS, scripts)
        now = _stamp(scripts.now())
        await scripts.run(scripts.call("write", (mark, *collections), PUSHED_S, now, *changes))

    async def all(self, collection: str) -> AsyncIterator[StoredValue]:
        """Yield all values of a collection, in no order.

        Values written or deleted during the iteration may be missing.
        """
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
        if blob is None:
            return None
        scripts = self._scripts
        kept = scripts.sealer.get(blob, f"{place} {name}", StoredValue)
        # Redis deletes expired fields only when the collection is next written to.
        if kept is None or (kept.ends_at is not None and kept.ends_at <= scripts.now()):
            return None
        return kept


def collection_keys(writes: Sequence[StorageWrite], keys: Keys) -> list[str]:
    """Return the Redis keys of all collections that are written to: values and ends of each."""
    collections = dict.fromkeys(write.collection for write in writes)
    return [place for collection in collections for place in keys.collection(collection)]


def written(
    writes: Sequence[StorageWrite], collections: Sequence[str], first: int, scripts: FencedScripts
) -> list[str | bytes | int]:
    """Return the script arguments of changes, four for each: number in `KEYS`, name, blob, end.

    Args:
        writes: The changes.
        collections: Result of `collection_keys` for the same changes.
        first: Number that the first of `collections` has in `KEYS`, counted from 1.
        scripts: Key names and encryption.

    Returns:
        Flat list; an empty blob deletes the value, an empty end lets it stay for good.

    """
    out: list[str | bytes | int] = []
    for write in writes:
        place, _ = scripts.keys.collection(write.collection)
        key = first + collections.index(place)
        newest, *older = _names(scripts.sealer, place, write.key)
        # The value may stand under the hash of an older secret key: one key has one value.
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
    # With the place, so that equal keys (Telegram ids) cannot be linked across collections.
    return sealer.digests(f"{place} {type(key).__name__} {key}")


def _stamp(at: datetime) -> str:
    return repr(at.timestamp())
