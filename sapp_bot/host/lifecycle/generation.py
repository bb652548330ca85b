"""One generation of a plugin at work: its lifespan and timers, from its beginning to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog

from sapp_bot.domain.state import PersonState
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.routing.registry import LoadedPlugin, RoutingTable
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.deadline import DeadlineExceeded, cancel_owned_tasks, run_with_deadline

from .importer import LeakProbes, drop, find_leak_probes
from .lifespan import Lifespan
from .periodic import Failed, GenerationDeps, PeriodicTasks

log = structlog.get_logger(__name__)

GRACE_S = 20.0
"""How long messages and timers of a generation that was replaced may take to end."""


class Generation:
    """A plugin as it was read once.

    `failed` is told of each failure of its code; `on_exit` is called when its lifespan ends by
    itself.
    """

    def __init__(
        self,
        loaded: LoadedPlugin,
        deps: GenerationDeps,
        *,
        failed: Failed,
        on_exit: Callable[[BaseException], None],
    ) -> None:
        self.loaded = loaded
        self._deps = deps
        self._timers = PeriodicTasks(loaded.timers, loaded.owner, deps, failed)
        self._lifespan = (
            Lifespan(loaded.lifespan, loaded.yielded, loaded.owner, deps.clock, on_exit)
            if loaded.lifespan
            else None
        )

    async def open(self) -> None:
        """Begin its lifespan.

        Raises:
            NotReady: it says itself that it cannot begin yet.
            PluginError: it failed.

        """
        lifespan_handler = self.loaded.lifespan
        if self._lifespan is not None and lifespan_handler is not None:
            key = f"lifespan:{self.loaded.name}"
            deps = self._deps
            turn = Turn(SystemTrigger(key), PersonState(), deps.settings, deps.clock.now())
            try:
                values = deps.invoker(turn).values(self.loaded.name, lifespan_handler.signature)
            except Exception as error:  # a plugin's own settings may raise anything
                raise PluginError(f"{where(lifespan_handler.handler)}: {error}") from error
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

    async def close(self, tables: Iterable[RoutingTable] = ()) -> LeakProbes:
        """End it: let what is under way end, take back what it began, forget its modules.

        `tables` are those that it may still be reached by. Gives what must be gone afterwards.
        """
        clock, name = self._deps.clock, self.loaded.name
        try:
            await run_with_deadline(clock, GRACE_S, _unread(tables))
        except DeadlineExceeded:
            log.warning("plugin.busy", plugin=name, s=GRACE_S)
        await self._timers.stop(GRACE_S)
        if self._lifespan is not None:
            await self._lifespan.close()
        stubborn = await cancel_owned_tasks(self.loaded.owner, clock)
        if stubborn:
            log.error("plugin.tasks_left", plugin=name, tasks=stubborn)
        leak_probes = find_leak_probes(self.loaded.module)
        drop(self.loaded.module)
        return leak_probes


async def _unread(tables: Iterable[RoutingTable]) -> None:
    for table in tables:
        await table.readers.gone()
