"""What is outside of the ledger, small, in one process, and as treacherous as the real things.

The API keeps rows as gorm does: a metered call loads one, waits, and saves all columns, a PATCH
likewise, a PUT one column. Every call may fail before or after it was carried out, or be carried
out when its caller has long given up. Telegram's list is the truth about who paid; its updates are
not. The store is in `memory_store.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.errors import SappBotError, TelegramAway
from sapp_bot.ledger.values import Direction, RefundAnswer, StarsRecord


class ApiTrouble(SappBotError):
    """The API could not be asked, or nobody knows what it did."""

    retry = True


@dataclass(slots=True)
class Weather:
    """How much goes wrong: shares of calls. An outage answers 403 to everything."""

    random: Random
    api: float = 0.0
    store: float = 0.0
    telegram: float = 0.0
    updates: float = 0.0
    is_api_out: bool = False
    api_stalls_s: float = 0.0
    store_stalls_s: float = 0.0
    is_hostile: bool = False
    """Whether a fault can be an exception that nobody expects."""

    def clear(self) -> None:
        """Let nothing go wrong from now on."""
        self.api = self.store = self.telegram = self.updates = 0.0
        self.is_api_out = self.is_hostile = False

    def strikes(self, share: float) -> bool:
        """Draw whether something goes wrong."""
        return share > 0 and self.random.random() < share

    async def wait(self, most_s: float) -> None:
        """Take a moment, up to `most_s` seconds."""
        await asyncio.sleep(self.random.random() * most_s)


@dataclass(slots=True)
class Row:
    """A client's row; copies are what calls load."""

    available: int
    used: int = 0
    is_deleted: bool = False


@dataclass(slots=True)
class RacyApi:
    """The clients of the SAPP API.

    Attributes:
        rows: What is stored.
        highest: By client, the highest number of reads that ever stood there.
        most_used: By client, the highest number of used reads that ever stood there.
        shown: By client, what GETs have shown, in order.
        puts: How many PUT and PATCH were carried out.
    """

    weather: Weather
    rows: dict[int, Row] = field(default_factory=dict)
    highest: dict[int, int] = field(default_factory=dict)
    most_used: dict[int, int] = field(default_factory=dict)
    shown: dict[int, list[int]] = field(default_factory=dict)
    puts: int = 0
    _behind: set[asyncio.Task[None]] = field(default_factory=set)

    def make(self, client: int, available: int) -> None:
        """Make a client."""
        self.rows[client] = Row(available)
        self.highest[client] = available
        self.most_used[client] = 0
        self.shown[client] = []

    async def reads(self, client: int) -> ClientReads | None:
        """GET one client."""
        await self._enter()
        row = self.rows[client]
        found = None if row.is_deleted else ClientReads(row.available, row.used)
        await self._leave()
        if found is not None:
            self.shown[client].append(found.available)
        return found

    async def all_reads(self) -> Mapping[int, ClientReads]:
        """GET all clients."""
        await self._enter()
        found = {
            client: ClientReads(row.available, row.used)
            for client, row in self.rows.items()
            if not row.is_deleted
        }
        await self._leave()
        return found

    async def set_reads(self, client: int, reads: int) -> None:
        """PUT: one column."""
        await self._write(self._put(client, reads))

    async def add_reads(self, client: int, reads: int) -> None:
        """PATCH: load, add, save all columns."""
        await self._write(self._patch(client, reads))

    async def metered(self, client: int, takes_s: float) -> None:
        """Answer a metered call: load, wait, answer, and save all columns a little later."""
        if self.weather.is_api_out:
            return
        loaded = replace(self.rows[client])
        if loaded.is_deleted or loaded.used >= loaded.available:
            return
        await asyncio.sleep(takes_s)
        await self.weather.wait(0.01)
        loaded.used += 1
        self._save(client, loaded)

    def set_by_hand(self, client: int, available: int) -> None:
        """Have somebody set a number past the ledger."""
        self.rows[client] = replace(self.rows[client], available=available)

    def delete(self, client: int) -> None:
        """Delete a client; a metered call under way brings it back."""
        self.rows[client].is_deleted = True

    async def _put(self, client: int, reads: int) -> None:
        if not self.rows[client].is_deleted and reads:
            self._save(client, replace(self.rows[client], available=reads))

    async def _patch(self, client: int, reads: int) -> None:
        loaded = replace(self.rows[client])
        await self.weather.wait(0.002)
        if not loaded.is_deleted:
            loaded.available += reads
            self._save(client, loaded)

    def _save(self, client: int, row: Row) -> None:
        self.rows[client] = row
        self.puts += 1
        self.highest[client] = max(self.highest[client], row.available)
        self.most_used[client] = max(self.most_used[client], row.used)

    async def _enter(self) -> None:
        await self.weather.wait(0.01)
        if self.weather.api_stalls_s:
            await asyncio.sleep(self.weather.api_stalls_s)
        if self.weather.is_api_out:
            raise ApiTrouble("403 as the database is away")
        if self.weather.strikes(self.weather.api / 2):
            raise self._trouble("before")

    async def _leave(self) -> None:
        await self.weather.wait(0.01)
        if self.weather.strikes(self.weather.api / 2):
            raise self._trouble("after")

    def _trouble(self, when: str) -> Exception:
        if self.weather.is_hostile and self.weather.strikes(0.3):
            return RuntimeError(f"an error that nobody has thought of, {when}")
        return ApiTrouble(f"500 or a timeout, {when}")

    async def _write(self, work: object) -> None:
        """Carry a write out on the server's side, whatever becomes of its caller."""
        assert asyncio.iscoroutine(work)
        try:
            await self._enter()
        except BaseException:
            work.close()
            raise
        if self.weather.strikes(self.weather.api / 2):
            self._spawn(self._late(work))
            await self.weather.wait(0.05)
            raise ApiTrouble("timeout; it is carried out later")
        await asyncio.shield(self._spawn(work))
        await self._leave()

    async def _late(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        await asyncio.sleep(self.weather.random.choice((0.02, 0.5, 5.0, 20.0)))
        await work

    def _spawn(self, work: object) -> asyncio.Task[None]:
        assert asyncio.iscoroutine(work)
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)
        return task


@dataclass(slots=True)
class StarsList:
    """Telegram's list of transactions, and the refunds it carries out.

    Attributes:
        refuses: Charges whose refund is refused for good.
        away: Charges whose refund gets no answer.
        instead: What every refund is answered with, None to carry it out.
        asked: How many pages were asked for.
    """

    weather: Weather
    rows: list[StarsRecord] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    instead: RefundAnswer | None = None
    asked: int = 0

    def pay(self, charge: str, stars: int, payload: bytes, user: int, at: datetime) -> StarsRecord:
        """Take a payment."""
        row = StarsRecord(charge, Direction.PAID, stars, payload, user, at)
        self.rows.append(row)
        return row

    def take_back(self, charge: str) -> StarsRecord | None:
        """Return the Stars of a payment; None if they are returned already."""
        if self.is_returned(charge):
            return None
        paid = next(row for row in self.rows if row.charge == charge)
        row = replace(paid, direction=Direction.RETURNED)
        self.rows.append(row)
        return row

    def is_returned(self, charge: str) -> bool:
        """Return whether the Stars of a payment went back."""
        return any(
            row.charge == charge and row.direction is Direction.RETURNED for row in self.rows
        )

    async def transactions(self, offset: int, limit: int) -> Sequence[StarsRecord]:
        """Return rows from a number on."""
        await self._enter()
        self.asked += 1
        return self.rows[offset : offset + limit]

    async def find(self, charge: str) -> StarsRecord | None:
        """Return the payment of a charge."""
        await self._enter()
        return next((row for row in self.rows if row.charge == charge), None)

    async def refund(self, user: int, charge: str) -> RefundAnswer:
        """Return the Stars of a payment."""
        await self._enter()
        if charge in self.away:
            raise TelegramAway("no answer")
        if self.instead is not None:
            return self.instead
        if charge in self.refuses:
            return RefundAnswer.REFUSED
        answer = RefundAnswer.DONE if self.take_back(charge) else RefundAnswer.ALREADY
        await self.weather.wait(0.01)
        if self.weather.strikes(self.weather.telegram):
            raise TelegramAway("the answer is lost")
        return answer

    async def _enter(self) -> None:
        await self.weather.wait(0.02)
        if self.weather.strikes(self.weather.telegram):
            raise TelegramAway("no connection")
