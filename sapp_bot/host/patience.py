"""Waiting for a plugin's code, but not for ever, by the clock that was given."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from sapp_bot.errors import HandlerExit
from sapp_bot.ports import Clock

from .ownership import Crew, contained, work_for

T = TypeVar("T")

END_S = 5.0
"""How long a cancelled task may take to end."""


class OutOfTime(TimeoutError):
    """The time that was given for some work ran out."""


async def within(
    clock: Clock, seconds: float, work: Coroutine[Any, Any, T], *, crew: Crew | None = None
) -> T:
    """Do some work in a task of its own, in the crew's name, for so many seconds at most.

    Work that does not end although it is cancelled is left to the crew.

    Raises:
        OutOfTime: it did not end in time and was cancelled.
        HandlerExit: it tried to end the process, or cancelled itself.

    """
    task = asyncio.create_task(_named(crew, work))
    task.add_done_callback(lambda _: work.close())  # for one cancelled before its first step
    limit = Limit(clock, seconds, task)
    try:
        await limit.reached()
    except asyncio.CancelledError:
        limit.end()
        await limit.reached()
        raise
    finally:
        limit.close()
        if not task.done() and crew is not None:
            crew.add(task)
    if not task.done():
        raise OutOfTime(f"no end after {seconds} s, nor when it was cancelled")
    if task.cancelled() and limit.is_late:
        raise OutOfTime(f"no end after {seconds} s")
    if task.cancelled():
        raise HandlerExit("it was cancelled by itself")
    return task.result()


class Limit:
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


async def _named(crew: Crew | None, work: Coroutine[Any, Any, T]) -> T:
    work_for(crew)
    return await contained(work)


async def dismiss(crew: Crew, clock: Clock) -> list[str]:
    """Cancel all that a plugin began, and wait for its end; names what refuses to end."""
    tasks = crew.tasks
    for task in tasks:
        task.cancel()
    if tasks:
        with suppress(OutOfTime):
            await within(clock, END_S, _ended(tasks))
    return sorted(task.get_name() for task in crew.tasks)


async def _ended(tasks: list[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks)
