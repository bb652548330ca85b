"""Troubles: handlers that do what an author should not, for the benchmark of the neighbours."""

from __future__ import annotations

import threading
import time

from sapp_bot import Ctx, Plugin

plugin = Plugin(version="1.0", sapp=">=1")

COMPUTES_S = 0.5


def compute_for(seconds: float) -> int:
    """Use the processor; return how many numbers were added up."""
    end, total = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        total += 1
    return total


@plugin.command
def hang() -> str:
    """Never end."""
    threading.Event().wait()
    return "over"


@plugin.command
def compute() -> str:
    """Compute in a thread, as a plain function does."""
    return f"computed {compute_for(COMPUTES_S)}"


@plugin.command
async def compute_here(ctx: Ctx) -> None:
    """Compute on the event loop, which stands meanwhile."""
    await ctx.say(f"computed {compute_for(COMPUTES_S)}")
