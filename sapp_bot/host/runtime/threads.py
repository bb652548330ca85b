"""Blocking code in threads that nobody has to wait for at the end of the process.

The event loop's own pool joins its threads at exit: one plugin that hangs while it is imported
would keep the bot from stopping. These threads are daemons.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")


async def in_thread(call: Callable[[], T], *, name: str) -> T:
    """Make a call in a thread of its own. When cancelled, the thread goes on without an audience.

    Whatever the call raises is raised here; `SystemExit` and its like end only the thread, and are
    given on as the cause of a RuntimeError.
    """
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

    threading.Thread(target=work, name=name, daemon=True).start()
    return await answer
