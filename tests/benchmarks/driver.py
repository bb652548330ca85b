"""One checkout under test, as a process: plays what the parent says with its own code.

Run by its path, with the checkout first in `PYTHONPATH`: `tests.benchmarks` and `sapp_bot` are
then those of the checkout, which may be older than this file. So it uses only what every checkout
since commit 5171197 has.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Any

from tests.benchmarks import rounds
from tests.benchmarks.field import Field
from tests.benchmarks.figures import Part, sample
from tests.benchmarks.pipe import serve
from tests.benchmarks.proc import cpu_s, rss_mib


class Driver:
    """What the parent can ask for; each call blocks until it is done."""

    def __init__(self, field: Field, folder: Path) -> None:
        self._field = field
        self._plugins = folder / "bot" / "plugins"

    def start(self, persons: int, without: Sequence[str] = ()) -> None:
        """Start the bot for the first time, with so many persons logged in.

        Args:
            persons: How many.
            without: Plugins of the checkout that the bot is not to have: names of files or folders.

        """
        for name in without:
            entry = self._plugins / name
            if entry.is_dir():
                rmtree(entry)
            else:
                entry.unlink()
        self._field.add_persons(persons)
        self._field.start("bot")

    def play(self, name: str, persons: int, each: int, api_ms: float) -> dict[str, Any]:
        """Play one part; gives rate (1/s), p50 and p95 (ms) and CPU (s per 1,000 commands)."""
        self._field.api.ask("delay", ms=api_ms)
        played, load = self._field.play("bot", first=0, count=persons, each=each, parallel=persons)
        taken = sample(Part(name, persons, each), "bot", played, load, load["bot"])
        figures = ("rate", "p50_ms", "p95_ms", "cpu_s_per_1000", "foreign_cores")
        return {figure: getattr(taken, figure) for figure in figures}

    def restart(self) -> dict[str, float]:
        """Restart the bot while a message waits; gives `start_s`, its CPU, and `rss_mib` after."""
        bot = self._field.bots["bot"]
        bot.stop()
        self._field.api.ask("delay", ms=0)
        self._field.telegram.ask("post", role="bot", person=0, text="/get_client")
        began = bot.start()
        at, _ = self._field.heard(0)
        return {"start_s": at - began, "start_cpu_s": cpu_s(bot.pid), "rss_mib": rss_mib(bot.pid)}

    def counted(self, commands: int) -> dict[str, float]:
        """Give the round trips to Redis that a command takes."""
        trips = rounds._round_trips  # older checkouts have it under this name only
        return {"round_trips": trips(self._field, commands)}


async def main() -> None:
    """Serve."""
    with tempfile.TemporaryDirectory() as folder, Field(Path(folder)) as field:
        driver = Driver(field, Path(folder))
        names = ("start", "play", "restart", "counted")
        await serve({name: partial(asyncio.to_thread, getattr(driver, name)) for name in names})


if __name__ == "__main__":
    asyncio.run(main())
