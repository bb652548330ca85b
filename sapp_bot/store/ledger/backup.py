"""Backup and restore of the ledger: a JSON line for each fact, merged by union.

    {"format": "sapp-bot ledger 1", "account": 123, "epoch": "NAME whole", ...}
    {"place": "client:7", "field": "in:ch1", "value": "1000 250 paid"}
    {"lines": 2}

Facts are only ever added, so that a backup can be taken beside a bot that works, be restored twice,
and be restored into a ledger that has gone on since. After a restore the bot reads Telegram's list
from where the backup had it, before it credits anybody: what was paid in between comes back.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime

from sapp_bot.errors import SappBotError
from sapp_bot.values import dataclass

from .redis_ledger import RedisLedger

FORMAT = "sapp-bot ledger 1"

PLACES = ("clients", "charges", "payments", "dirty")
"""Places that are kept whole; the books of the clients are added. Orders are not: they end in a
day, and their payments count without them."""


class BadBackup(SappBotError):
    """A file cannot be restored here; the text says why."""


@dataclass(frozen=True, slots=True)
class BackupHeader:
    """What a backup says of itself.

    `epoch` is the name of its ledger, `paused` whether an operator had stopped sales: "1" or "".
    """

    account: int
    epoch: str
    cursor: str
    paused: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has done: facts in the file, and how many of them were missing."""

    facts: int
    new: int


async def write_backup(store: RedisLedger, account: int, now: datetime) -> AsyncIterator[str]:
    """Yield the lines of a backup, without their ends.

    Raises:
        BadBackup: there is no ledger.
        StoreAway: Redis did not answer; what was written so far is no backup.

    """
    epoch = await store.epoch()
    if not epoch.endswith((" whole", " recovering")):
        raise BadBackup("there is no ledger in this Redis, so there is nothing to keep")
    # First of all: whatever is booked by then is in the places that are read after it.
    cursor = await store.one("meta", "cursor") or ""
    header = {
        "format": FORMAT,
        "account": account,
        "epoch": epoch.partition(" ")[0],
        "cursor": cursor,
        "paused": await store.one("meta", "paused") or "",
        "made_at": now.isoformat(timespec="seconds"),
    }
    yield json.dumps(header)
    count = 0
    clients = sorted(await store.read("clients"), key=int)
    for place in (*PLACES, *(f"client:{client}" for client in clients)):
        for field, value in (await store.read(place)).items():
            yield json.dumps({"place": place, "field": field, "value": value})
            count += 1
    yield json.dumps({"lines": count})


def read_backup(lines: Iterable[str]) -> tuple[BackupHeader, dict[str, dict[str, str]]]:
    """Return a backup's header and its facts by place.

    Raises:
        BadBackup: it is no backup, or not all of one.

    """
    try:
        header, facts = _parsed(iter(lines))
    except (ValueError, KeyError, TypeError):
        raise BadBackup("this file is not a backup of a ledger, or it is damaged") from None
    return header, facts


async def restore(store: RedisLedger, account: int, lines: Iterable[str]) -> Restored:
    """Merge a backup into the ledger; the same one twice changes nothing more.

    Raises:
        BadBackup: of another account, of another ledger than the one that stands here, damaged, or
            another ledger was begun here meanwhile.
        StoreAway: Redis did not answer: restore again.

    """
    header, places = read_backup(lines)
    if header.account != account:
        raise BadBackup(f"this backup is of account {header.account}, the bot's is {account}")
    stands = await store.epoch()
    if stands and _ledger(stands) != _ledger(header.epoch):
        raise BadBackup(
            "this Redis holds another ledger, begun or adopted after the backup was made; merged"
            " they would count payments twice. Restore into the Redis that lost its data"
        )
    new = 0
    for place, fields in places.items():
        new += await store.merge(place, fields)
    # The epoch comes last: until it stands the ledger is lost, and a restore can begin again. It is
    # another one, so that a bot that has not noticed the loss reads Telegram's list first, too.
    epoch = f"{_ledger(header.epoch)}/{secrets.token_hex(4)}"
    if await store.change_epoch(stands, f"{epoch} recovering") != f"{epoch} recovering":
        raise BadBackup("the ledger changed while the backup was merged; restore it again")
    cursor = await store.one("meta", "cursor")
    if cursor is None or _rows(header.cursor) < _rows(cursor):
        await store.put(epoch, "meta", "cursor", header.cursor or "0 ")
    if header.paused and await store.one("meta", "paused") is None:
        await store.put(epoch, "meta", "paused", header.paused)
    return Restored(sum(map(len, places.values())), new)


def _parsed(lines: Iterator[str]) -> tuple[BackupHeader, dict[str, dict[str, str]]]:
    first = json.loads(next(lines, ""))
    if first["format"] != FORMAT:
        raise ValueError
    places: dict[str, dict[str, str]] = {}
    for count, line in enumerate(lines):
        fact = json.loads(line)
        if "lines" in fact:
            if fact["lines"] != count or next(lines, "").strip():
                raise ValueError
            header = BackupHeader(
                first["account"], first["epoch"], first["cursor"], first.get("paused", "")
            )
            return header, places
        place, field, value = fact["place"], fact["field"], fact["value"]
        if not (place in PLACES or place.startswith("client:")):
            raise ValueError
        places.setdefault(place, {})[_word(field)] = _word(value)
    raise ValueError  # it has no end


def _ledger(epoch: str) -> str:
    """Return which ledger an epoch is of: "LEDGER/RESTORE STATE", the second after a restore."""
    return epoch.partition(" ")[0].partition("/")[0]


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _rows(cursor: str) -> int:
    return int(cursor.partition(" ")[0] or 0)
