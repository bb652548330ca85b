"""One generation of a plugin at work: its lifespan and timers, from its beginning to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from sapp_bot.errors import PluginError
from sapp_bot.ports import Clock, Leases
from sapp_bot.state import Standing

from .inject import where
from .lifespan import Lifespan
from .modules import Remains, drop, watched
from .patience import OutOfTime, dismiss, within
from .table import Loaded, Table
from .timers import Speak, Tell, Timers
from .visit import HostSettings, Impulse, Visit

log = structlog.get_logger(__name__)

GRACE_S = 20.0
"""How long messages and timers of a generation that was replaced may take to end."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What generations stand on. `failed` is told of each failure of a plugin's code."""

    clock: Clock
    leases: Leases
    settings: HostSettings
    speak: Speak
    tell: Tell
    failed: Callable[[str, BaseException], None]


class Generation:
    """A plugin as it was read once. `fell` is called when its lifespan ends by itself."""

    def __init__(
        self, loaded: Loaded, ground: Ground, fell: Callable[[BaseException], None]
    ) -> None:
        self.loaded = loaded
        self._ground = ground
        self._timers = Timers(
            loaded.timers,
            loaded.crew,
            clock=ground.clock,
            leases=ground.leases,
            settings=ground.settings,
            speak=ground.speak,
            tell=ground.tell,
            failed=ground.failed,
        )
        self._lifespan = (
            Lifespan(loaded.lifespan, loaded.crew, ground.clock, fell) if loaded.lifespan else None
        )

    async def open(self) -> None:
        """Begin its lifespan.

        Raises:
            NotReady: it says itself that it cannot begin yet.
            PluginError: it failed.

        """
        opening = self.loaded.lifespan
        if self._lifespan is not None and opening is not None:
            key = f"lifespan:{self.loaded.name}"
            ground = self._ground
            visit = Visit(Impulse(key), Standing(), ground.settings, ground.clock.now())
            try:
                values = ground.speak(visit).values(self.loaded.name, opening.recipe)
            except Exception as error:  # a plugin's own settings may raise anything
                raise PluginError(f"{where(opening.handler)}: {error}") from error
            await self._lifespan.open(values)

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin its timers."""
        self._timers.start(tasks)

    async def tick(self, name: str) -> None:
        """Run one of its timers now."""
        await self._timers.run_now(name)

    async def idle(self) -> None:
        """Wait until no timer is at work."""
        await self._timers.idle()

    async def stop(self) -> None:
        """Begin no more timers."""
        await self._timers.stop(GRACE_S)

    async def close(self, tables: Iterable[Table] = ()) -> Remains:
        """End it: let what is under way end, take back what it began, forget its modules.

        `tables` are those that it may still be reached by. Gives what must be gone afterwards.
        """
        clock, name = self._ground.clock, self.loaded.name
        try:
            await within(clock, GRACE_S, _unread(tables))
        except OutOfTime:
            log.warning("plugin.busy", plugin=name, s=GRACE_S)
        await self._timers.stop(GRACE_S)
        if self._lifespan is not None:
            await self._lifespan.close()
        stubborn = await dismiss(self.loaded.crew, clock)
        if stubborn:
            log.error("plugin.tasks_left", plugin=name, tasks=stubborn)
        remains = watched(self.loaded.module)
        drop(self.loaded.module)
        return remains


async def _unread(tables: Iterable[Table]) -> None:
    for table in tables:
        await table.readers.gone()
