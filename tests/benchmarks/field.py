"""The field: every process of the benchmark, started, told apart, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree
from types import TracebackType
from typing import Any, Self

from sapp_bot.sandbox.env import environment_for, make_key
from tests.benchmarks.pipe import PROJECT, Child
from tests.benchmarks.proc import Load
from tests.benchmarks.seeding import write_sessions
from tests.redis_server import RedisServer

COMMANDS = {
    "bot": ("-m", "sapp_bot", "run"),
    "errands": ("-m", "tests.benchmarks.errands"),
    "floor": ("-m", "tests.benchmarks.floor"),
}
NEEDED = ("auth", "clients", "start")
"""Plugins that stay where a number of them is asked for."""

IDLE_PLUGIN = '''"""Loaded, and seldom asked."""

from sapp_bot import Ctx, Plugin

plugin = Plugin(version="1")


@plugin.command
async def idle_{number}_one(ctx: Ctx) -> None:
    """Say one."""
    await ctx.say("One.")


@plugin.command
async def idle_{number}_two(ctx: Ctx, name: str = "", times: int = 1) -> None:
    """Say two."""
    await ctx.say("Two.")
'''
SESSIONS_AT_ONCE = 10_000
STRANGER = 10**12
"""Telegram id of the first person who never writes."""

START_S = 90.0
STOP_S = 30.0
ANSWERS_S = 300.0
"""Longest time for one round."""


class Bot:
    """One of the bots: the process, and how it is started again."""

    def __init__(
        self, role: str, environment: Mapping[str, str], folder: Path, *, name: str = ""
    ) -> None:
        self.role = role
        self.name = name or role
        self.log = folder / f"{self.name}.log"
        self._environment = dict(environment)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id."""
        assert self._process is not None
        return self._process.pid

    def another(self, name: str, **settings: str) -> Bot:
        """Make a process beside this one, in its folder; not started yet."""
        return Bot(self.role, {**self._environment, **settings}, self._folder, name=name)

    def start(self, **settings: str) -> float:
        """Start the process; gives the (monotonic) time right before."""
        with self.log.open("ab") as log:
            began = time.monotonic()
            self._process = subprocess.Popen(  # noqa: S603  # our own modules
                [sys.executable, *COMMANDS[self.role]],
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


class Field:
    """`with Field(folder) as field:` has all processes but the bots running.

    `api_use` counts what our own bot has opened and asked while it was played with. With `plugins`
    our bot loads so many: those that /get_client needs, and some that are there only to be loaded.
    """

    def __init__(self, folder: Path, *, plugins: int = 0) -> None:
        self._folder = folder
        self._plugin_count = plugins
        self._ending = ExitStack()
        self.persons = 0
        self.workers: list[Bot] = []
        self.api_use: Counter[str] = Counter()

    def __enter__(self) -> Self:
        """Start Redis and the stand-ins."""
        with ExitStack() as ending:
            self.redis = ending.enter_context(RedisServer(self._folder / "redis"))
            self.api = ending.enter_context(Child("-m", "tests.benchmarks.api_process"))
            self.telegram = ending.enter_context(Child("-m", "tests.benchmarks.telegram_process"))
            self.proxy = ending.enter_context(Child("-m", "tests.benchmarks.redis_process"))
            self.proxy_url: str = self.proxy.ask("open", target=self.redis.url)
            self._about: dict[str, Any] = self.telegram.ask("hello")
            self._api_url: str = self.api.ask("hello")["url"]
            self._key = make_key()
            self.bots = {role: self._bot(role) for role in COMMANDS}
            for bot in self.bots.values():
                ending.callback(bot.stop)
            self._ending = ending.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything; a failure gets the end of the bot's log with it."""
        self._ending.close()
        if error is not None and self.bots["bot"].log.exists():
            tail = self.bots["bot"].log.read_text().splitlines()[-20:]
            error.add_note("\n".join(["the end of the bot's log:", *tail]))

    def add_persons(self, count: int) -> int:
        """Make persons with ready sessions and a client each; gives the first one's number."""
        first = self.persons
        ids = self.telegram.ask("people", count=count)
        logins = self.api.ask("seed", first=first, count=count)
        account = int(self._about["bot"]["id"])
        write_sessions(self.redis.url, self._key, account, dict(zip(ids, logins, strict=True)))
        self.persons += count
        return first

    def add_sessions(self, count: int) -> None:
        """Store sessions of persons who never write."""
        (login,) = self.api.ask("seed", first=self.persons, count=1)
        account = int(self._about["bot"]["id"])
        for first in range(0, count, SESSIONS_AT_ONCE):
            numbers = range(first, min(first + SESSIONS_AT_ONCE, count))
            logins = {STRANGER + number: login for number in numbers}
            write_sessions(self.redis.url, self._key, account, logins)

    def start(self, role: str, **settings: str) -> None:
        """Start a bot, and wait until it takes updates."""
        began = self.bots[role].start(**settings)
        self.telegram.ask("listening", role=role, since=began, within_s=START_S)

    def start_parted(self, workers: int, **settings: str) -> None:
        """Start our bot as a gateway with some workers; what is said before waits for them."""
        self.start("bot", SAPP_ROLE="gateway", **settings)
        for number in range(1, workers + 1):
            worker = self.bots["bot"].another(f"worker {number}", SAPP_ROLE="worker")
            self._ending.callback(worker.stop)
            worker.start(**settings)
            self.workers.append(worker)

    def play(self, role: str, **how: Any) -> tuple[dict[str, Any], dict[str, float]]:
        """Have commands said to a bot; gives times, and the processor time by process."""
        pids = self.pids(role)
        api_before = self.api.ask("counts")
        before = Load.now(pids)
        text = "/get_client"
        expect = text if role == "floor" else "left of 100"
        played: dict[str, Any] = self.telegram.ask(
            "play", role=role, text=text, expect=expect, within_s=ANSWERS_S, **how
        )
        load = Load.now(pids).since(before)
        if role == "bot":
            self.api_use.update(self.api.ask("counts"))
            self.api_use.subtract(api_before)
        return played, load

    def say(self, role: str, person: int, text: str) -> tuple[float, str]:
        """Say one thing; gives when the answer came (monotonic) and what it says."""
        self.telegram.ask("post", role=role, person=person, text=text)
        return self.heard(person)

    def heard(self, person: int) -> tuple[float, str]:
        """Wait for the answer to what was posted last."""
        at, text = self.telegram.ask("heard", person=person, within_s=START_S)
        return at, text

    def pids(self, role: str) -> dict[str, int]:
        """Give the processes that take part when a bot is measured."""
        return {
            role: self.bots[role].pid,
            "telegram": self.telegram.pid,
            "api": self.api.pid,
            "redis": self.redis.pid,
        }

    def _bot(self, role: str) -> Bot:
        folder = self._folder / role
        folder.mkdir()
        key = folder / "server_key.pem"
        key.write_text(self._about["pem"])
        own = {
            "TELEGRAM_API_ID": "1",
            "TELEGRAM_API_HASH": "0" * 32,
            "TELEGRAM_BOT_TOKEN": self._about[role]["token"],
            "TELEGRAM_SERVER": self._about["server"],
            "TELEGRAM_SERVER_KEY": str(key),
            "SAPP_API_URL": self._api_url,
            "SAPP_REDIS_URL": self.redis.url,
            "SAPP_SECRET_KEYS": self._key,
            "SAPP_PLUGINS": str(self._plugins(folder)),
            "SAPP_DATA": str(folder / "data"),
            "SAPP_LOG_FORMAT": "json",
        }
        return Bot(role, environment_for({"PATH": os.environ.get("PATH", "")}, own), folder)

    def _plugins(self, folder: Path) -> Path:
        """Put the built-in plugins and the one that watches the loop into one folder."""
        plugins = folder / "plugins"
        left_out = ignore_patterns("__pycache__")
        copytree(PROJECT / "plugins", plugins, ignore=left_out)
        if self._plugin_count:
            return _of_plugins(plugins, self._plugin_count)
        copytree(Path(__file__).parent / "plugins", plugins, ignore=left_out, dirs_exist_ok=True)
        return plugins


def _of_plugins(plugins: Path, count: int) -> Path:
    """Leave the needed plugins in a folder, and add idle ones until there are so many."""
    for entry in plugins.iterdir():
        if entry.stem in {*NEEDED, "locales"}:
            continue
        if entry.is_dir():
            rmtree(entry)
        else:
            entry.unlink()
    for number in range(count - len(NEEDED)):
        (plugins / f"idle_{number}.py").write_text(IDLE_PLUGIN.format(number=number))
    return plugins
