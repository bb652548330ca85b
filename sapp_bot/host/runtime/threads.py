"""Runs blocking code in daemon threads, which do not delay the end of the process.

Not `asyncio.to_thread` nor a `ThreadPoolExecutor`: both join their threads at exit, so that one
plugin that hangs while it is imported would keep the bot from stopping.
Source: https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor
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
    """Return the result of a call, made in a new thread.

    The call's own errors are raised from here. Cancelling this coroutine does not stop the thread:
    Python cannot stop one, so its result is dropped.

    Args:
        call: Blocking function. It runs in a copy of the caller's context.
        name: Name of the thread.

    Raises:
        RuntimeError: the call raised `StopIteration`, `SystemExit` or another `BaseException`,
            which is its cause.

    """
    work, answer = _prepared(call)
    threading.Thread(target=work, name=name, daemon=True).start()
    return await answer


class WorkerThread:
    """One thread that makes repeated calls one after the other.

    The first call starts the thread; it ends when this object is garbage collected.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, call: Callable[[], T]) -> T:
        """Return the result of a call, made after those that wait; raises like `in_thread`."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=_run_calls, args=(self._calls,), name=self._name, daemon=True
            )
            self._thread.start()
            # The thread references only the queue: a reference to this object would keep the
            # object, and so the thread, alive for ever.
            weakref.finalize(self, self._calls.put, None)
        work, answer = _prepared(call)
        self._calls.put(work)
        return await answer


def _run_calls(calls: SimpleQueue[Callable[[], None] | None]) -> None:
    while (work := calls.get()) is not None:
        work()
        del work  # else the thread would hold the call's values until the next call


def _prepared(call: Callable[[], T]) -> tuple[Callable[[], None], asyncio.Future[T]]:
    """Return the function for the thread, and the future of its result."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: T | None, error: Exception | None) -> None:
        if answer.done():
            return  # the caller was cancelled
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
            # A future refuses it: raised in the coroutine that awaits, it would look like a return.
            # Source: https://docs.python.org/3/library/asyncio-future.html and PEP 479
            wrong = RuntimeError("StopIteration in a thread")
            wrong.__cause__ = error
        except Exception as error:  # noqa: BLE001  # raised again where the future is awaited
            wrong = error
        except BaseException as error:  # noqa: BLE001  # sys.exit in a thread ends nothing else
            wrong = RuntimeError(f"{type(error).__name__}({error}) in a thread")
            wrong.__cause__ = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, wrong)

    return work, answer
