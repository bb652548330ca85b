"""Background tasks: started, held until they end, their errors logged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")


class BackgroundTasks:
    """Tasks that nobody has to hold: the event loop itself keeps only weak references to its tasks.

    Source: https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task, "Important".

    Attributes:
        group: The task group that new tasks join; without one they stand alone in the event loop.

    """

    def __init__(self) -> None:
        self.group: asyncio.TaskGroup | None = None
        self._under_way: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task and return it; its result and its error are the caller's to look at."""
        create = asyncio.create_task if self.group is None else self.group.create_task
        task: asyncio.Task[T] = create(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    def do(self, work: Coroutine[Any, Any, object]) -> None:
        """Start a task that nobody looks at; an error is logged as `background.failed`."""
        task = self.start(_log_errors(work))
        # A task that is cancelled before its first step never gets to the work inside.
        task.add_done_callback(lambda _: work.close())

    @property
    def any(self) -> bool:
        """Whether a task is under way."""
        return bool(self._under_way)

    async def done(self) -> None:
        """Wait for the tasks that are under way now."""
        if self._under_way:
            await asyncio.wait(list(self._under_way))


async def _log_errors(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Exception as error:  # a border: the bot goes on without this work
        log.error("background.failed", exc_info=error)  # noqa: TRY400  # given
