"""A world whose bot is a gateway and some workers: see `world.py`.

`world.bot` is the gateway, `world.workers` are the others; they share one folder, as on one
machine. Beside the plugins that ship they run `plugins/probe.py`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from sapp_bot.paths import shipped_plugins
from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.client.person import SimulatedUser
from tests.end_to_end.world import WAIT_S, World, read_line
from tests.forked import ForkedBot

PROBE = Path(__file__).parent / "plugins" / "probe.py"


class RolesWorld(World):
    """One gateway, some workers, their neighbours, and the persons."""

    def __init__(
        self,
        folder: Path,
        redis_url: str,
        *,
        workers: int = 2,
        kind: type[BotProcess] = ForkedBot,
        **settings: str,
    ) -> None:
        plugins, self.tries = folder / "plugins", folder / "tries"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(shipped_plugins(), plugins, ignore=ignored)
        shutil.copy(PROBE, plugins)
        self.tries.mkdir()
        super().__init__(
            folder,
            redis_url,
            kind=kind,
            SAPP_ROLE="gateway",
            SAPP_PLUGINS=str(plugins),
            PROBE_TRIES=str(self.tries),
        )
        self._olga = self.side.friend("Olga", "en")
        self.configure(SAPP_ADMINS=str(self._olga.id), **settings)
        self._count = workers
        self.workers: list[BotProcess] = []

    async def __aenter__(self) -> Self:
        """Start everything; the gateway takes updates then, and the workers work."""
        await super().__aenter__()
        try:
            for number in range(self._count):
                self.workers.append(self.worker(f"worker-{number + 1}"))
            for worker in self.workers:
                await worker.start()
            for worker in self.workers:
                await self.works(worker)
        except BaseException:
            await self._ending.aclose()
            raise
        return self

    async def operator(self) -> SimulatedUser:
        """Give Olga, who operates the bot."""
        return await self._join(self._olga)

    def worker(self, name: str, **settings: str) -> BotProcess:
        """Make a worker that is not started yet, and is stopped at the end."""
        worker = self.process(name, SAPP_ROLE="worker", **settings)
        worker.log.touch()
        self._ending.push_async_callback(worker.stop)
        return worker

    async def works(self, worker: BotProcess) -> None:
        """Wait until a worker that was started just now takes work."""
        said = self.said(worker, "worker.ready")
        await self.until(
            lambda: self.said(worker, "worker.ready") > said - bool(said) or worker.exit_code
        )
        assert worker.exit_code is None, "\n".join(["the worker ended:", *worker.tail()])

    async def restart_worker(self, worker: BotProcess) -> None:
        """Start a worker that has ended, and wait until it takes work."""
        said = self.said(worker, "worker.ready")
        await worker.start()
        await self.until(lambda: self.said(worker, "worker.ready") > said)

    def is_closed(self, worker: BotProcess) -> bool:
        """Tell whether a worker follows an operator who has closed the bot."""
        return self.said(worker, "maintenance.on") + self.said(worker, "maintenance.followed") > 0

    async def tells(self, role: str, text: str) -> None:
        """Wait until `health` says something; a sign of life comes every 5 s."""
        found = ""
        try:
            async with asyncio.timeout(WAIT_S):
                while found != text:
                    found = await self._health(role)
        except TimeoutError:
            raise AssertionError(found) from None

    async def _health(self, role: str) -> str:
        environment = self.environment(SAPP_ROLE=role)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sapp_bot", "health"),
            env=environment,
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
        )
        found, _ = await process.communicate()
        return found.decode().strip()

    def said(self, process: BotProcess, event: str) -> int:
        """Count how often a process has logged an event."""
        return process.log.read_text().count(f'"event":"{event}"')

    async def tried(self, word: str, tries: int) -> BotProcess:
        """Wait for a try of `/linger`; return the worker that makes it."""
        path = self.tries / f"{word}.try{tries - 1}"
        await self.until(lambda: path.exists() and path.read_text())
        return next(w for w in self.workers if w.pid == int(path.read_text()))

    def let_go(self, word: str) -> None:
        """Let `/linger` answer."""
        (self.tries / f"{word}.go").touch()

    def freeze(self, process: BotProcess) -> None:
        """Stop a process where it is, as a machine that sleeps."""
        os.kill(process.pid, signal.SIGSTOP)

    def thaw(self, process: BotProcess) -> None:
        """Let it go on."""
        os.kill(process.pid, signal.SIGCONT)

    def log(self) -> list[Mapping[str, Any]]:
        """Read all that gateway and workers have logged."""
        texts = [process.log.read_text() for process in (self.bot, *self.workers)]
        return [read_line(line) for text in texts for line in text.splitlines()]
