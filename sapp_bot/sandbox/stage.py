"""All that runs behind a chat: the stand-ins, the bot's process, the persons' clients."""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from .calm import Calm
from .chat import BotEnded
from .process import BotProcess
from .record import Record
from .redis import EmbeddedRedis
from .redis_proxy import RedisProxy
from .sapp_api import SappApi
from .seat import Seat
from .surroundings import make_key, surround
from .telegram.server import TelegramServer

BOT_COMMAND = (sys.executable, "-m", "sapp_bot", "run")
BOT_NAME = "sapp_sandbox_bot"
OPERATOR = "operator"
"""The person of this name is the bot's operator, unless SAPP_ADMINS names others."""

READY_S = 30.0
"""How long the bot may take until it listens."""

CALM_S = 0.2
"""A line is done when nothing was in flight for so long, and the bot has answered."""

PATIENCE_S = 2.0
"""The same where the bot does not answer: it may be busy with itself."""

LINE_S = 20.0
"""A line is taken for done after this time, whatever goes on: a handler has 15 s."""

STARTED_S = 1.0
"""A bot that sets no menu is ready when nothing was in flight for so long after its sign-in."""

_POLL_S = 0.02
_MENU = "bots.setBotCommands"
_LISTENING = frozenset({"updates.getState", "updates.getDifference"})
"""Calls of a bot that is signed in and takes updates."""


class Stage:
    """Starts and ends everything: `async with Stage(record, environment) as stage:`.

    `environment` is what the sandbox itself was started with, with a script's settings added;
    `command` starts the bot. The bot's log goes to `log`, else into the temporary folder.
    """

    def __init__(
        self,
        record: Record,
        environment: Mapping[str, str],
        *,
        command: Sequence[str] = BOT_COMMAND,
        log: Path | None = None,
        ready_s: float = READY_S,
    ) -> None:
        self._record = record
        self._given = environment
        self._command = command
        self._ready_s = ready_s
        self._log = log
        self._ending = AsyncExitStack()
        self._seats: dict[str, Seat] = {}
        self._api = SappApi()
        self._redis = EmbeddedRedis()
        self._proxy: RedisProxy | None = None
        self._telegram = TelegramServer()
        self._bot_account = self._telegram.add_bot(BOT_NAME)
        self._people = {OPERATOR: self._telegram.add_person(OPERATOR)}
        self.bot: BotProcess
        self.last_log: list[str] = []
        """The last lines of the bot's log, once all has ended."""

    async def __aenter__(self) -> Self:
        """Start everything; returns when the bot is ready. Raises `BotEnded`."""
        async with AsyncExitStack() as ending:
            self._ending = ending
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="sapp-")))
            own = await self._open_stand_ins(folder)
            self.bot = BotProcess(
                self._command,
                surround(self._given, own),
                log=(self._log or folder / "bot.log").absolute(),
                folder=folder,
            )
            ending.callback(self._keep_log)
            ending.push_async_callback(self.bot.stop)
            await self._start()
            self._ending = ending.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything: the persons, the bot, the stand-ins; the temporary folder goes."""
        await self._ending.aclose()

    async def _open_stand_ins(self, folder: Path) -> dict[str, str]:
        """Start what the bot talks to; gives the settings that lead there."""
        enter = self._ending.enter_async_context
        await enter(self._telegram)
        key = folder / "server_key.pem"
        key.write_text(self._telegram.public_key_pem)
        own = {
            "TELEGRAM_API_ID": "1",
            "TELEGRAM_API_HASH": "0" * 32,
            "TELEGRAM_BOT_TOKEN": self._bot_account.token,
            "TELEGRAM_SERVER": f"{self._telegram.host}:{self._telegram.port}",
            "TELEGRAM_SERVER_KEY": str(key),
            "SAPP_SECRET_KEYS": make_key(),
            "SAPP_ADMINS": str(self._people[OPERATOR].id),
            "SAPP_DATA": str(folder / "data"),
            "SAPP_LOG_FORMAT": "json",
        }
        if not self._given.get("SAPP_API_URL"):
            own["SAPP_API_URL"] = (await enter(self._api)).url
        if not self._given.get("SAPP_REDIS_URL"):
            self._proxy = await enter(RedisProxy((await enter(self._redis)).url))
            own["SAPP_REDIS_URL"] = self._proxy.url
        return own

    def _keep_log(self) -> None:
        self.last_log = self.bot.tail()

    async def seat(self, name: str, language: str) -> Seat:
        """Give a person's seat; a new person gets `language`, English where it is empty."""
        if name not in self._seats:
            account = self._people.get(name)
            if account is None:
                account = self._telegram.add_person(name, language or "en")
                self._people[name] = account
            seat = await Seat.take(name, self._record, self._telegram, account, self._bot_account)
            self._ending.push_async_callback(seat.leave)
            self._seats[name] = seat
        return self._seats[name]

    async def settle(self, answered: Callable[[], bool]) -> None:
        """Wait until nothing was in flight for a while, longer while `answered` is False."""
        calm = self._calm()
        end = time.monotonic() + LINE_S
        while time.monotonic() < end:
            if calm() >= (CALM_S if answered() else PATIENCE_S):
                return
            await asyncio.sleep(_POLL_S)

    async def restart(self) -> None:
        """Kill the bot and start it; returns when it is ready. Raises `BotEnded`."""
        await self.bot.kill()
        await self._start()

    async def ended(self) -> int:
        """Wait for the end of the bot's process and give its exit code."""
        return await self.bot.ended()

    async def _start(self) -> None:
        """Start the bot and wait until it takes updates and is done with starting."""
        started = time.monotonic()
        await self.bot.start()
        calm = self._calm()
        while calm() < self._calm_wanted_s(started):
            if self.bot.exit_code is not None:
                raise BotEnded(f"the bot ended while starting, exit code {self.bot.exit_code}")
            if time.monotonic() - started > self._ready_s:
                raise BotEnded(f"the bot was not ready within {self._ready_s:g} s")
            await asyncio.sleep(_POLL_S)

    def _calm_wanted_s(self, started: float) -> float:
        """Say how long a silence means that the bot is ready; infinite while it is not there yet.

        Seen from Telegram's side, as the bot has no hook for it: setting the menu is the last that
        a bot does before it waits for messages.
        """
        bot = self._bot_account.id
        calls = self._telegram.calls
        names = {call.name for call in calls if call.account == bot and call.at >= started}
        if _MENU in names:
            return CALM_S
        return STARTED_S if names & _LISTENING else math.inf

    def _calm(self) -> Callable[[], float]:
        """Make a clock that says for how many seconds nothing was in flight anywhere."""
        meters = [lambda: (self._api.in_flight, self._api.counts.total())]
        if (proxy := self._proxy) is not None:
            meters.append(lambda: (proxy.in_flight, proxy.commands))
        calm = Calm(meters)
        return lambda: min(calm.lasted_s(), self._telegram.quiet_s)
