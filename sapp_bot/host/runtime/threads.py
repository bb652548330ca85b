"""Blocking code in threads that nobody has to wait for at the end of the process.

The event loop's own pool joins its threads at exit, and so does every `ThreadPoolExecutor`: one
plugin that hangs while it is imported would keep the bot from stopping. These threads are daemons.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar, cast

T = TypeVar("T")


async def in_thread(call: Callable[[], T], *, name: str) -> T:
    """Make a call in a thread of its own. When cancelled, the thread goes on without an audience.

    Whatever the call raises is raised here; `SystemExit` and its like end only the thread, and are
    given on as the cause of a RuntimeError.
    """
    work, answer = _prepared(call)
    threading.Thread(target=work, name=name, daemon=True).start()
    return await answer


class WorkerThread:
    """One thread that makes calls one after the other, for a call that comes again and again.

    It is started by the first call, and ends when this object is gone.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, call: Callable[[], T]) -> T:
        """Make a call in the thread, behind those that wait; otherwise like `in_thread`."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=_work_off, args=(self._calls,), name=self._name, daemon=True
            )
            self._thread.start()
            # The thread knows the queue only, or this object would live as long as the thread.
            weakref.finalize(self, self._calls.put, None)
        work, answer = _prepared(call)
        self._calls.put(work)
        return await answer


def _work_off(calls: SimpleQueue[Callable[[], None] | None]) -> None:
    while (work := calls.get()) is not None:
        work()
        del work  # else its values would be held until the next call


def _prepared(call: Callable[[], T]) -> tuple[Callable[[], None], asyncio.Future[T]]:
    """Return what a thread has to run, and the future of its answer."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: T | None, error: Exception | None) -> None:
        if answer.done():
            return  # cancelled: nobody waits any more
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(cast("T", value))

    def work() -> None:
        value: T | None = None
        wrong: Exception | None = None
        try:
            value = context.run(call)
        except StopIteration as error:
            # No future takes one. Source: PEP 479, which says the same of generators.
            wrong = RuntimeError("StopIteration in a thread")
            wrong.__cause__ = error
        except Exception as error:  # noqa: BLE001  # it is raised again where it is awaited
            wrong = error
        except BaseException as error:  # noqa: BLE001  # sys.exit in a thread ends nothing else
            wrong = RuntimeError(f"{type(error).__name__}({error}) in a thread")
            wrong.__cause__ = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, wrong)

    return work, answer
