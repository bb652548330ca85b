"""While no worker lives people hear once that they are answered later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sapp_bot.domain.updates import Update
from sapp_bot.errors import StoreAway
from sapp_bot.roles.gateway.staffing import ALONE_S, LOOK_S, Staffing
from sapp_bot.testing import ManualClock
from tests.unit.inbox_kit import NOW, message, press


class Played:
    """Workers that come and go, and the notices that were sent."""

    def __init__(self) -> None:
        self.is_staffed = False
        self.is_away = False
        self.told: list[str] = []

    async def has_workers(self) -> bool:
        """Look."""
        if self.is_away:
            raise StoreAway
        return self.is_staffed

    def are_for(self, update: Update) -> bool:
        """Return whether somebody may get notices."""
        return bool(update.key)

    async def store_away(self, update: Update) -> None:
        """Note a notice."""
        self.told.append(update.key)

    async def slow_down(self, update: Update) -> None:
        """Not used here."""
        raise NotImplementedError(update)


@asynccontextmanager
async def looking() -> AsyncIterator[tuple[Played, ManualClock, Staffing]]:
    """Give one that looks."""
    played, clock = Played(), ManualClock(NOW)
    staffing = Staffing(played.has_workers, played, clock)
    running = asyncio.create_task(staffing.run())
    try:
        yield played, clock, staffing
    finally:
        running.cancel()
        await asyncio.wait({running})


async def settle() -> None:
    """Let all go on that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_people_are_told_once_in_a_chat_after_some_seconds() -> None:
    """Not right after the start, and not for a press."""
    async with looking() as (played, clock, staffing):
        staffing.arrived(message(1))
        await clock.advance(ALONE_S, settle)
        for update in (press(2), message(3), message(4), message(5, person=2)):
            staffing.arrived(update)
        await settle()

        assert played.told == [message(3).key, message(5, person=2).key]
        assert not staffing.has_workers


async def test_they_are_told_again_when_workers_had_been_back() -> None:
    """While one lives nobody is told."""
    async with looking() as (played, clock, staffing):
        await clock.advance(ALONE_S, settle)
        staffing.arrived(message(1))
        played.is_staffed = True
        await clock.advance(LOOK_S, settle)
        assert staffing.has_workers
        staffing.arrived(message(2))
        played.is_staffed = False
        await clock.advance(ALONE_S + LOOK_S, settle)
        staffing.arrived(message(3))
        await settle()

        assert played.told == [message(1).key, message(3).key]


async def test_an_outage_of_redis_says_nothing_of_workers() -> None:
    """Who writes then hears of it anyway."""
    async with looking() as (played, clock, staffing):
        played.is_staffed = True
        await clock.advance(LOOK_S, settle)
        played.is_away = True
        await clock.advance(5 * ALONE_S, settle)

        assert staffing.has_workers
