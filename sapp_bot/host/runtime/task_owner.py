"""Ownership of tasks: the tasks that a plugin starts end with the plugin.

While a plugin's code runs, a context variable holds its owner; tasks inherit the variable. The
task factory reads it, so that a bare `asyncio.create_task` is cancelled at unload too.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from sapp_bot.errors import HandlerExit

from .names import PREFIX

T = TypeVar("T")

THREADS = 8
"""Most plain functions of one plugin that run at the same time; further ones wait."""

_OURS = f"{__name__.partition('.')[0]}."
_LOOP = "asyncio.events"


class TaskOwner:
    """The tasks of one generation of a plugin.

    Attributes:
        plugin: Name of the plugin.
        threads: Limits the threads of its plain functions.
        hanging: Names of its plain functions that run on in threads nobody waits for any more,
            by thread. Python cannot stop a thread: only a restart of the process does.

    """

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self.threads = asyncio.Semaphore(THREADS)
        self.hanging: dict[object, str] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def add(self, task: asyncio.Task[Any]) -> None:
        """Register a task until it ends."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """The tasks that have not ended."""
        return list(self._tasks)


_task_owner: contextvars.ContextVar[TaskOwner | None] = contextvars.ContextVar(
    "task_owner", default=None
)


def set_task_owner(owner: TaskOwner | None) -> None:
    """Set the owner of the tasks that the running task starts from now on; None for no plugin."""
    _task_owner.set(owner)


async def contain_exit(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of plugin code, with errors that would end the event loop replaced.

    asyncio re-raises a `SystemExit` of any task out of `run_forever`, which would end the bot.

    Raises:
        HandlerExit: the code raised `SystemExit` or a `BaseException` of its own.

    """
    try:
        return await work
    except (Exception, asyncio.CancelledError, GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise HandlerExit(f"{type(error).__name__}({error}) in a plugin") from error


@contextmanager
def tracked_tasks() -> Iterator[None]:
    """Install the task factory that registers each new task with its owner."""
    loop = asyncio.get_running_loop()
    former = loop.get_task_factory()

    def make(
        loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], **about: Any
    ) -> asyncio.Future[T]:
        context: contextvars.Context | None = about.get("context")
        owner = _task_owner.get() if context is None else context.get(_task_owner)
        if owner is None:
            return _plain(loop, work, **about)
        if not _is_plugins(sys._getframe(1)):  # noqa: SLF001  # the way to see who calls
            # A service works for all plugins: a task that it starts must not end with one of them.
            # The context is copied, as the caller may go on to use the one that it passed.
            context = (context or contextvars.copy_context()).copy()
            context.run(set_task_owner, None)
            return _plain(loop, work, **{**about, "context": context})
        task = _plain(loop, contain_exit(work), **about)
        # A task cancelled before its first step never starts `work`, which warns unless closed.
        task.add_done_callback(lambda _: work.close())
        owner.add(task)
        return task

    def _plain(
        loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], **about: Any
    ) -> asyncio.Task[T]:
        if former is None:
            return asyncio.Task(work, loop=loop, **about)
        made: asyncio.Task[T] = former(loop, work, **about)  # type: ignore[assignment]  # no Task
        return made

    loop.set_task_factory(make)  # type: ignore[arg-type]  # typeshed: no keywords, as before 3.11
    try:
        yield
    finally:
        if loop.get_task_factory() is make:  # else somebody wrapped it, and still calls it
            loop.set_task_factory(former)


def _is_plugins(frame: FrameType | None) -> bool:
    """Return whether a plugin starts the task: its code is nearer on the stack than the bot's.

    Frames of a library count for its caller. A stack with neither, down to the event loop, is a
    library that runs in a task of the plugin's, so it counts for the plugin.
    """
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith(PREFIX):
            return True
        if name.startswith(_OURS) and name != __name__:
            return False
        if name == _LOOP:
            return True
        frame = frame.f_back
    return True
