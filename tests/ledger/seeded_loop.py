"""An event loop whose time is virtual, and whose order is drawn from a seed.

Whatever is ready runs in a random order; when nothing is, time jumps to the next timer. The same
seed gives the same run. It waits for no sockets: all that the explorer plays is in one process.
"""

from __future__ import annotations

import asyncio
import heapq
import random as dice
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Seeded(Protocol):
    """A world that plays a schedule of its own dice, and says what was wrong."""

    random: Random
    faults: list[str]

    def play(self) -> Coroutine[Any, Any, object]:
        """Play it."""


W = TypeVar("W", bound=Seeded)

START = datetime(2026, 5, 1, 12, tzinfo=UTC)


MOST_TURNS = 300_000
"""Callbacks of one schedule, some hundred times as many as it needs."""


class NothingLeft(RuntimeError):
    """Everybody waits for something that can never come, or nobody ever waits."""


class SeededLoop(asyncio.BaseEventLoop):
    """Runs one schedule."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self._now = 0.0
        self._turns = 0

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._now

    def _run_once(self) -> None:
        """Run one callback that is ready, any of them."""
        self._turns += 1
        if self._turns == MOST_TURNS:
            raise NothingLeft("it never comes to rest")
        timers = self._scheduled
        while timers and timers[0].cancelled():
            heapq.heappop(timers)
        if not self._ready:
            if not timers:
                raise NothingLeft
            self._now = max(self._now, timers[0].when())
        while timers and timers[0].when() <= self._now:
            self._ready.append(heapq.heappop(timers))
        at = self._random.randrange(len(self._ready)) if len(self._ready) > 1 else 0
        handle = self._ready[at]
        del self._ready[at]
        if not handle.cancelled():
            handle._run()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Count nothing: cancelled timers go when their time comes."""

    def _write_to_self(self) -> None:
        """Wake nobody: there is no other thread."""


class LoopClock:
    """The bot's clock on the running loop's time."""

    def now(self) -> datetime:
        """Return the virtual time."""
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    @staticmethod
    def time() -> float:
        """Return the virtual time in seconds since the begin."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
        """Plan a call."""
        return asyncio.get_running_loop().call_later(seconds, call)


def run_seeded(random: Random, main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop of its own."""
    loop = SeededLoop(random)
    try:
        return loop.run_until_complete(main)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(_turns())
        loop.close()


async def _turns() -> None:
    for _ in range(1000):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if not others:
            return
        await asyncio.sleep(0)


def played(world: W, seed: int) -> W:
    """Play a world to its end; the dice of `sapp_bot.retry`'s jitter are the seed's, too."""
    before = dice.getstate()
    dice.seed(seed)
    try:
        run_seeded(world.random, world.play())
    except NothingLeft as error:
        world.faults.append(f"I3 {error}")
    finally:
        dice.setstate(before)
    return world
