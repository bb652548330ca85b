"""One bot under test, as a process: plays what the parent says against the older stand-ins.

Run by its path, with the older checkout first in `PYTHONPATH`: `tests.benchmarks` and `sapp_bot`
are then those of that checkout. So it uses only what every checkout since commit 5171197 has. Which
bot is played with it is told: both are played by the same people, with the same Telegram and API.
Two cores of one machine share more than they seem to, so a Telegram of our own that has learned
more slows the bot beside it by a tenth.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

from tests.benchmarks import rounds
from tests.benchmarks.field import Field
from tests.benchmarks.figures import Part, sample
from tests.benchmarks.pipe import serve
from tests.benchmarks.proc import cpu_s, rss_mib

STOP_S = 30.0


class CheckoutBot:
    """The bot of a checkout, in the place of the one that the field has made.

    Args:
        interpreter: Path of its Python.
        environment: Its environment variables, all of them.
        folder: Its working directory.

    """

    role = "bot"

    def __init__(self, interpreter: str, environment: Mapping[str, str], folder: Path) -> None:
        self.log = folder / "bot.log"
        self._command = (interpreter, "-m", "sapp_bot", "run")
        self._environment = dict(environment)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id."""
        assert self._process is not None
        return self._process.pid

    def start(self, **settings: str) -> float:
        """Start the process; gives the (monotonic) time right before."""
        with self.log.open("ab") as log:
            began = time.monotonic()
            self._process = subprocess.Popen(  # noqa: S603  # the parent's own checkouts
                self._command,
                cwd=self._folder,
                env={**self._environment, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return began

    def stop(self) -> None:
        """Ask it to end; kill it when it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class Driver:
    """What the parent can ask for; each call blocks until it is done."""

    def __init__(self, field: Field, folder: Path) -> None:
        self._field = field
        self._folder = folder / "bot"

    def start(
        self,
        persons: int,
        *,
        project: str,
        interpreter: str,
        plugins: Sequence[str],
        settings: Mapping[str, str],
    ) -> None:
        """Start a bot for the first time, with so many persons logged in.

        Args:
            persons: How many.
            project: Folder of the bot's checkout.
            interpreter: Path of its Python, with what its requirements name.
            plugins: Which of the checkout's plugins it has: names of files or folders.
            settings: Variables that it gets besides those of the field.

        """
        folder, shipped = self._folder / "checkout", Path(project, "plugins")
        left_out = ignore_patterns("__pycache__")
        for name in plugins:
            place = shipped / name
            if place.is_dir():
                copytree(place, folder / name, ignore=left_out)
            else:
                folder.mkdir(exist_ok=True)
                (folder / name).write_bytes(place.read_bytes())
        environment = {
            **self._field.bots["bot"]._environment,
            **settings,
            "PYTHONPATH": project,
            "SAPP_PLUGINS": str(folder),
        }
        # What is asked of a bot here is the same for the field's own and for this one.
        self._field.bots["bot"] = CheckoutBot(interpreter, environment, self._folder)  # type: ignore[assignment]
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
        try:
            await serve({name: partial(asyncio.to_thread, getattr(driver, name)) for name in names})
        finally:
            field.bots["bot"].stop()


if __name__ == "__main__":
    asyncio.run(main())
