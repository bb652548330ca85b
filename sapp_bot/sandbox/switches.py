"""Faults of the stand-ins that a person at the sandbox can switch on and off, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from .faults import Delay, Drop, Fail, Fault, Faults
from .sapp_api.market import UPSTREAM_ERRORS
from .servers import LocalServers

SLOW_S = 3.0
"""Seconds by which a slow server delays each call."""

FLOOD_S = 5
"""Seconds that a flooded bot is told to wait."""

_Turn = Callable[[bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Switch:
    about: str
    turn: _Turn


class NoSuchSwitch(LookupError):
    """There is no such fault; the text names those there are."""


class Switchboard:
    """Switches for the faults of the servers that run here; of outside ones there are none.

    Args:
        here: The servers, running.

    """

    def __init__(self, here: LocalServers) -> None:
        self._here = here
        self._on: set[str] = set()
        self._planned: dict[str, Fault] = {}
        device = f"*@{here.bot.id}/0"  # the bot's alone: a userbot's owner has the same account
        telegram = here.telegram.faults
        self._switches: dict[str, _Switch] = {}
        if here.has_own_api:
            self._switches |= {
                "api-down": _Switch("the SAPP API refuses connections", self._api_down),
                "api-slow": _Switch(
                    f"the SAPP API takes {SLOW_S:g} s longer",
                    self._plan("api-slow", here.api.faults, "*", Delay(SLOW_S)),
                ),
                "api-source": _Switch("the API's source of rates is broken", self._source),
                "api-database": _Switch("the API's database is away", self._database),
            }
        if here.proxy is not None:
            self._switches |= {
                "redis-down": _Switch("Redis refuses connections", self._redis_down),
                "redis-frozen": _Switch("Redis answers nothing", self._redis_frozen),
                "redis-emptied": _Switch("Redis loses all it has, at once", self._redis_emptied),
            }
        self._switches |= {
            "telegram-slow": _Switch(
                f"Telegram takes {SLOW_S:g} s longer for the bot",
                self._plan("telegram-slow", telegram, device, Delay(SLOW_S)),
            ),
            "telegram-flood": _Switch(
                f"Telegram tells the bot to wait {FLOOD_S} s",
                self._plan(
                    "telegram-flood",
                    telegram,
                    f"messages.send{device}",
                    Fail(420, f"FLOOD_WAIT_{FLOOD_S}"),
                ),
            ),
            "telegram-cut": _Switch(
                "Telegram cuts the bot's connection at each call",
                self._plan("telegram-cut", telegram, device, Drop()),
            ),
        }

    def states(self) -> Mapping[str, bool]:
        """Return which faults are on, by name."""
        return {name: name in self._on for name in self._switches}

    def about(self, name: str) -> str:
        """Return in words what a fault does."""
        return self._switches[name].about

    async def turn(self, name: str, *, on: bool) -> None:
        """Switch a fault on or off; nothing happens if it is so already.

        Raises:
            NoSuchSwitch: there is no such fault here.

        """
        if name not in self._switches:
            raise NoSuchSwitch(f"there is no fault {name}; there are: {', '.join(self._switches)}")
        if on == (name in self._on):
            return
        await self._switches[name].turn(on)
        (self._on.add if on else self._on.discard)(name)

    def _plan(self, name: str, faults: Faults, call: str, action: object) -> _Turn:
        """Return a switch that plans a fault for all matching calls."""

        async def turn(on: bool) -> None:  # noqa: FBT001  # the type of all switches
            if on:
                self._planned[name] = faults.add(call, action, times=None)
            else:
                faults.remove(self._planned.pop(name))

        return turn

    async def _api_down(self, on: bool) -> None:  # noqa: FBT001
        await (self._here.api.refuse() if on else self._here.api.accept())

    async def _source(self, on: bool) -> None:  # noqa: FBT001
        self._here.api.database.rates.error = UPSTREAM_ERRORS["gone"] if on else ""

    async def _database(self, on: bool) -> None:  # noqa: FBT001
        self._here.api.database_away = float(on)

    async def _redis_down(self, on: bool) -> None:  # noqa: FBT001
        if (proxy := self._here.proxy) is not None:
            await (proxy.refuse() if on else proxy.accept())

    async def _redis_frozen(self, on: bool) -> None:  # noqa: FBT001
        if (proxy := self._here.proxy) is not None:
            (proxy.freeze if on else proxy.thaw)()

    async def _redis_emptied(self, on: bool) -> None:  # noqa: FBT001
        if on:
            self._here.redis.flush()
