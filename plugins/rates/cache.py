"""The rates that everybody shares: read from the API once, kept in Redis, served with their age."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, NamedTuple

from pydantic import BaseModel

from sapp_bot import Store
from sapp_bot.services import (
    Clock,
    Live,
    Locks,
    SappBotError,
    UpstreamFailed,
)

from .reading.pause import FailurePause, is_about_payer

LIVE_FOR = timedelta(minutes=60)
"""The API's own cache has the same length: asking earlier pays for the same numbers."""

GRACE_S = 0.08
"""How often it is looked whether the API is away while fresh rates are waited for: an outage must
not be felt, and an answer with the age of its rates is due within 100 ms."""

SLOW_S = 2.0
"""How long stale rates are held back for fresh ones from an API that is slow."""

OLD = timedelta(hours=6)
OLD_SLOW_S = 6.0
"""The same for rates that old, which nobody wants: nearly all that a call may take (7.5 s), and
less than an inline query has (7 s)."""

LOCK_S = 15
"""Longer than one call of the API may take."""

POLL_S = 0.25
POLLS = 60

LIVE_KEY = "live"

ReadLive = Callable[[], Awaitable[Live]]
"""Reads the live rates from the API, and pays for it."""


class LiveRates(BaseModel):
    """All rates of one reading: units of each currency per one `base`, read at `read_at` (UTC)."""

    schema_version: ClassVar[int] = 1

    base: str
    rates: dict[str, Decimal]
    read_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Return whether the API would still answer the same. A clock set back makes it stale."""
        return timedelta(0) <= now - self.read_at < LIVE_FOR


class Snapshot(NamedTuple):
    """Rates as they are served. `is_stale` says that newer ones could not be had just now.

    `error` is why, where that is known.
    """

    base: str
    rates: Mapping[str, Decimal]
    read_at: datetime
    is_stale: bool = False
    error: SappBotError | None = None


class LiveCache:
    """Live rates: one reading an hour for everybody, whoever asks, in however many processes."""

    def __init__(
        self,
        store: Store[LiveRates],
        locks: Locks,
        clock: Clock,
        unanswered: Callable[[], int] = lambda: 0,
    ) -> None:
        """Take what rates are kept in, and how many tries the API has left without an answer."""
        self._store = store
        self._locks = locks
        self._clock = clock
        self._unanswered = unanswered
        self._known: LiveRates | None = None
        self._reading: asyncio.Task[LiveRates] | None = None
        self._began_at = clock.now()
        self._unanswered_before = 0
        self._pause = FailurePause(clock)

    async def get(self, read: ReadLive) -> Snapshot:
        """Return the rates; `read` is called when there are none younger than an hour.

        A slow API is waited for: 2 s from the beginning of the reading, 6 s where the rates that
        there are have got old. Stale rates are returned, and marked, when fresh ones do not come
        by then, which are read on behind for the next one who asks; and at once when the API has
        just failed, or a try of the reading found it away.

        Raises:
            SappError: there are no rates at all, and the API gives none.
            DailyLimitReached: as above, where the service account pays.

        """
        known = await self._newest()
        if known is not None and known.is_fresh(self._clock.now()):
            return _snapshot(known)
        if known is not None and self._pause.is_on:
            return _stale(known, self._pause.error)
        is_own, reading = self._begin(read)
        if known is not None and not await self._done_in_time(reading, known):
            return _stale(known)
        try:
            return _snapshot(await asyncio.shield(reading))
        except SappBotError as error:
            if not is_own and is_about_payer(error):
                return await self.get(read)  # somebody else could not pay; who asks here may
            if known is None:
                raise
            return _stale(known, error)

    async def peek(self) -> Snapshot | None:
        """Return the rates that are there, however old, and read nothing."""
        known = await self._newest()
        if known is None:
            return None
        return _snapshot(known) if known.is_fresh(self._clock.now()) else _stale(known)

    def _begin(self, read: ReadLive) -> tuple[bool, asyncio.Task[LiveRates]]:
        """Return the reading that is under way, or begin one; and whether it was begun here."""
        if self._reading is not None and not self._reading.done():
            return False, self._reading
        self._began_at, self._unanswered_before = self._clock.now(), self._unanswered()
        self._reading = asyncio.create_task(self._read(read))
        self._reading.add_done_callback(self._note)
        return True, self._reading

    def _note(self, reading: asyncio.Task[LiveRates]) -> None:
        """Remember how a reading ended, also when nobody waits for it any more."""
        error = None if reading.cancelled() else reading.exception()
        if error is not None and is_about_payer(error):
            return  # it says nothing about the API: the next one who asks may be able to pay
        if reading.cancelled() or error is not None:
            self._pause.failed(error if isinstance(error, SappBotError) else None)
        else:
            self._pause.succeeded()

    async def _done_in_time(self, reading: asyncio.Task[LiveRates], known: LiveRates) -> bool:
        """Wait for a reading while that is worth it; return whether it has ended."""
        is_old = self._clock.now() - known.read_at >= OLD
        until = self._began_at + timedelta(seconds=OLD_SLOW_S if is_old else SLOW_S)
        while not reading.done():
            left_s = (until - self._clock.now()).total_seconds()
            if left_s <= 0 or self._unanswered() > self._unanswered_before:
                return False
            pause = asyncio.create_task(self._clock.sleep(min(left_s, GRACE_S)))
            try:
                await asyncio.wait({reading, pause}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                pause.cancel()
        return True

    async def _read(self, read: ReadLive) -> LiveRates:
        """Read the rates once for all processes: who has no lock waits for who has it."""
        for _ in range(POLLS):
            async with self._locks.hold(LIVE_KEY, ttl_s=LOCK_S) as is_mine:
                known = await self._load()
                if known is not None and known.is_fresh(self._clock.now()):
                    return known
                if is_mine:
                    return await self._keep(await read())
            await self._clock.sleep(POLL_S)
        raise UpstreamFailed("GET /service/live", "another process did not end its reading")

    async def _keep(self, live: Live) -> LiveRates:
        rates = {code: value for code, value in live.rates.items() if value > 0}
        fresh = LiveRates(
            base=live.base, rates={**rates, live.base: Decimal(1)}, read_at=self._clock.now()
        )
        await self._store.set(LIVE_KEY, fresh)
        self._known = fresh
        return fresh

    async def _newest(self) -> LiveRates | None:
        """Return what this process knows while it is fresh, else what any process has kept."""
        if self._known is not None and self._known.is_fresh(self._clock.now()):
            return self._known
        return await self._load()

    async def _load(self) -> LiveRates | None:
        self._known = await self._store.get(LIVE_KEY) or self._known
        return self._known


def _snapshot(known: LiveRates) -> Snapshot:
    return Snapshot(known.base, known.rates, known.read_at)


def _stale(known: LiveRates, error: SappBotError | None = None) -> Snapshot:
    return Snapshot(known.base, known.rates, known.read_at, is_stale=True, error=error)
