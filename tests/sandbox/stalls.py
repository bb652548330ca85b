"""Measures how long an event loop is busy at once, in time of the processor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Stalls:
    """`longest_s`: the most that all callbacks of one turn of the loop took.

    Time of the processor, so that a machine with other work does not count.
    """

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def watch(self) -> None:
        """Look at each turn of the loop. Ends when cancelled."""
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            self.longest_s = max(self.longest_s, time.thread_time() - began)


@asynccontextmanager
async def watching() -> AsyncIterator[Stalls]:
    """Measure during the block."""
    stalls = Stalls()
    watch = asyncio.create_task(stalls.watch())
    try:
        yield stalls
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
