"""Waits for work until it has ended, or stands still: then it waits for a clock of the test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

STILL_LOOKS = 50
"""Looks in a row at which nothing has moved, from which on work stands still: a second of them."""

MOST_LOOKS = 500
"""Most looks at work that moves for ever."""

LOOK_S = 0.02
"""Real seconds between two looks, on a machine that has time for them."""

MOVE_S = 0.001
"""Processor time between two looks that something else than the look itself has taken."""


async def ended_or_still(
    work: Coroutine[Any, Any, None], *, still_looks: int = STILL_LOOKS
) -> bool:
    """Return True when work has ended, False when it stands still and is given up.

    Looks are counted, not seconds: on a busy machine a second passes with nothing done.

    Args:
        work: What to wait for.
        still_looks: Looks in a row at which nothing has moved, until it is given up.

    Raises:
        Exception: whatever the work raises.

    """
    task = asyncio.create_task(work)
    try:
        still = 0
        for _ in range(MOST_LOOKS):
            began_s = time.thread_time()
            await asyncio.wait({task}, timeout=LOOK_S)
            if task.done():
                task.result()
                return True
            still = 0 if time.thread_time() - began_s > MOVE_S else still + 1
            if still == still_looks:
                break
        return False
    finally:
        task.cancel()
        await asyncio.wait({task})
