"""The system's clock, as implementation of `ports.Clock`; tests inject their own."""

from __future__ import annotations

import asyncio
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
