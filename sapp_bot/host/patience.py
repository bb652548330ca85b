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

    Raises:
        OutOfTime: it did not end in time and was cancelled.
        HandlerExit: it tried to end the process, or cancelled itself.

    """
    task = asyncio.create_task(_named(crew, work))
    task.add_done_callback(lambda _: work.close())  # for one cancelled before its first step
    late = False

    def stop() -> None:
        nonlocal late
        late = True
        task.cancel()

    timer = clock.call_later(seconds, stop)
    try:
        return await task
    except asyncio.CancelledError as error:
        if is_cancelled():
            task.cancel()
            raise
        if late:
            raise OutOfTime(f"no end after {seconds} s") from None
        raise HandlerExit("it was cancelled by itself") from error
    finally:
        timer.cancel()


def is_cancelled() -> bool:
    """Tell whether the running task is asked to end, as opposed to what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


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
