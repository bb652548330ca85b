"""Whose work is it: tasks that a plugin began, so that they end with it.

While a plugin's code runs, a context variable names its owner; tasks inherit it. The task factory
looks it up, so that a bare `asyncio.create_task` is taken back at unload like everything else.
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
"""How many plain functions of one plugin run at the same time; the next ones wait."""

_OURS = f"{__name__.partition('.')[0]}."
_LOOP = "asyncio.events"


class TaskOwner:
    """The tasks of one generation of a plugin."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self.threads = asyncio.Semaphore(THREADS)
        self._tasks: set[asyncio.Task[Any]] = set()

    def add(self, task: asyncio.Task[Any]) -> None:
        """Take a task in, until it ends."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """List those that have not ended."""
        return list(self._tasks)


_task_owner: contextvars.ContextVar[TaskOwner | None] = contextvars.ContextVar(
    "task_owner", default=None
)


def set_task_owner(owner: TaskOwner | None) -> None:
    """Say in whose name the running task works from here on."""
    _task_owner.set(owner)


async def contain_exit(work: Coroutine[Any, Any, T]) -> T:
    """Run plugin code; what would end the whole event loop ends only the plugin's work.

    Raises:
        HandlerExit: it called `sys.exit`, or raised something else that is no plain exception.

    """
    try:
        return await work
    except (Exception, asyncio.CancelledError, GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise HandlerExit(f"{type(error).__name__}({error}) in a plugin") from error


@contextmanager
def tracked_tasks() -> Iterator[None]:
    """Have the running event loop note whose each new task is."""
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
            # A service works for everybody: what it begins must not end with one plugin.
            context = (context or contextvars.copy_context()).copy()
            context.run(set_task_owner, None)
            return _plain(loop, work, **{**about, "context": context})
        task = _plain(loop, contain_exit(work), **about)
        # A task that is cancelled before its first step never gets to the work inside.
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
        if loop.get_task_factory() is make:
            loop.set_task_factory(former)


def _is_plugins(frame: FrameType | None) -> bool:
    """Tell whether a plugin began this: its code is nearer on the stack than ours.

    A library in between counts for the one who called it; nobody at all means that a task of the
    plugin's runs a library, which is the plugin's too.
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
