"""Background tasks run to their end though nobody holds them, and fail in the log only."""

from __future__ import annotations

import asyncio
import gc

import pytest
from structlog.testing import capture_logs

from sapp_bot.host.runtime.background import BackgroundTasks


async def answer(value: int = 7) -> int:
    """Give a value, after others had their turn."""
    await asyncio.sleep(0)
    return value


async def fail() -> None:
    """Fail."""
    raise ValueError("by plan")


async def test_a_started_task_gives_its_result() -> None:
    """The caller of `start` may wait for the task."""
    assert await BackgroundTasks().start(answer()) == 7


async def test_the_error_of_a_started_task_is_the_callers() -> None:
    """`start` hides nothing from who waits."""
    with pytest.raises(ValueError, match="by plan"):
        await BackgroundTasks().start(fail())


async def test_an_error_of_work_that_is_just_done_is_logged() -> None:
    """Nobody looks at the task, so the log tells."""
    background = BackgroundTasks()
    with capture_logs() as logs:
        background.do(fail())
        await background.done()

    assert [(line["event"], str(line["exc_info"])) for line in logs] == [
        ("background.failed", "by plan")
    ]


async def test_tasks_are_held_until_they_end() -> None:
    """A task that nobody else knows survives the garbage collector."""
    background, done = BackgroundTasks(), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    background.do(work())
    gc.collect()
    assert background.any
    await background.done()

    assert done.is_set()
    assert not background.any


async def test_waiting_for_nothing_ends_at_once() -> None:
    """Without a task under way, `done` returns."""
    await BackgroundTasks().done()


async def test_tasks_join_the_group() -> None:
    """A task group waits for what was begun in it."""
    background, done = BackgroundTasks(), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    async with asyncio.TaskGroup() as tasks:
        background.group = tasks
        background.do(work())

    assert done.is_set()


async def test_work_cancelled_before_its_first_step_is_closed() -> None:
    """No "never awaited" warning is left behind."""
    background, work = BackgroundTasks(), answer()
    background.do(work)
    (task,) = asyncio.all_tasks() - {asyncio.current_task()}
    task.cancel()
    await background.done()

    with pytest.raises(RuntimeError, match="cannot reuse"):
        await work
