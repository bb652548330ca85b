"""An API that is away, on a real clock: nobody waits for it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from plugins.rates.cache import LIVE_KEY, LiveCache, LiveRates
from sapp_bot.clock import SystemClock
from sapp_bot.sapp.errors import UpstreamUnreachable
from sapp_bot.sapp.models import Live

from .kit import MemoryLocks, MemoryStorage

LIMIT_S = 0.1
"""Within which an answer with its age is due while the API is away."""

ASKED = 20


async def refused() -> Live:
    """Call an address where nobody listens, as a client does while the API is away."""
    try:
        await asyncio.open_connection("127.0.0.1", 1)
    except OSError as error:
        raise UpstreamUnreachable("GET /service/live", sent=False) from error
    raise AssertionError("somebody listens")


async def test_old_rates_come_at_once_while_the_api_is_away() -> None:
    """The first who asks and all after them have the last rates, marked, within 100 ms."""
    clock = SystemClock()
    store = MemoryStorage().of(LiveRates, clock)
    then = datetime.now(UTC) - timedelta(hours=2)
    await store.set(LIVE_KEY, LiveRates(base="USD", rates={"EUR": Decimal("0.9")}, read_at=then))
    cache = LiveCache(store, MemoryLocks().of_rates(), clock)
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        snapshot = await cache.get(refused)
        took.append(time.perf_counter() - began)
        assert (snapshot.is_stale, snapshot.read_at) == (True, then)

    # The first may wait for a busy machine; most are what people feel.
    assert sorted(took)[len(took) // 2] < LIMIT_S
    assert took[0] < 10 * LIMIT_S
