"""Waiting for a plugin's code, but not for ever, by the clock that was given."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import HandlerExit

from .task_owner import TaskOwner, contain_exit, set_task_owner

T = TypeVar("T")

END_S = 5.0
"""How long a cancelled task may take to end."""


class DeadlineExceeded(TimeoutError):
    """The time that was given for some work ran out."""


async def run_with_deadline(
    clock: Clock, seconds: float, work: Coroutine[Any, Any, T], *, owner: TaskOwner | None = None
) -> T:
    """Do some work in a task of its own, in the owner's name, for so many seconds at most.

    Work that does not end although it is cancelled is left to the owner.

    Raises:
        DeadlineExceeded: it did not end in time and was cancelled.
        HandlerExit: it tried to end the process, or cancelled itself.

    """
    task = asyncio.create_task(_named(owner, work))
    task.add_done_callback(lambda _: work.close())  # for one cancelled before its first step
    limit = Deadline(clock, seconds, task)
    try:
        await limit.reached()
    except asyncio.CancelledError:
        limit.end()
        await limit.reached()
        raise
    finally:
        limit.close()
        if not task.done() and owner is not None:
            owner.add(task)
    if not task.done():
        raise DeadlineExceeded(f"no end after {seconds} s, nor when it was cancelled")
    if task.cancelled() and limit.is_late:
        raise DeadlineExceeded(f"no end after {seconds} s")
    if task.cancelled():
        raise HandlerExit("it was cancelled by itself")
    return task.result()


class Deadline:
    """The time of one task: it is cancelled when it is over, and given up when that is in vain."""

    def __init__(self, clock: Clock, seconds: float, task: asyncio.Task[Any]) -> None:
        self.is_late = False
        self._clock = clock
        self._task = task
        self._given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timer = clock.call_later(seconds, self._stop)

    async def reached(self) -> None:
        """Wait until the task has ended, or is given up."""
        await asyncio.wait({self._task, self._given_up}, return_when=asyncio.FIRST_COMPLETED)

    def end(self) -> None:
        """Cancel the task, and give it some time to end."""
        self._task.cancel()
        self._timer.cancel()
        self._timer = self._clock.call_later(END_S, self._give_up)

    def close(self) -> None:
        """Forget the time."""
        self._timer.cancel()
        self._give_up()

    def _stop(self) -> None:
        self.is_late = True
        self.end()

    def _give_up(self) -> None:
        if not self._given_up.done():
            self._given_up.set_result(None)


async def _named(owner: TaskOwner | None, work: Coroutine[Any, Any, T]) -> T:
    set_task_owner(owner)
    return await contain_exit(work)


async def cancel_owned_tasks(owner: TaskOwner, clock: Clock) -> list[str]:
    """Cancel all that a plugin began, and wait for its end; names what refuses to end."""
    tasks = owner.tasks
    for task in tasks:
        task.cancel()
    if tasks:
        with suppress(DeadlineExceeded):
            await run_with_deadline(clock, END_S, _ended(tasks))
    return sorted(task.get_name() for task in owner.tasks)


async def _ended(tasks: list[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks)
