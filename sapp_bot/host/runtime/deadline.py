"""Run a coroutine with a deadline on the injected clock.

The coroutine is cancelled at the deadline, and abandoned if it ignores the cancellation.
Not `asyncio.timeout`: it waits for the coroutine however long that ignores its cancellation, and it
reads the loop's clock, which tests cannot turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from types import CodeType
from typing import Any, TypeVar

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import HandlerExit

from .names import owner_of
from .task_owner import TaskOwner, contain_exit, set_task_owner

T = TypeVar("T")

END_S = 5.0
"""Seconds that a cancelled task may take to end before it is abandoned."""


class DeadlineExceeded(TimeoutError):
    """The work did not end before its deadline."""


async def run_with_deadline(
    clock: Clock, seconds: float, work: Coroutine[Any, Any, T], *, owner: TaskOwner | None = None
) -> T:
    """Return the result of a coroutine, run in a task of its own.

    Args:
        clock: Measures the deadline.
        seconds: Seconds until the coroutine is cancelled.
        work: The coroutine; its errors are raised from here.
        owner: Owner of the tasks that the coroutine starts, and of the coroutine itself if it
            ignores its cancellation and is abandoned; None for code that is not a plugin's.

    Raises:
        DeadlineExceeded: the coroutine did not end in time.
        HandlerExit: the coroutine tried to end the process, or cancelled itself.

    """
    # A task of its own: the deadline must be able to abandon the work and return to the caller.
    task = asyncio.create_task(_run_owned(owner, work))
    # A task cancelled before its first step never starts `work`, which warns unless closed.
    task.add_done_callback(lambda _: work.close())
    limit = Deadline(clock, seconds, task, partial(_stands_at, work))
    try:
        await limit.reached()
    except asyncio.CancelledError:
        # The caller was cancelled, as at shutdown: the work ends first, or is left to its owner.
        limit.end()
        await limit.reached()
        raise
    finally:
        limit.close()
        if not task.done() and owner is not None:
            owner.add(task)
    if not task.done():
        text = f"{limit.stood_at}no end after {seconds:g} s, nor when it was cancelled"
        raise DeadlineExceeded(text)
    # `is_late` tells the deadline's cancellation from one by the work itself.
    if task.cancelled() and limit.is_late:
        raise DeadlineExceeded(f"{limit.stood_at}no end after {seconds:g} s")
    if task.cancelled():
        raise HandlerExit("it was cancelled by itself")
    return task.result()


class Deadline:
    """Deadline of one task: cancels the task when the time is up, abandons it 5 s later.

    Attributes:
        is_late: Whether the time ran out.
        stood_at: Where the work waited then, to stand before the error; "" if nobody knows.

    """

    def __init__(
        self, clock: Clock, seconds: float, task: asyncio.Task[Any], place: Callable[[], str]
    ) -> None:
        self.is_late = False
        self.stood_at = ""
        self._place = place
        self._clock = clock
        self._task = task
        self._is_abandoned = False
        self._waiter: asyncio.Future[None] | None = None
        task.add_done_callback(self._release)
        self._timer = clock.call_later(seconds, self._expire)

    async def reached(self) -> None:
        """Wait until the task has ended or is abandoned."""
        # Not `asyncio.wait`, which costs four times as much: this is around every handler.
        if not self._task.done() and not self._is_abandoned:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def end(self) -> None:
        """Cancel the task now; it has 5 s to end."""
        self._task.cancel()
        self._timer.cancel()
        self._timer = self._clock.call_later(END_S, self._abandon)

    def close(self) -> None:
        """Stop the timer, and release whoever waits in `reached`."""
        self._timer.cancel()
        self._abandon()

    def _expire(self) -> None:
        self.is_late = True
        self.stood_at = self._place()
        self.end()

    def _abandon(self) -> None:
        self._is_abandoned = True
        self._release()

    def _release(self, _: object = None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _stands_at(work: Any) -> str:
    """Return what line of a plugin a coroutine waits at: "plugin tip, tip.py:12 pay: "."""
    place = ""
    while work is not None:
        if isinstance(work, asyncio.Task):
            work = work.get_coro()
        frame = getattr(work, "cr_frame", None)
        if frame is not None:
            place = _of_plugin(frame.f_globals, frame.f_code, frame.f_lineno) or place
            # A plain function is in a thread, and what waits for it has it in hand.
            handler = frame.f_locals.get("handler")
            code = getattr(handler, "__code__", None)
            if not place and code is not None:
                place = _of_plugin(handler.__globals__, code, code.co_firstlineno)
        work = getattr(work, "cr_await", None)
    return place


def _of_plugin(module: Mapping[str, Any], code: CodeType, line: int) -> str:
    plugin = owner_of(module.get("__name__"))
    return f"plugin {plugin}, {code.co_filename}:{line} {code.co_name}: " if plugin else ""


async def _run_owned(owner: TaskOwner | None, work: Coroutine[Any, Any, T]) -> T:
    # Inside the new task: its context is a copy, so the caller's own owner stays as it is.
    set_task_owner(owner)
    return await contain_exit(work)


async def cancel_owned_tasks(owner: TaskOwner, clock: Clock) -> list[str]:
    """Cancel a plugin's tasks, and wait 5 s at most for their end.

    Returns:
        The names of the tasks that still run, sorted.

    """
    tasks = owner.tasks
    for task in tasks:
        task.cancel()
    if tasks:
        with suppress(DeadlineExceeded):
            await run_with_deadline(clock, END_S, _wait_for(tasks))
    return sorted(task.get_name() for task in owner.tasks)


async def _wait_for(tasks: list[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks)
