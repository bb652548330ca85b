"""Stalls: how long the bot's event loop stood still since this was asked the last time.

A plugin as any other, for the benchmark only. It does nothing until it is asked the first time.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from sapp_bot import Ctx, Plugin

plugin = Plugin(version="1.0", sapp=">=1")

EVERY_S = 0.005
_SCHEDSTAT = Path("/proc/thread-self/schedstat")


class Watch:
    """Notes how late a timer of 5 ms comes up."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._at = time.monotonic()
        self._waited_s = waited_s()
        self.longest_s = 0.0
        self.longest_wall_s = 0.0
        self._loop.call_later(EVERY_S, self._look)

    def _look(self) -> None:
        now, waited = time.monotonic(), waited_s()
        late = now - self._at - EVERY_S
        # What another process had of our processor is no stall of ours.
        self.longest_s = max(self.longest_s, late - (waited - self._waited_s))
        self.longest_wall_s = max(self.longest_wall_s, late)
        self._at, self._waited_s = now, waited
        self._loop.call_later(EVERY_S, self._look)


def waited_s() -> float:
    """Tell how long this thread was ready to run and had no processor.

    Source: https://docs.kernel.org/scheduler/sched-stats.html, /proc/<pid>/schedstat.
    """
    return int(_SCHEDSTAT.read_text().split()[1]) / 1e9


_watches: list[Watch] = []


@plugin.command
async def stalls(ctx: Ctx) -> None:
    """Tell the longest stall since the last time, without and with waits for a processor (ms)."""
    if not _watches:
        _watches.append(Watch())
    watch = _watches[0]
    text = f"{watch.longest_s * 1000:.1f} {watch.longest_wall_s * 1000:.1f}"
    watch.longest_s = watch.longest_wall_s = 0.0
    await ctx.say(text)
