"""The bot as a process, and a world around it that a test can spoil: the process-level harness.

    async with World(tmp_path, redis_url) as world:        # all is up, the bot takes updates
        ann = await world.person("Ann")                    # an unmodified Telethon client
        await ann.say("/help")
        await ann.sees("/register")

The bot is `python -m sapp_bot run`, told by its environment alone where everything is:
`World(..., SAPP_DRAIN_S="1")` sets or replaces a variable. It is forked (see `forked.py`);
`World(..., kind=BotProcess)` starts the program, for what is about that. `world.bot` is the
process; after `bot.kill()` or `bot.stop()` comes `world.start()`, with the same Redis and session
file.

`World(..., "user")` is the same in user mode: the bot works on the account of Olga, whose friends
the persons are. `world.owner()` is Olga herself, in her Saved Messages. A `world.stranger()` is
nobody whom a userbot answers.

To disturb it, plan faults (see `sandbox.faults`) on `world.telegram.faults`, `world.api.faults`
and `world.redis.faults`, or turn to `world.telegram.network`, `world.api.refuse()` and
`world.redis.freeze()`. Calls of the bot alone are named by `world.by_bot("messages.sendMessage")`.

At the end no stand-in may have crashed, and the bot's log may hold no error and no traceback: what
a test means to cause it takes off with `world.expect_error("...")`. A test that fails gets the end
of the bot's log with it. The fixture `world` of `conftest.py` gives one with default settings, and
`redis_anywhere` the address of a real redis-server where there is one, else of an embedded one.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr

from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.env import environment_for, make_key
from sapp_bot.sandbox.idle import IdleMeter
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.sandbox.sapp_api import SappApi
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.telegram.edge import EdgeConfig
from tests.end_to_end.sides import SIDES, Mode
from tests.forked import ForkedBot, ready_to_fork

COMMAND = (sys.executable, "-m", "sapp_bot", "run")
WAIT_S = 45.0
"""How long a test waits for what must come."""

CALM_S = 0.2
LOOK_S = 0.01
_LISTENING = frozenset({"updates.getState", "updates.getDifference"})


class World:
    """One bot, its three neighbours, and the persons who talk to it."""

    def __init__(
        self,
        folder: Path,
        redis_url: str,
        mode: Mode = "bot",
        *,
        kind: type[BotProcess] = ForkedBot,
        **settings: str,
    ) -> None:
        self.folder = folder
        self._kind = kind
        self.mode = mode
        self.telegram = TelegramServer()
        self.api = SappApi()
        self.redis = RedisProxy(redis_url)
        self.side = SIDES[mode](self.telegram)
        self.account = self.side.account
        self.bot: BotProcess
        self._settings = settings
        self._persons: dict[str, SimulatedUser] = {}
        self._devices = 0
        self._expected: list[str] = []
        self._ending = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start everything; the bot takes updates then."""
        async with AsyncExitStack() as ending:
            await ending.enter_async_context(self.neighbours())
            await ready_to_fork()
            self.bot = self.process("bot")
            ending.push_async_callback(self._end_bot)
            await self.sign_in()
            await self.start()
            self._ending = ending.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything, and see that nothing went wrong behind the test's back."""
        await self._ending.aclose()
        if error is not None:
            error.add_note("\n".join(["the end of the bot's log:", *self.bot.tail(40)]))
            return
        assert not self.telegram.crashes
        assert self.errors() == []

    @asynccontextmanager
    async def neighbours(self) -> AsyncIterator[None]:
        """Have all about the bot up, but no bot."""
        async with self.telegram, self.api, self.redis:
            yield

    async def _end_bot(self) -> None:
        # What is held would keep the bot from ending by itself.
        for faults in (self.telegram.faults, self.api.faults, self.redis.faults):
            faults.clear()
        await self.bot.stop()

    # The bot

    def environment(self, **settings: str) -> dict[str, str]:
        """Make the environment of a bot here; nothing of our own shell but PATH gets in."""
        key = self.folder / "server_key.pem"
        key.write_text(self.telegram.public_key_pem)
        self._settings.setdefault("SAPP_SECRET_KEYS", make_key())
        own = {
            **self.side.settings,
            "TELEGRAM_API_ID": "1",
            "TELEGRAM_API_HASH": "0" * 32,
            "TELEGRAM_SERVER": f"{self.telegram.host}:{self.telegram.port}",
            "TELEGRAM_SERVER_KEY": str(key),
            "SAPP_API_URL": self.api.url,
            "SAPP_REDIS_URL": self.redis.url,
            "SAPP_DATA": str(self.folder / "data"),
            "SAPP_LOG_FORMAT": "json",
        }
        given = {"PATH": os.environ.get("PATH", "")}
        return environment_for(given, {**own, **self._settings, **settings})

    def configure(self, **settings: str) -> None:
        """Set variables of the processes that are made from now on."""
        self._settings |= settings

    def process(self, name: str, **settings: str) -> BotProcess:
        """Make a bot process that is not started yet; its log is called after `name`."""
        log = self.folder / f"{name}.log"
        return self._kind(COMMAND, self.environment(**settings), log=log, folder=self.folder)

    async def sign_in(self, data: str = "data") -> None:
        """Sign the bot in, if its mode needs that before the start."""
        config = EdgeConfig(
            api_id=1,
            api_hash=SecretStr("0" * 32),
            bot_token=SecretStr(""),
            folder=self.folder / data,
            server=f"{self.telegram.host}:{self.telegram.port}",
            server_key=self.telegram.public_key_pem,
        )
        await self.side.sign_in(config)

    async def start(self) -> None:
        """Start the bot, and wait until it takes updates."""
        since = time.monotonic()
        await self.bot.start()
        await self.until(lambda: self.listens(since) or self.bot.exit_code is not None)
        assert self.bot.exit_code is None, "\n".join(["the bot ended:", *self.bot.tail()])

    async def restart(self) -> None:
        """Kill the bot, and start it again."""
        await self.bot.kill()
        await self.start()

    def listens(self, since: float) -> bool:
        """Tell whether the bot has asked for updates since a (monotonic) time."""
        return any(
            (call.account, call.device) == (self.account.id, 0)
            and call.at >= since
            and call.name in _LISTENING
            for call in self.telegram.calls
        )

    def by_bot(self, call: str) -> str:
        """Name a Telegram call as it is when the bot makes it, for faults."""
        return f"{call}@{self.account.id}/0"

    # The persons

    async def person(self, name: str, language: str = "en") -> SimulatedUser:
        """Give somebody in a chat with the bot, which answers; a new name is a new account."""
        if name not in self._persons:
            self._persons[name] = await self._join(self.side.friend(name, language))
        return self._persons[name]

    async def stranger(self, name: str) -> SimulatedUser:
        """Give somebody else, who may write and is not answered in user mode."""
        return await self._join(self.telegram.add_person(name))

    async def owner(self) -> SimulatedUser:
        """Give the owner of the account, on one more device, in Saved Messages: user mode."""
        assert self.mode == "user"
        return await self._join(self.account)

    async def _join(self, account: Account) -> SimulatedUser:
        self._devices += 1  # the bot is number 0 of its account
        person = await SimulatedUser.join(
            self.telegram, account, self.account, device=self._devices
        )
        self._ending.push_async_callback(person.leave)
        return person

    # What went on

    async def until(self, true: Callable[[], object], *, within_s: float = WAIT_S) -> None:
        """Wait for something that tells nobody."""
        async with asyncio.timeout(within_s):
            while not true():
                await asyncio.sleep(LOOK_S)

    async def calm(self, *, lasting_s: float = CALM_S, within_s: float = WAIT_S) -> None:
        """Wait until nothing was in flight anywhere for `lasting_s`."""
        redis, api, telegram = self.redis, self.api, self.telegram
        meters = IdleMeter(
            [
                lambda: (redis.in_flight, redis.commands),
                lambda: (api.in_flight, api.counts.total()),
            ]
        )
        await self.until(
            lambda: min(meters.lasted_s(), telegram.quiet_s) >= lasting_s, within_s=within_s
        )

    def log(self) -> list[Mapping[str, Any]]:
        """Read all that the bot has logged; a line that is no JSON has the level "raw"."""
        lines = self.bot.log.read_text().splitlines()
        return [read_line(line) for line in lines]

    def expect_error(self, event: str) -> None:
        """Say that the log may hold errors of this event."""
        self._expected.append(event)

    def errors(self) -> list[Mapping[str, Any]]:
        """List what the log holds that no run should: errors, tracebacks, loose lines."""
        return [
            entry
            for entry in self.log()
            if (entry["level"] in {"error", "critical", "raw"} or "exception" in entry)
            and entry["event"] not in self._expected
        ]


def read_line(line: str) -> Mapping[str, Any]:
    """Read one line of a log."""
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    return entry if isinstance(entry, dict) else {"level": "raw", "event": line}
