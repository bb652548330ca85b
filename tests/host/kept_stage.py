"""`python -m tests.host.kept_stage`: says what is left of a stage that has ended."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from contextlib import suppress
from pathlib import Path

from sapp_bot.testing import Stage
from tests.plugins.people import with_client

NOTHING = "nothing is kept"

ENDS_S = 20.0
"""Longest wait for a thread in which a plugin prepares something: its context ends with it."""


async def what_is_kept() -> str:
    """Return what of a stage is still there, the first that has read its plugins."""
    asked_for_the_first_time = Path("plugins", "..", "plugins")
    async with Stage(asked_for_the_first_time) as stage:
        await with_client(stage)
        kept: dict[str, weakref.ref[object]] = {
            "the clock": weakref.ref(stage.clock),
            "the chats": weakref.ref(stage.room),
        }
    del stage
    left = [*kept]
    with suppress(TimeoutError):
        async with asyncio.timeout(ENDS_S):
            while left:
                await asyncio.sleep(0)
                gc.collect()
                left = [name for name, ref in kept.items() if ref() is not None]
    return ", ".join(left) or NOTHING


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(what_is_kept())}\n")
