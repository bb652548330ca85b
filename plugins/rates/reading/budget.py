"""What the service account may pay for in a day: in all, for live rates first, and for a person."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta

from pydantic import BaseModel

from sapp_bot import NextStep, Store
from sapp_bot.services import (
    Clock,
    KeyRefused,
    NoClientYet,
    NoReadsLeft,
    NoServiceAccount,
    OriginRefused,
    SessionExpired,
    UpstreamFailed,
    UpstreamUnreachable,
    UserError,
)

TWO_DAYS_S = timedelta(days=2).total_seconds()
"""How long a day's count is kept."""

HOUR = timedelta(hours=1)

LEAST_SHARE = 12
"""Reads of the past that a person may cause in a day at least: three years of one currency."""

SHARES = 10
"""So many people use up a day's reads, and not fewer, where the limit is large."""


class DailyLimitReached(UserError):
    """The service account has paid for all the reads that its operator allows in a day."""

    reply = (
        "Fresh rates are used up for today: this bot may pay for {limit} reads a day. They are "
        "there again after midnight UTC."
    )
    next_steps = (NextStep("rates", "‹ Rates"), NextStep("start", "‹ Home"))


class ShareUsedUp(DailyLimitReached):
    """One person has had their share of a day's reads, which are for everybody."""

    reply = (
        "You have had the {limit} reads of past rates that this bot pays for one person in a day. "
        "There are more after midnight UTC; days that were read already cost nothing."
    )


class Spent(BaseModel):
    """How many reads the service account has paid for on one day (UTC).

    `is_told` says that operators know that they are used up.
    """

    reads: int = 0
    is_told: bool = False


class Share(BaseModel):
    """How many reads of the past one person has caused, on the last day (UTC) they caused any."""

    day: date
    reads: int = 0


class ReadBudget:
    """Counts what the service account pays for, against a limit a day.

    One read for each hour that is left of the day is kept for live rates: conversions, cards and
    alerts need no more. The past has the rest, of which each person has a share.
    """

    def __init__(self, spent: Store[Spent], shares: Store[Share], clock: Clock, limit: int) -> None:
        self._spent = spent
        self._shares = shares
        self._clock = clock
        self._limit = limit
        self._lock = asyncio.Lock()

    @property
    def limit(self) -> int:
        """Reads a day, at most."""
        return self._limit

    @property
    def share(self) -> int:
        """Reads of the past that one person may cause in a day, at most."""
        return max(LEAST_SHARE, self._limit // SHARES)

    @asynccontextmanager
    async def live(self) -> AsyncIterator[None]:
        """Pay for one read of live rates, made inside; it is given back if it cannot have counted.

        Raises:
            DailyLimitReached: there are none left today.

        """
        async with self._paid(self._limit):
            yield

    @asynccontextmanager
    async def past(self, person: int) -> AsyncIterator[None]:
        """Pay for one read of past rates that a person (a Telegram id) asks for, as above.

        Raises:
            DailyLimitReached: none but those for live rates are left today.
            ShareUsedUp: the person has had theirs.

        """
        async with self._paid(self._limit - self._kept_for_live(), person):
            yield

    async def is_news(self) -> bool:
        """Return whether the day's reads are used up, and operators do not know yet: once a day."""
        day = self._today()
        async with self._lock:
            spent = await self._spent.get(day.isoformat()) or Spent()
            used_up = spent.reads >= self._limit - self._kept_for_live()
            if used_up and not spent.is_told:
                await self._keep(day, spent.model_copy(update={"is_told": True}))
            return used_up and not spent.is_told

    @asynccontextmanager
    async def _paid(self, most: int, person: int = 0) -> AsyncIterator[None]:
        day = self._today()
        await self._take(day, most, person)
        try:
            yield
        except Exception as error:
            if is_uncounted(error):
                await self._give_back(day, person)
            raise

    async def _take(self, day: date, most: int, person: int) -> None:
        async with self._lock:
            spent = await self._spent.get(day.isoformat()) or Spent()
            if spent.reads >= most:
                raise DailyLimitReached(limit=self._limit)
            if person:
                share = await self._share_of(day, person)
                if share.reads >= self.share:
                    raise ShareUsedUp(limit=self.share)
                await self._add(share, 1, person)
            await self._keep(day, spent.model_copy(update={"reads": spent.reads + 1}))

    async def _give_back(self, day: date, person: int) -> None:
        async with self._lock:
            spent = await self._spent.get(day.isoformat()) or Spent()
            await self._keep(day, spent.model_copy(update={"reads": max(0, spent.reads - 1)}))
            if person:
                await self._add(await self._share_of(day, person), -1, person)

    async def _keep(self, day: date, spent: Spent) -> None:
        await self._spent.set(day.isoformat(), spent, ttl_s=TWO_DAYS_S)

    async def _share_of(self, day: date, person: int) -> Share:
        share = await self._shares.get(person)
        return share if share is not None and share.day == day else Share(day=day)

    async def _add(self, share: Share, reads: int, person: int) -> None:
        counted = share.model_copy(update={"reads": max(0, share.reads + reads)})
        await self._shares.set(person, counted, ttl_s=TWO_DAYS_S)

    def _kept_for_live(self) -> int:
        """Return what is kept for the hours that are left of the day; half of a small limit."""
        now = self._clock.now().astimezone(UTC)
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        return min(math.ceil((midnight - now) / HOUR), self._limit // 2)

    def _today(self) -> date:
        return self._clock.now().astimezone(UTC).date()


def is_uncounted(error: BaseException) -> bool:
    """Return whether the API has counted no read for a call that ended so.

    It counts one for each answer but a refused key's, a failure's too, and sees no call that never
    left us. Source: the API's middleware, which counts behind its check of the key.
    """
    if isinstance(error, UpstreamUnreachable):
        return not error.sent
    if isinstance(error, UpstreamFailed):
        return error.undone
    return isinstance(
        error,
        (KeyRefused, NoReadsLeft, OriginRefused, NoClientYet, NoServiceAccount, SessionExpired),
    )
