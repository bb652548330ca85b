"""The end of a generation: wait for its updates, close it, look whether anything holds it still."""

from __future__ import annotations

import gc
from collections.abc import Callable

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.host.routing.registry import RoutingTable
from sapp_bot.host.runtime.background import BackgroundTasks

from .generation import Generation
from .importer import LeakProbes, still_alive

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How long after the end of a generation one looks what is left of it."""


class Retirement:
    """Closes the generations that were replaced, in the background."""

    def __init__(self, background: BackgroundTasks, clock: Clock) -> None:
        self._background = background
        self._clock = clock
        self._past: list[RoutingTable] = []
        self._leak_probes: LeakProbes = {}

    def replaced(self, table: RoutingTable) -> None:
        """Note a table that answers no more, but for the updates that began with it."""
        self._past = [past for past in (*self._past, table) if past.readers.any]

    def begin(self, former: Generation, then: Callable[[], None] | None = None) -> None:
        """Close a generation once its updates have ended; `then` is called when it is gone."""
        tables = [t for t in self._past if any(p is former.loaded for p in t.plugins)]

        async def retire() -> None:
            self._leak_probes |= await former.close(tables)
            self._past = [past for past in self._past if past.readers.any]
            if then is not None:
                then()
            self._clock.call_later(LOOK_S, self._look)

        self._background.do(retire())

    def leaks(self) -> list[str]:
        """Name the classes, functions and modules of closed generations that are still held."""
        gc.collect()
        found = still_alive(self._leak_probes)
        self._leak_probes = {name: r for name, r in self._leak_probes.items() if r() is not None}
        return found

    def _look(self) -> None:
        found = self.leaks()
        if found:
            log.warning("plugin.remains", names=found)
