"""A worker thread makes calls in order, and is gone when its object is."""

from __future__ import annotations

import threading

import pytest

from sapp_bot.host.runtime.threads import WorkerThread


async def test_all_calls_run_in_one_thread() -> None:
    """The thread is started by the first call and used by the next."""
    worker = WorkerThread("test worker")

    first = await worker.run(threading.current_thread)
    second = await worker.run(threading.current_thread)

    assert first is second
    assert (first.name, first.daemon) == ("test worker", True)


async def test_an_error_does_not_end_the_thread() -> None:
    """What a call raises is raised where it is awaited; the next call is made."""
    worker = WorkerThread("test worker")

    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 // 0)
    assert await worker.run(lambda: 7) == 7


async def test_the_thread_ends_with_its_object() -> None:
    """Nobody has to close it."""
    worker = WorkerThread("test worker")
    thread = await worker.run(threading.current_thread)
    del worker

    thread.join(5)

    assert not thread.is_alive()


def test_a_worker_without_calls_has_no_thread() -> None:
    """Nothing is started ahead of time."""
    before = threading.active_count()

    assert WorkerThread("test worker") is not None
    assert threading.active_count() == before
