"""Background tasks: kept referenced until they end, their errors logged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")

AGAIN_S = 0.2
"""Seconds after which a task that did not end is cancelled once more."""


class BackgroundTasks:
    """Starts tasks and keeps a reference to each until it ends.

    The event loop keeps only weak references to its tasks, so that others may vanish half done.
    Source: https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task, "Important".

    Attributes:
        group: The task group that new tasks join; without one they belong to the event loop only.

    """

    def __init__(self) -> None:
        self.group: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task and return it; the caller handles its result and its error."""
        create = asyncio.create_task if self.group is None else self.group.create_task
        task: asyncio.Task[T] = create(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def do(self, work: Coroutine[Any, Any, object]) -> None:
        """Start a task without a caller; an error is logged as `background.failed`, not raised."""
        task = self.start(_log_errors(work))
        # A task cancelled before its first step never starts the coroutine, and an unstarted
        # coroutine warns "was never awaited" unless it is closed.
        task.add_done_callback(lambda _: work.close())

    @property
    def any(self) -> bool:
        """Whether a task is running."""
        return bool(self._running)

    async def done(self) -> None:
        """Wait until the tasks that run now have ended; not for those that they start."""
        if self._running:  # asyncio.wait refuses an empty list
            await asyncio.wait(list(self._running))


async def _log_errors(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Exception as error:  # a border: the bot goes on without this work
        log.error("background.failed", exc_info=error)  # noqa: TRY400  # given


async def guarded(work: Coroutine[Any, Any, T], guard: Coroutine[Any, Any, object]) -> T:
    """Return the result of a work; an error of the guard, which runs beside it, ends it.

    Raises:
        Exception: what the work raises, or the guard while the work lasts.

    """
    working, guarding = asyncio.create_task(work), asyncio.create_task(guard)
    try:
        await asyncio.wait({working, guarding}, return_when=asyncio.FIRST_COMPLETED)
        if guarding.done():
            guarding.result()
        await asyncio.wait({working})
        return working.result()
    finally:
        await ended({working, guarding})


async def ended(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended: a library may take one for a lost connection."""
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=AGAIN_S)
