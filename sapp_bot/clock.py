"""The system's clock, as implementation of `ports.Clock`; tests inject their own."""

from __future__ import annotations

import asyncio
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime


class SystemClock:
    """Wall clock of the machine, and timers of the running event loop."""

    def now(self) -> datetime:
        """Return the current time, aware UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds."""
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
        """Schedule a call in the running event loop after some seconds."""
        return asyncio.get_running_loop().call_later(seconds, call)


def pin_time_zones() -> None:
    """Have `zoneinfo` read the pinned `tzdata` package, and never the system's older data.

    By itself it asks the system first, and a system of last year is an hour wrong in several
    countries. Source: https://docs.python.org/3/library/zoneinfo.html#data-sources
    """
    zoneinfo.reset_tzpath(())
