"""What the explorer plays with: the real ledger, four naive designs, and mutants of the ledger.

The naive ones are what payment bots in the wild do, made as good as their idea allows: they too
have Telegram's list as a second source, and try again after a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.domain.ledger_entry import LedgerEntry
from sapp_bot.domain.ports import Clock
from sapp_bot.errors import SappBotError
from sapp_bot.ledger.books.payload import read_payload
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.ports import LedgerStars, LedgerStore, NoticeListener, ReadsApi
from sapp_bot.ledger.values import Direction, StarsRecord
from sapp_bot.store.key_ring import KeyRing

KEY = "u0Yx1vZcGq0nJm3Jr0wC7o8sA2d4F6h8K0l2M4n6P8Q="
SIGNER = KeyRing([KEY])

SMALLEST_PACK = 1024


@dataclass(frozen=True, slots=True)
class Outside:
    """What a process is given; dead processes reach nothing."""

    store: LedgerStore
    api: ReadsApi
    stars: LedgerStars
    clock: Clock
    listener: NoticeListener


class Subject(Protocol):
    """One process of a design."""

    async def run(self) -> object:
        """Work until cancelled."""

    async def receive(self, row: StarsRecord) -> object:
        """Take an update."""


Maker = Callable[[Outside], Subject]


def make_ledger(outside: Outside) -> Ledger:
    """Make the real one."""
    return Ledger(
        store=outside.store,
        api=outside.api,
        stars=outside.stars,
        signer=SIGNER,
        clock=outside.clock,
        listener=outside.listener,
        smallest_pack=SMALLEST_PACK,
    )


# Mutants of the ledger


class _CountingStore:
    """A payment is a counter that goes up, in the place of a fact that is written once."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def add_all(self, epoch: str, entries: Sequence[LedgerEntry]) -> Sequence[str]:
        """Write all but the payment's fact, and count that up."""
        rest = [entry for entry in entries if not entry.field.startswith("in:")]
        stands = list(await self._store.add_all(epoch, rest))
        for at, entry in enumerate(entries):
            if entry in rest or len(stands) < len(rest):
                continue
            known = await self._store.one(entry.place, entry.field)
            reads, words = entry.value.split(" ", 1)
            have = int(known.split(" ")[0]) if known else 0
            counted = f"{have + int(reads)} {words}"
            await self._store.put(epoch, entry.place, entry.field, counted)
            stands.insert(at, entry.value)
        return stands


class AddingApi:
    """Reads are set by adding the difference to what was seen last."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self._seen: dict[int, int] = {}

    def __getattr__(self, name: str) -> Any:
        """Return what is as it should be."""
        return getattr(self._api, name)

    async def reads(self, client: int) -> ClientReads | None:
        """Look, and remember."""
        found: ClientReads | None = await self._api.reads(client)
        if found is not None:
            self._seen[client] = found.available
        return found

    async def set_reads(self, client: int, reads: int) -> None:
        """Add what is missing."""
        await self._api.add_reads(client, reads - self._seen[client])


class _OwingStore:
    """What takes reads back takes all of the payment, whatever is left: a debt."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def add(self, epoch: str, place: str, field: str, value: str) -> str:
        """Write a field, a taking as a whole payment."""
        if field.startswith("taken:"):
            paid = await self._store.one(place, f"in:{field.split(':', 2)[2]}")
            value = paid.split(" ")[0]
        stands: str = await self._store.add(epoch, place, field, value)
        return stands


class _ForgetfulStore:
    """An operator's fix is noted by the number that was found, once for ever."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def add(self, epoch: str, place: str, field: str, value: str) -> str:
        """Write a field, a fix without the name of the act."""
        if field.startswith("shift:fix:"):
            field = f"{field.rpartition(':')[0]}:once"
        stands: str = await self._store.add(epoch, place, field, value)
        return stands


class _AddingOperator:
    """What came back from Telegram's list comes on top of any number that is kept."""

    def __init__(self, operator: Any) -> None:
        self._operator = operator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operator, name)

    async def fix(self, client: int, *, keep: bool, **named: Any) -> Any:
        """End a hold."""
        return await self._operator.fix(client, keep=keep, **{**named, "adds_returned": keep})


def make_owing(outside: Outside) -> Ledger:
    """Make the ledger with debts."""
    store: Any = _OwingStore(outside.store)
    return make_ledger(Outside(store, *_rest(outside)))


def make_forgetful(outside: Outside) -> Ledger:
    """Make the ledger with one fix for each number."""
    store: Any = _ForgetfulStore(outside.store)
    return make_ledger(Outside(store, *_rest(outside)))


def make_doubling(outside: Outside) -> Ledger:
    """Make the ledger that credits what a restore brought back once more."""
    ledger = make_ledger(outside)
    operator: Any = _AddingOperator(ledger.operator)
    ledger.operator = operator
    return ledger


def make_counting(outside: Outside) -> Ledger:
    """Make the ledger with a counter in the place of HSETNX."""
    store: Any = _CountingStore(outside.store)
    return make_ledger(Outside(store, *_rest(outside)))


def make_adding(outside: Outside) -> Ledger:
    """Make the ledger with PATCH in the place of PUT."""
    api: Any = AddingApi(outside.api)
    return make_ledger(Outside(outside.store, api, outside.stars, outside.clock, outside.listener))


def _rest(outside: Outside) -> tuple[Any, ...]:
    return outside.api, outside.stars, outside.clock, outside.listener


# Naive designs


class _Naive:
    """Reads the whole list every 20 s; each row is worked on by itself until that succeeds."""

    def __init__(self, outside: Outside) -> None:
        self.api = outside.api
        self.store = outside.store
        self._stars = outside.stars
        self._locks: dict[int, asyncio.Lock] = {}

    async def run(self) -> object:
        """Work until cancelled."""
        while True:
            try:
                for row in await self._stars.transactions(0, 100):
                    await self.receive(row)
                await self.tend()
            except (SappBotError, RuntimeError):
                pass
            await asyncio.sleep(20)

    async def receive(self, row: StarsRecord) -> object:
        """Take a row."""
        payload = read_payload(row.payload or b"", SIGNER)
        if payload is None or row.direction is not Direction.PAID:
            return None
        try:
            async with self._locks.setdefault(payload.client, asyncio.Lock()):
                await self.credit(row.charge, payload.client, payload.reads)
        except (SappBotError, RuntimeError):
            return False
        return True

    async def tend(self) -> None:
        """Go on with what is unfinished."""

    async def credit(self, charge: str, client: int, reads: int) -> None:
        """Credit a payment."""
        raise NotImplementedError

    async def known(self, place: str) -> Mapping[str, str]:
        """Return what the store has."""
        return await self.store.read(place)

    async def note(self, place: str, field: str, value: str = "") -> None:
        """Write into the store."""
        if not await self.store.epoch():
            await self.store.change_epoch("", "naive whole")
        await self.store.put("naive", place, field, value)


class CreditThenRemember(_Naive):
    """A: PATCH, then note the charge."""

    async def credit(self, charge: str, client: int, reads: int) -> None:
        """Credit, then remember."""
        if charge not in await self.known("done"):
            await self.api.add_reads(client, reads)
            await self.note("done", charge)


class RememberThenCredit(_Naive):
    """B: note the charge, then PATCH."""

    async def credit(self, charge: str, client: int, reads: int) -> None:
        """Remember, then credit."""
        if charge not in await self.known("done"):
            await self.note("done", charge)
            await self.api.add_reads(client, reads)


class IntentAndCompare(_Naive):
    """C: note what the client had, PATCH, and compare before another try."""

    async def credit(self, charge: str, client: int, reads: int) -> None:
        """Compare with the intent, then credit."""
        if charge in await self.known("done"):
            return
        found = await self.api.reads(client)
        if found is None:
            return
        before = (await self.known("intent")).get(charge)
        if before is None:
            before = str(found.available)
            await self.note("intent", charge, before)
        if found.available < int(before) + reads:
            await self.api.add_reads(client, reads)
        await self.note("done", charge)


class DesiredByAdding(_Naive):
    """D: the total is wanted and kept, but reached by PATCHing the difference."""

    async def credit(self, charge: str, client: int, reads: int) -> None:
        """Note the payment, and see that the total is so."""
        await self.note(f"wants:{client}", charge, str(reads))
        await self._level(client)

    async def tend(self) -> None:
        """See that all totals are so."""
        for client in (1, 2):
            await self._level(client)

    async def _level(self, client: int) -> None:
        found = await self.api.reads(client)
        if found is None:
            return
        base = (await self.known("base")).get(str(client))
        if base is None:
            base = str(found.available)
            await self.note("base", str(client), base)
        want = int(base) + sum(map(int, (await self.known(f"wants:{client}")).values()))
        if found.available != want:
            await self.api.add_reads(client, want - found.available)


DESIGNS: Mapping[str, Maker] = {
    "A credit, then remember": CreditThenRemember,
    "B remember, then credit": RememberThenCredit,
    "C intent and compare": IntentAndCompare,
    "D desired total, by PATCH": DesiredByAdding,
}

MUTANTS: Mapping[str, Maker] = {
    "HSETNX becomes a counter": make_counting,
    "PUT becomes PATCH": make_adding,
    "reads that are taken back become a debt": make_owing,
    "a number can be kept once": make_forgetful,
    "what a restore brings back counts twice": make_doubling,
}
