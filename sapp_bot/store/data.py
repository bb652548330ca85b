"""What plugins keep, in Redis: sealed, under hashed keys, by drawer, with or without an end.

A key is hashed under the newest secret key and looked for under all of them, so that its value is
found as long as it can be opened.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sapp_bot.ports import Kept, Write

from .channel import BATCH
from .keys import PUSHED_S, Keys
from .ledger import Ledger
from .sealed import Sealer

_WRITE_KEYS = 3
"""The first drawer among the keys of the script `write`."""


class RedisDrawers:
    """The protocol `ports.Drawers`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def get(self, drawer: str, key: str | int) -> Kept | None:
        """Read a value; None when there is none, or it has ended, or it cannot be opened."""
        ledger = self._ledger
        place, _ = ledger.keys.drawer(drawer)
        names = _names(ledger.sealer, place, key)
        answer = await ledger.run(ledger.call("get", (place,), *names))
        found = zip(names, answer[1], strict=True)
        return next((kept for name, blob in found if (kept := self._open(place, name, blob))), None)

    async def others(self, drawer: str, key: str | int) -> int:
        """Count the values under other keys than this one."""
        ledger = self._ledger
        place, ends = ledger.keys.drawer(drawer)
        names = _names(ledger.sealer, place, key)
        answer = await ledger.run(
            ledger.call("others", (place, ends), _stamp(ledger.now()), *names)
        )
        return int(answer[1])

    async def write(self, writes: Sequence[Write]) -> None:
        """Make changes outside of a turn, all or nothing."""
        ledger = self._ledger
        drawers = drawers_of(writes, ledger.keys)
        mark = ledger.keys.wrote(secrets.token_hex(8))
        changes = written(writes, drawers, _WRITE_KEYS, ledger)
        now = _stamp(ledger.now())
        await ledger.run(ledger.call("write", (mark, *drawers), PUSHED_S, now, *changes))

    async def all(self, drawer: str) -> AsyncIterator[Kept]:
        """Read all values, in no order; those that come or go meanwhile may be missed."""
        ledger = self._ledger
        place, _ = ledger.keys.drawer(drawer)
        answer = await ledger.run(ledger.call("names", (place,)))
        names = [name.decode() for name in answer[1]]
        for at in range(0, len(names), BATCH):
            some = names[at : at + BATCH]
            answer = await ledger.run(ledger.call("get", (place,), *some))
            for name, blob in zip(some, answer[1], strict=True):
                if kept := self._open(place, name, blob):
                    yield kept

    def _open(self, place: str, name: str, blob: bytes | None) -> Kept | None:
        """Open what was sealed under this name; its time may be over while it is still there."""
        if blob is None:
            return None
        ledger = self._ledger
        kept = ledger.sealer.get(blob, f"{place} {name}", Kept)
        if kept is None or (kept.ends_at is not None and kept.ends_at <= ledger.now()):
            return None
        return kept


def drawers_of(writes: Sequence[Write], keys: Keys) -> list[str]:
    """Name the keys of all drawers that are written to, two for each."""
    drawers = dict.fromkeys(write.drawer for write in writes)
    return [place for drawer in drawers for place in keys.drawer(drawer)]


def written(
    writes: Sequence[Write], drawers: Sequence[str], first: int, ledger: Ledger
) -> list[str | bytes | int]:
    """Give four arguments for each change: which of `KEYS`, name, blob, end.

    `drawers` are among the keys of the script from number `first` on.
    """
    out: list[str | bytes | int] = []
    for write in writes:
        place, _ = ledger.keys.drawer(write.drawer)
        key = first + drawers.index(place)
        newest, *older = _names(ledger.sealer, place, write.key)
        for name in older:
            out += [key, name, "", ""]
        if write.kept is None:
            out += [key, newest, "", ""]
        else:
            blob = ledger.sealer.put(write.kept, f"{place} {newest}")
            ends = write.kept.ends_at
            out += [key, newest, blob, "" if ends is None else _stamp(ends)]
    return out


def _names(sealer: Sealer, place: str, key: str | int) -> list[str]:
    """Hash a key for its drawer: equal keys look different in different drawers."""
    return sealer.digests(f"{place} {type(key).__name__} {key}")


def _stamp(at: datetime) -> str:
    return repr(at.timestamp())
