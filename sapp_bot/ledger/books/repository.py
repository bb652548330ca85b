"""The ledger's places in the store, by their meaning: books, payments, orders, cursor, journal.

    clients     client -> ""         whoever was ever paid for; the books are under client:NUMBER
    charges     charge -> client     where a payment is booked
    payments    charge -> sealed     who paid, when, by which order: for the eye, and for refunds
    dirty       client -> mark       work to do or to watch
    holds       client -> what       work that does not get on: "REASON SECONDS TRIES"
    meta        cursor, paused, adopted:EPOCH (how far that adoption has come), checkout (the last
                one that another process than the keeper has let through)
    order:ID    sealed, for a day; paid:ID and the lock of a checkout likewise

Grants are readable without a secret key, and name nobody: a client's number at the API and a
charge id. So what is owed stays exact when keys are changed or lost; who is behind it is sealed.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from sapp_bot.domain.ledger_entry import LedgerEntry
from sapp_bot.domain.ports import Clock
from sapp_bot.errors import LedgerLost
from sapp_bot.ledger.ports import LedgerStore
from sapp_bot.ledger.values import DeliveryHold, HoldReason, PackOrder, Payment
from sapp_bot.values import dataclass, replace

from .book import Book, BookedCharge
from .payers import Payers

DAY_S = 24 * 60 * 60

ORDER_LIVES_S = DAY_S
"""How long an order can be paid."""

CHECKOUT_S = 60
"""How long one checkout of an order keeps others out."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far Telegram's list is read: rows, and the charge of the last one."""

    rows: int = 0
    last: str = ""


class Books:
    """Reads and writes what the ledger keeps. Raises what the calls of `LedgerStore` raise.

    Attributes:
        epoch: Name of the ledger that this process works on; "" until one is opened.
        mark: What payments that are accepted now are marked as: paid, recovered or adopted.
        payers: Who has paid for which clients.

    """

    def __init__(self, store: LedgerStore, clock: Clock) -> None:
        self.store = store
        self.epoch = ""
        self.mark = "paid"
        self.payers = Payers(store)
        self._clock = clock
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @property
    def now(self) -> datetime:
        """The time, aware UTC."""
        return self._clock.now()

    @property
    def stamp(self) -> str:
        """The time as facts note it: Unix seconds."""
        return f"{self.now.timestamp():.3f}"

    def believe(self, epoch: str) -> None:
        """Work on the ledger of this epoch: "NAME whole", "NAME recovering" or "NAME adopting"."""
        self.epoch, _, state = epoch.partition(" ")
        self.mark = {"recovering": "recovered", "adopting": "adopted"}.get(state, "paid")
        self.payers.forget()

    def alone(self, client: int) -> AbstractAsyncContextManager[None]:
        """Return a lock: what takes reads by what it has read of a book does so one at a time."""
        lock = self._locks.get(client)
        if lock is None:
            lock = self._locks[client] = asyncio.Lock()
        return lock

    async def book(self, client: int) -> Book:
        """Read the book of a client."""
        return Book(client, await self.store.read(f"client:{client}"))

    async def add(self, client: int, fact: str, value: str = "") -> str:
        """Add a fact to a book, if it is not there; return what stands there."""
        return await self.store.add(self._epoch(), f"client:{client}", fact, value)

    async def ground(self, book: Book) -> None:
        """Note what a lost ledger may have written for a book: what it wanted, and 1 on the way to
        0, which the API does not take.
        """
        await self.add(book.client, f"wrote:{book.all_taken(0).want}")
        if not book.foundation:
            await self.add(book.client, "wrote:1")

    async def found(self, client: int, base: int, wanted: int) -> int:
        """Note a client's base with the number that is to be written; return the base that stands.

        The number is noted only if that base is the one given.
        """
        place = f"client:{client}"
        entries = [LedgerEntry(place, "base", str(base)), LedgerEntry(place, f"wrote:{wanted}", "")]
        return int((await self.store.add_all(self._epoch(), entries))[0])

    async def take(
        self, payment: Payment, facts: Mapping[str, str], *, home: int
    ) -> tuple[int, str]:
        """Book a payment in the book of `payment.client`, and note the work, at one moment.

        Args:
            payment: Who paid; it is kept sealed.
            facts: What is added to the book, the payment's own fact first.
            home: Client that it is booked at in the index of charges.

        Returns:
            Where the index has it, and what stands as its fact. If it was booked elsewhere before,
            that is all: nothing is written, and the fact is "".

        """
        client, charge = str(payment.client), payment.charge
        text = json.dumps(asdict(payment) | {"at": payment.at.timestamp()})
        entries = [
            LedgerEntry("charges", charge, str(home)),
            *(LedgerEntry(f"client:{client}", fact, value) for fact, value in facts.items()),
            LedgerEntry("clients", client, ""),
            LedgerEntry("payments", charge, text, is_sealed=True),
            LedgerEntry("dirty", client, _new_mark(), replaces=True),
        ]
        stands = await self.store.add_all(self._epoch(), entries)
        self.payers.note(payment)
        return int(stands[0]), stands[1] if len(stands) > 1 else ""

    async def clients(self) -> list[int]:
        """List all clients that were ever paid for."""
        return sorted(map(int, await self.store.read("clients")))

    async def home(self, charge: str, client: int) -> int:
        """Note where a payment is booked; return where it is."""
        return int(await self.store.add(self._epoch(), "charges", charge, str(client)))

    async def home_of(self, charge: str) -> int | None:
        """Return the client that a payment is booked at, None for an unknown charge."""
        found = await self.store.one("charges", charge)
        return None if found is None else int(found)

    async def enter(self, client: int) -> None:
        """Note that a client was paid for."""
        await self.store.add(self._epoch(), "clients", str(client), "")

    # Payments, for the eye

    async def payments(self, client: int, charges: Iterable[BookedCharge]) -> Mapping[str, Payment]:
        """Return payments by charge; of one that cannot be decrypted only what the book knows."""
        booked = {charge.charge: charge for charge in charges if charge.is_paid}
        texts = await self.store.read_sealed("payments", list(booked))
        found = {}
        for name, charge in booked.items():
            if name in texts:
                known = json.loads(texts[name])
                known["at"] = datetime.fromtimestamp(known["at"], UTC)
                found[name] = replace(Payment(**known), reads=charge.reads)
            else:
                at = datetime.fromtimestamp(charge.applied_at or 0, UTC)
                found[name] = Payment(name, 0, client, "", 0, charge.reads, at)
        return found

    # Work to do

    async def mark_dirty(self, client: int) -> None:
        """Note that there is work for a client."""
        await self.store.put(self._epoch(), "dirty", str(client), _new_mark())

    async def dirty(self) -> list[int]:
        """List the clients that there is work for."""
        return sorted(await self.marks())

    async def marks(self) -> Mapping[int, str]:
        """Return the marks of work, by client; a new one is another than the one before."""
        return {int(client): mark for client, mark in (await self.store.read("dirty")).items()}

    async def mark_of(self, client: int) -> str | None:
        """Return the mark of work for a client, to clean it by; None if there is none."""
        return await self.store.one("dirty", str(client))

    async def clean(self, client: int, mark: str) -> None:
        """Note that the work for a client is done, unless more was noted since."""
        await self.store.remove(self._epoch(), "dirty", str(client), mark)

    async def note_hold(self, hold: DeliveryHold) -> None:
        """Note that the work for a client does not get on, for whoever asks in another process."""
        what = f"{hold.reason.value.replace(' ', '_')} {hold.since.timestamp()} {hold.tries}"
        await self.store.put(self._epoch(), "holds", str(hold.client), what)

    async def drop_hold(self, client: int) -> None:
        """Note that the work for a client gets on."""
        stands = await self.store.one("holds", str(client))
        if stands is not None:
            await self.store.remove(self._epoch(), "holds", str(client), stands)

    async def holds(self) -> Mapping[int, DeliveryHold]:
        """Return what does not get on, by client."""
        found = await self.store.read("holds")
        return {int(client): _hold_of(int(client), what) for client, what in found.items()}

    async def hold_of(self, client: int) -> DeliveryHold | None:
        """Return why the work for a client does not get on, None if it does."""
        what = await self.store.one("holds", str(client))
        return None if what is None else _hold_of(client, what)

    # Telegram's list

    async def cursor(self) -> Cursor:
        """Return how far Telegram's list is read."""
        rows, _, last = (await self.store.one("meta", "cursor") or "0 ").partition(" ")
        return Cursor(int(rows), last)

    async def move_cursor(self, cursor: Cursor) -> None:
        """Note how far Telegram's list is read. Reading it again is harmless."""
        await self.store.put(self._epoch(), "meta", "cursor", f"{cursor.rows} {cursor.last}")

    async def adopted(self) -> Cursor:
        """Return how far the adoption of this epoch has come: another one begins at the begin."""
        rows, _, last = (await self.store.one("meta", self._adoption) or "0 ").partition(" ")
        return Cursor(int(rows), last)

    async def note_adopted(self, cursor: Cursor) -> None:
        """Note how far the adoption has come."""
        text = f"{cursor.rows} {cursor.last}"
        await self.store.put(self._epoch(), "meta", self._adoption, text)

    @property
    def _adoption(self) -> str:
        return f"adopted:{self.epoch}"

    # Orders

    async def keep_order(self, order: PackOrder) -> None:
        """Keep an order for a day."""
        text = json.dumps(asdict(order) | {"made_at": order.made_at.timestamp()})
        await self.store.keep(self._epoch(), f"order:{order.id}", text, ORDER_LIVES_S)

    async def order(self, order: str) -> PackOrder | None:
        """Return an order; None when it has expired, or cannot be decrypted."""
        text = await self.store.kept(f"order:{order}")
        if text is None:
            return None
        known = json.loads(text)
        known["made_at"] = datetime.fromtimestamp(known["made_at"], UTC)
        return PackOrder(**known)

    async def note_paid(self, order: str, charge: str) -> None:
        """Note that an order was paid."""
        await self.store.keep(self._epoch(), f"paid:{order}", charge, 2 * ORDER_LIVES_S)

    async def is_paid(self, order: str) -> bool:
        """Return whether an order was paid."""
        return await self.store.kept(f"paid:{order}") is not None

    async def begin_checkout(self, order: str, query: str) -> bool:
        """Begin the checkout of an order; False while another one is under way."""
        return await self.store.lock(self._epoch(), f"checkout:{order}", query, CHECKOUT_S)

    async def note_checkout(self) -> None:
        """Note that a checkout was let through: its payment may be in Telegram's list soon."""
        await self.store.put(self._epoch(), "meta", "checkout", _new_mark())

    async def last_checkout(self) -> str | None:
        """Return the mark of the last checkout that was noted; None if none was."""
        return await self.store.one("meta", "checkout")

    # Switches and the journal

    async def is_paused(self) -> bool:
        """Return whether an operator has stopped sales."""
        return bool(await self.store.one("meta", "paused"))

    async def pause(self, *, on: bool) -> None:
        """Stop sales, or go on."""
        await self.store.put(self._epoch(), "meta", "paused", "1" if on else "")

    async def note(self, kind: str, *, token: str = "", **about: str | int) -> None:
        """Append to the journal, once per token if there is one. It names no person."""
        entry = json.dumps({"at": self.now.isoformat(timespec="seconds"), "what": kind} | about)
        await self.store.note(self._epoch(), token or secrets.token_hex(8), entry)

    def _epoch(self) -> str:
        if not self.epoch:
            raise LedgerLost("no ledger is open")
        return self.epoch


def _hold_of(client: int, what: str) -> DeliveryHold:
    reason, since, tries = what.split(" ")
    at = datetime.fromtimestamp(float(since), UTC)
    return DeliveryHold(client, HoldReason(reason.replace("_", " ")), at, int(tries))


def _new_mark() -> str:
    return secrets.token_hex(4)
