"""Work in the background that the bot can go on without."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class BackgroundTasks:
    """Runs them in a task group, once there is one; a fault of theirs is logged, and no more."""

    def __init__(self) -> None:
        self.group: asyncio.TaskGroup | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin some work; without a group it is left."""
        if self.group is None:
            work.close()
            return
        task = self.group.create_task(_border(work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        # A task that is cancelled before its first step never gets to the work inside.
        task.add_done_callback(lambda _: work.close())

    @property
    def any(self) -> bool:
        """Tell whether some is under way."""
        return bool(self._under_way)

    async def done(self) -> None:
        """Wait for what is under way now."""
        if self._under_way:
            await asyncio.wait(list(self._under_way))


async def _border(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:  # a border: the bot goes on without this work
        log.error("plugins.failed", exc_info=error)  # noqa: TRY400  # given
