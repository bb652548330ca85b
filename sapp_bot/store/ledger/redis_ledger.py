"""Keeps the ledger's facts in Redis: grants readable, whatever names a person sealed."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from sapp_bot.domain.ledger_entry import LedgerEntry
from sapp_bot.errors import LedgerLost
from sapp_bot.store.command_pipeline import BATCH, CommandPipeline, PipelinedCall
from sapp_bot.store.key_ring import CannotDecrypt, KeyRing
from sapp_bot.store.keys import PUSHED_S, Keys
from sapp_bot.store.server.connection import RedisConnection
from sapp_bot.store.server.inspection import RedisFacts, inspect_redis

JOURNAL_LENGTH = 100_000
"""Entries of the journal that are kept, about 20 MB."""

INSPECTED_S = 60.0
"""How long what Redis told of itself is believed, in seconds."""

UNKNOWN_S = 5.0
"""How long it is believed that it tells nothing, in seconds: it may only not have answered."""

log = structlog.get_logger(__name__)


class RedisLedger:
    """Implements `ports.LedgerStore` of the ledger.

    Args:
        pipeline: Sends the scripts.
        keys: Key names of the account.
        key_ring: Seals what names a person.
        connect: Returns a connection on which Redis is asked about itself.
        is_vouched: Whether the operator vouches that it keeps what it is told.

    """

    def __init__(
        self,
        pipeline: CommandPipeline,
        keys: Keys,
        key_ring: KeyRing,
        connect: Callable[[], RedisConnection],
        *,
        is_vouched: bool = False,
    ) -> None:
        self._pipeline = pipeline
        self._keys = keys
        self._key_ring = key_ring
        self._connect = connect
        self._is_vouched = is_vouched
        self._facts: RedisFacts | None = None
        self._asked_at = float("-inf")

    async def epoch(self) -> str:
        """Return the epoch, "" if there is none."""
        return _text((await self._run("epoch", ("epoch",)))[1]) or ""

    async def change_epoch(self, before: str, after: str) -> str:
        """Replace an epoch if it still stands; return the one that stands then."""
        answer = await self._run("change_epoch", ("epoch",), before, after)
        return _text(answer[1]) or ""

    async def add(self, epoch: str, place: str, field: str, value: str) -> str:
        """Write a field, if it is not there; return the value that stands then."""
        answer = await self._run("add", ("epoch", place), epoch, field, value)
        return _text(answer[1]) or ""

    async def add_all(self, epoch: str, entries: Sequence[LedgerEntry]) -> Sequence[str]:
        """Write entries at one moment, all after the first only if it stands as given."""
        places = ("epoch", *(entry.place for entry in entries))
        words: list[str | bytes] = []
        for entry in entries:
            value = self.seal(entry.place, entry.field, entry.value) if entry.is_sealed else None
            how = "over" if entry.replaces else "once"
            words += (how, entry.field, entry.value if value is None else value)
        answer = await self._run("add_all", places, epoch, *words)
        return [value.decode() for value in answer[1]]

    async def put(self, epoch: str, place: str, field: str, value: str) -> None:
        """Write a field over what may be there."""
        await self._run("put", ("epoch", place), epoch, field, value)

    async def remove(self, epoch: str, place: str, field: str, value: str) -> None:
        """Remove a field, if it still has this value."""
        await self._run("remove", ("epoch", place), epoch, field, value)

    async def read(self, place: str) -> Mapping[str, str]:
        """Return all fields of a place."""
        found = (await self._run("read", (place,)))[1]
        return {field.decode(): value.decode() for field, value in _pairs(found)}

    async def size(self, place: str) -> int:
        """Return how many fields a place has."""
        return int((await self._run("size", (place,)))[1])

    async def one(self, place: str, field: str) -> str | None:
        """Return one field of a place."""
        return _text((await self._run("some", (place,), field))[1][0])

    async def read_sealed(self, place: str, fields: Sequence[str]) -> Mapping[str, str]:
        """Return personal values; those that cannot be decrypted are left out."""
        found: dict[str, str] = {}
        for at in range(0, len(fields), BATCH):
            some = fields[at : at + BATCH]
            answer = await self._run("some", (place,), *some)
            for field, blob in zip(some, answer[1], strict=True):
                value = None if blob is None else self.unseal(place, field, blob)
                if value is not None:
                    found[field] = value
        return found

    async def keep(self, epoch: str, name: str, value: str, ttl_s: int) -> None:
        """Keep a personal value for some seconds."""
        await self._run("keep", ("epoch", name), epoch, self.seal(name, "", value), ttl_s)

    async def kept(self, name: str) -> str | None:
        """Return a value of `keep`."""
        blob = (await self._run("kept", (name,)))[1]
        return None if blob is None else self.unseal(name, "", blob)

    async def lock(self, epoch: str, name: str, token: str, ttl_s: int) -> bool:
        """Lock a name for some seconds; False while another token holds it."""
        return bool((await self._run("lock", ("epoch", f"lock:{name}"), epoch, token, ttl_s))[1])

    async def note(self, epoch: str, token: str, entry: str) -> None:
        """Append an entry to the journal, once per token."""
        keys = ("epoch", "journal", f"noted:{token}")
        await self._run("note", keys, epoch, entry, JOURNAL_LENGTH, PUSHED_S)

    async def journal(self, count: int) -> Sequence[str]:
        """Return the newest entries of the journal, the newest first."""
        answer = await self._run("journal", ("journal",), count)
        return [fields[1].decode() for _, fields in answer[1]]

    async def is_durable(self) -> bool | None:
        """Return whether Redis keeps what it is told over a crash; None if it does not say."""
        now = time.monotonic()
        facts = self._facts
        stands_s = UNKNOWN_S if facts is not None and facts.is_durable is None else INSPECTED_S
        if facts is None or now - self._asked_at > stands_s:
            facts = await inspect_redis(self._connect, is_vouched=self._is_vouched)
            self._facts, self._asked_at = facts, now
        return facts.is_durable

    # For backups and for a change of keys

    async def merge(self, place: str, fields: Mapping[str, str]) -> int:
        """Write the fields that are not there; return how many were not. Asks for no epoch."""
        new, items = 0, [word for field in fields.items() for word in field]
        for at in range(0, len(items), 2 * BATCH):
            new += (await self._run("merge", (place,), *items[at : at + 2 * BATCH]))[1]
        return int(new)

    async def reseal(self, place: str) -> tuple[int, int]:
        """Seal all personal values of a place with the newest key.

        Returns:
            How many can be read, and how many cannot, as their key is gone.

        """
        done = lost = 0
        for field, blob in (await self.read(place)).items():
            value = self.unseal(place, field, blob.encode())
            if value is None:
                lost += 1
                continue
            await self._run("reseal", (place,), field, blob, self.seal(place, field, value))
            done += 1
        return done, lost

    def seal(self, place: str, field: str, value: str) -> bytes:
        """Encrypt a value for its place, as text: a backup is JSON."""
        sealed = self._key_ring.seal(value.encode(), f"{self._keys.ledger(place)} {field}")
        return base64.b64encode(sealed)

    def unseal(self, place: str, field: str, blob: bytes) -> str | None:
        """Decrypt a value of a place; None if no key does."""
        try:
            sealed = base64.b64decode(blob, validate=True)
            return self._key_ring.open(sealed, f"{self._keys.ledger(place)} {field}").decode()
        except (CannotDecrypt, binascii.Error) as error:
            log.warning("store.unreadable", kind="ledger", reason=str(error))
            return None

    async def _run(self, script: str, places: Sequence[str], *args: str | bytes | int) -> list[Any]:
        keys = tuple(self._keys.ledger(place) for place in places)
        return self._checked(
            await self._pipeline.ask(PipelinedCall(f"ledger_{script}", keys, args))
        )

    def _checked(self, answer: list[Any]) -> list[Any]:
        if answer[0] == b"lost":
            raise LedgerLost("Redis holds no ledger, or another one")
        return answer


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _pairs(flat: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(flat[::2], flat[1::2], strict=True))
