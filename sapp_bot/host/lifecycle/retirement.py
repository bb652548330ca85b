"""Closes replaced generations once their turns have ended, and reports what is not freed."""

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
"""Seconds from the end of a generation until the check that it was freed."""


class Retirement:
    """Closes replaced generations in the background.

    Args:
        background: Runs the closing.
        clock: Times the check for leaks.

    """

    def __init__(self, background: BackgroundTasks, clock: Clock) -> None:
        self._background = background
        self._clock = clock
        self._replaced_tables: list[RoutingTable] = []
        self._leak_probes: LeakProbes = {}

    def replaced(self, table: RoutingTable) -> None:
        """Store a replaced routing table while turns still use it."""
        self._replaced_tables = [
            past for past in (*self._replaced_tables, table) if past.readers.any
        ]

    def begin(self, former: Generation, then: Callable[[], None] | None = None) -> None:
        """Close a generation once its turns have ended; call `then` when it is closed."""
        tables = [t for t in self._replaced_tables if any(p is former.loaded for p in t.plugins)]

        async def retire() -> None:
            self._leak_probes |= await former.close(tables)
            self._replaced_tables = [past for past in self._replaced_tables if past.readers.any]
            if then is not None:
                then()
            self._clock.call_later(LOOK_S, self._check_leaks)

        self._background.do(retire())

    def leaks(self) -> list[str]:
        """Return the names of classes, functions and modules of closed generations still held."""
        # Frames and tracebacks form cycles, which only the collector frees.
        gc.collect()
        found = still_alive(self._leak_probes)
        self._leak_probes = {name: r for name, r in self._leak_probes.items() if r() is not None}
        return found

    def _check_leaks(self) -> None:
        found = self.leaks()
        if found:
            log.warning("plugin.remains", names=found)
