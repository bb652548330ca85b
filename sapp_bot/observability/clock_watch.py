"""Notices when the machine's clock is set while the bot runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

LOOK_S = 2.0
"""How often the clocks are compared, in seconds."""

APART_S = 2.0
"""What counts as set, in seconds: NTP that slews a clock moves it by a millisecond in that time."""

log = structlog.get_logger(__name__)


def steady_time() -> float:
    """Return seconds that nobody can set; they go on while the machine sleeps, where it can tell.

    Source: clock_getres(2), CLOCK_BOOTTIME. After a sleep the time of day is right, and nothing has
    to be mended; with a clock that stands still meanwhile it would look set.
    """
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


async def watch_clock(
    moved: Callable[[float], Awaitable[None]],
    *,
    wall: Callable[[], float] = time.time,
    steady: Callable[[], float] = steady_time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> NoReturn:
    """Compare the clocks for ever; `moved` is told by how many seconds the time of day was set."""
    apart = wall() - steady()
    while True:
        await sleep(LOOK_S)
        now = wall() - steady()
        by_s = now - apart
        if abs(by_s) >= APART_S:
            apart = now
            log.warning("clock.moved", by_s=round(by_s, 1))
            await moved(by_s)
