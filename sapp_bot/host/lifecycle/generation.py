"""One running generation of a plugin: its lifespan and timers. Must not touch the routing table."""

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

from .importer import LeakProbes
from .lifespan import Lifespan
from .periodic import Failed, GenerationDeps, PeriodicTasks

log = structlog.get_logger(__name__)

GRACE_S = 20.0
"""Seconds that turns and timers of a replaced generation may take to end."""


class Generation:
    """A plugin as one read of its file made it.

    Args:
        loaded: What was read.
        deps: Dependencies of timers and lifespan.
        failed: Called with the plugin's name and each error of its timers.
        on_exit: Called with the reason when its lifespan ends by itself.

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
        """Run the lifespan up to its `yield`; does nothing without one.

        Raises:
            NotReady: the lifespan itself says that it cannot start yet.
            PluginError: the lifespan failed, or took too long.

        """
        lifespan_handler = self.loaded.lifespan
        if self._lifespan is not None and lifespan_handler is not None:
            name, deps = self.loaded.name, self._deps
            trigger = SystemTrigger(f"lifespan:{name}")
            turn = Turn(trigger, PersonState(), deps.settings, deps.clock.now())
            with deps.journal.during(name, "lifespan"):
                try:
                    values = deps.invoker(turn).values(name, lifespan_handler.signature)
                except Exception as error:  # a plugin's own settings may raise anything
                    raise PluginError(f"{where(lifespan_handler.handler)}: {error}") from error
                await self._lifespan.open(values)

    @property
    def timers(self) -> list[str]:
        """Names of its timers: "<plugin>.<function>"."""
        return [timer.name for timer in self.loaded.timers]

    @property
    def facts(self) -> dict[str, object]:
        """What the log says of it when it begins."""
        loaded = self.loaded
        return {"plugin": loaded.name, "version": loaded.version, "timers": self.timers}

    def announce(self) -> None:
        """Log that it answers from now on, and what looks like a mistake in its settings."""
        log.info("plugin.loaded", **self.facts)
        for sentence in self.loaded.advice:
            log.warning("settings.advice", plugin=self.loaded.name, reason=sentence)

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Start the timers as tasks of a group."""
        self._timers.start(tasks)

    async def tick(self, name: str) -> None:
        """Run one timer now, by its name."""
        await self._timers.run_now(name)

    async def idle(self) -> None:
        """Wait until no timer runs."""
        await self._timers.idle()

    async def stop(self) -> None:
        """Stop the timers; a run under way has `GRACE_S` to end."""
        await self._timers.stop(GRACE_S)

    async def close(self, tables: Iterable[RoutingTable] = ()) -> LeakProbes:
        """Wait for turns and timers to end, close the lifespan, cancel tasks, drop the modules.

        Args:
            tables: Routing tables with this generation that turns may still use.

        Returns:
            Weak references to what must be freed afterwards.

        """
        clock, name = self._deps.clock, self.loaded.name
        try:
            # Turns first: handlers use what the lifespan opened.
            await run_with_deadline(clock, GRACE_S, _wait_for_readers(tables))
        except DeadlineExceeded:
            log.warning("plugin.busy", plugin=name, s=GRACE_S)
        await self._timers.stop(GRACE_S)
        if self._lifespan is not None:
            await self._lifespan.close()
        stubborn = await cancel_owned_tasks(self.loaded.owner, clock)
        if stubborn:
            log.error("plugin.tasks_left", plugin=name, tasks=stubborn)
        return self._deps.imports.drop(self.loaded.module)


async def _wait_for_readers(tables: Iterable[RoutingTable]) -> None:
    for table in tables:
        await table.readers.gone()
