"""The real clock; tests bring their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime


class SystemClock:
    """Time as the machine and the running event loop have it."""

    def now(self) -> datetime:
        """Give the time, aware UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
        """Make a call after some seconds, in the event loop."""
        return asyncio.get_running_loop().call_later(seconds, call)
