"""Runs what is behind a chat: the local servers, the bot's process, the persons' clients."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from sapp_bot.sandbox.bot_log import BotLog
from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.client.group import GroupMember
from sapp_bot.sandbox.env import environment_for
from sapp_bot.sandbox.idle import IDLE_SHARE, IdleLooks
from sapp_bot.sandbox.processor_use import ProcessorUse
from sapp_bot.sandbox.sapp_api.server import ReceivedCall
from sapp_bot.sandbox.servers import OPERATOR, LocalServers
from sapp_bot.sandbox.switches import NoSuchSwitch, Switchboard

from .player import FIRST_PERSON, BotEnded, ExpectationFailed
from .record import ChatRecord
from .seat import UserSeat

BOT_COMMAND = (sys.executable, "-m", "sapp_bot", "run")
LOGIN_COMMAND = (sys.executable, "-m", "sapp_bot", "login")
READY_S = 60.0
"""Seconds that the bot may take until it receives updates."""

CALM_S = 0.2
"""Seconds of silence after which a turn is over, if the bot has answered."""

TIMEOUT_S = 2.0
"""Seconds of silence after which a turn is over without an answer: the bot may be computing."""

AT_WORK = 20
"""How many times longer silence has to last while the bot computes something."""

LINE_S = 20.0
"""Seconds after which a turn is over in any case: a handler may take 15 s."""

STARTED_S = 1.0
"""Seconds of silence after the sign-in after which a bot that sets no menu is ready."""

_POLL_S = 0.02
_MENU = "bots.setBotCommands"
_LISTENING = frozenset({"updates.getState", "updates.getDifference"})
"""Calls of a bot that is signed in and receives updates."""


class SandboxProcesses:
    """Starts and stops everything: `async with SandboxProcesses(record, environment) as here:`.

    `environment` holds the sandbox's own environment variables and a script's settings; `command`
    starts the bot, in a `process`; `login` signs a userbot in before. The bot's log goes to `log`,
    or if that is not given into the temporary folder.
    """

    def __init__(
        self,
        record: ChatRecord,
        environment: Mapping[str, str],
        *,
        command: Sequence[str] = BOT_COMMAND,
        login: Sequence[str] = LOGIN_COMMAND,
        log: Path | None = None,
        process: Callable[..., BotProcess] = BotProcess,
        ready_s: float = READY_S,
    ) -> None:
        self._record = record
        self._given = environment
        self._command = command
        self._login = login
        self._process = process
        self._ready_s = ready_s
        self._log = log
        self._ending = AsyncExitStack()
        self._here = LocalServers(environment)
        self._ahead_s = 0.0
        self._seats: dict[str, UserSeat] = {}
        self._members: dict[tuple[str, str], UserSeat] = {}
        self._founders: dict[str, GroupMember] = {}
        self.bot: BotProcess
        self.bot_log: BotLog
        self.switches: Switchboard
        self.last_log: list[str] = []
        """Last lines of the bot's log, set at the end."""
        self.is_open = asyncio.Event()
        """Set from when persons can take their seats; the bot may still be starting."""
        self.is_listening = asyncio.Event()
        """Set from when the bot receives updates: of what is said before its sign-in, it hears
        nothing."""

    async def __aenter__(self) -> Self:
        """Start everything and wait until the bot is ready. Raises `BotEnded`."""
        async with AsyncExitStack() as ending:
            self._ending = ending
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="sapp-")))
            await ending.enter_async_context(self._here)
            self.switches = Switchboard(self._here)
            self.bot = self._process(
                self._command,
                environment_for(self._given, self._here.settings(folder)),
                log=(self._log or folder / "bot.log").absolute(),
                folder=folder,
            )
            self.bot_log = BotLog(self.bot.log)
            ending.callback(self._keep_log)
            ending.push_async_callback(self.bot.stop)
            if self._here.is_userbot:
                await self._sign_in()
            await self._start()
            self._ending = ending.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the persons, the bot and the servers, and delete the temporary folder."""
        await self._ending.aclose()

    async def _sign_in(self) -> None:
        """Sign the userbot in as its owner would. Raises `BotEnded`."""
        code = await self.bot.ask(self._login, self._here.login_lines(), self._ready_s)
        if code:
            raise BotEnded(f"the userbot could not be signed in, exit code {code}")

    @property
    def is_userbot(self) -> bool:
        """Whether the bot works on the account of the first person."""
        return self._here.is_userbot

    @property
    def bot_name(self) -> str:
        """User name of the bot's account."""
        return self._here.bot.username or ""

    @property
    def operator(self) -> str:
        """Name of the person who is the bot's operator; in user mode that is its owner."""
        return FIRST_PERSON if self.is_userbot else OPERATOR

    def invitation(self) -> str:
        """Return as one line of JSON what another client needs to connect."""
        return json.dumps(self._here.invitation())

    def _keep_log(self) -> None:
        self.last_log = self.bot.tail()

    async def seat(self, name: str, language: str) -> UserSeat:
        """Return a person's seat; a new person gets `language`, English if it is ""."""
        account = self._here.person(name, language)
        if name not in self._seats:
            seat = await UserSeat.take(
                name, self._record, self._here.telegram, account, self._here.bot
            )
            self._ending.push_async_callback(seat.leave)
            self._seats[name] = seat
        return self._seats[name]

    async def member(self, name: str, language: str, group: str) -> UserSeat:
        """Return a person's seat in a group; a new group is made, a new member invited.

        Raises:
            ExpectationFailed: the bot is a userbot, which answers in no group.

        """
        if self.is_userbot:
            raise ExpectationFailed("a userbot answers in no group")
        if (group, name) not in self._members:
            here, founder = self._here, self._founders.get(group)
            account = here.person(name, language)
            # Device 0 of an account is a userbot's, 1 the private chat.
            device = 2 + len({title for title, _ in self._members} - {group})
            seat, member = await UserSeat.take_in_group(
                name, self._record, here.telegram, account, here.bot, device=device, group=group
            )
            self._ending.push_async_callback(seat.leave)
            if founder is None:
                await member.found(group)
                self._founders[group] = member
            else:
                await founder.invite(account)
                member.enter(founder.group)
            self._record.members.setdefault(group, set()).add(name)
            self._members[group, name] = seat
        return self._members[group, name]

    def make_admin(self, email: str) -> None:
        """Make an account of the local API an administrator.

        Raises:
            ExpectationFailed: there is no such account.

        """
        if not self._here.make_admin(email):
            raise ExpectationFailed(f"no account {email} to make an administrator: /register first")

    async def settle(self, answered: Callable[[], bool]) -> bool:
        """Wait until nothing was in flight for a while, longer while `answered` is False.

        Where the system tells that the bot has nothing to do, an answer is enough, and where it
        tells that the bot is at work, as with a picture, silence has to last longer.

        Returns:
            Whether the bot is done: it lives, is not at work, and no fault is switched on.

        """
        calm, looks, use = self._here.calm(), IdleLooks(), ProcessorUse(self.bot.pid)
        looked = began = time.monotonic()
        while looked < began + LINE_S:
            await asyncio.sleep(_POLL_S)
            before, looked = looked, time.monotonic()
            quiet_s, has_answer, share = calm(), answered(), use.share()
            idle = looks.look(since_s=looked - before, quiet_s=quiet_s, share=share)
            is_at_work = share is not None and share >= IDLE_SHARE
            enough_s = (CALM_S if has_answer else TIMEOUT_S) * (AT_WORK if is_at_work else 1)
            if (idle and has_answer) or quiet_s >= enough_s:
                is_sound = not any(self.switches.states().values())
                return is_sound and not is_at_work and self.bot.exit_code is None
        return False

    def api_calls(self) -> list[ReceivedCall]:
        """Return the newest calls of the local API, oldest first."""
        return list(self._here.api.calls)

    async def fault(self, name: str, *, on: bool) -> None:
        """Switch a fault of the servers on or off. Raises ExpectationFailed if there is none."""
        try:
            await self.switches.turn(name, on=on)
        except NoSuchSwitch as error:
            raise ExpectationFailed(str(error)) from None

    def faults(self) -> list[str]:
        """Return a line for each fault that can be switched."""
        states = self.switches.states()
        return [
            f"{name:<15} {'ON ' if is_on else 'off'}  {self.switches.about(name)}"
            for name, is_on in states.items()
        ]

    def move_rate(self, currency: str, value: float) -> None:
        """Have so many units of a currency make a USD at the local API, from now on.

        Raises:
            ExpectationFailed: it has no such rate, or is not local.

        """
        try:
            self._here.move_rate(currency, value)
        except LookupError as error:
            raise ExpectationFailed(str(error)) from None

    async def pass_time(self, seconds: float) -> None:
        """Stop the bot, and start it with its clock, and the local API's, further on.

        Telegram's own time stays: it only dates messages. Raises `BotEnded`.
        """
        await self.bot.stop()
        self._here.pass_time(seconds)
        self._ahead_s += seconds
        self.bot.arguments = ("--clock-ahead", f"{self._ahead_s:g}")
        await self._start()

    async def restart(self) -> None:
        """Kill the bot and start it; returns when it is ready. Raises `BotEnded`."""
        await self.bot.kill()
        await self._start()

    async def ended(self) -> int:
        """Wait for the end of the bot's process and give its exit code."""
        return await self.bot.ended()

    async def _start(self) -> None:
        """Start the bot and wait until it receives updates and has finished starting."""
        started = time.monotonic()
        await self.bot.start()
        self.is_open.set()
        calm = self._here.calm()
        while calm() < self._calm_wanted_s(started):
            if self.bot.exit_code is not None:
                raise BotEnded(f"the bot ended while starting, exit code {self.bot.exit_code}")
            if time.monotonic() - started > self._ready_s:
                raise BotEnded(f"the bot was not ready within {self._ready_s:g} s")
            await asyncio.sleep(_POLL_S)
        self.is_listening.set()

    def _calm_wanted_s(self, started: float) -> float:
        """Return the seconds of silence after which the bot is ready; infinite before its sign-in.

        Judged by its calls to Telegram, as the bot has no hook for it: setting the menu is the last
        thing that a bot does before it waits for messages.
        """
        calls = self._here.bot_calls(started)
        if _MENU in calls:
            self.is_listening.set()
            return CALM_S
        return STARTED_S if calls & _LISTENING else math.inf
