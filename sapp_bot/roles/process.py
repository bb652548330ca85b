"""What a process of the bot does whatever its role is: it is told to stop, works, and drains."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import structlog

from sapp_bot import __version__
from sapp_bot.domain.ports import Clock
from sapp_bot.host.runtime.background import ended
from sapp_bot.observability.metrics import Metrics
from sapp_bot.observability.trace import share_trace_key
from sapp_bot.settings.settings import Settings

if TYPE_CHECKING:
    from sapp_bot.monitoring.monitor import Monitor

T = TypeVar("T")

log = structlog.get_logger(__name__)


@asynccontextmanager
async def monitored(
    settings: Settings, states: tuple[str, ...] = ()
) -> AsyncIterator[Monitor | None]:
    """Serve what is measured, where that is wanted: from the start on, which may have to wait.

    `states` are those that a plugin can have.
    """
    at = settings.sapp_monitoring
    if at is None:
        yield None
        return
    from sapp_bot.monitoring.monitor import open_monitor  # noqa: PLC0415  # others need not pay

    async with open_monitor(at.host, at.port, build=__version__, states=states) as monitor:
        yield monitor


@asynccontextmanager
async def traced(
    settings: Settings, metrics: Metrics, clock: Clock, *, role: str
) -> AsyncIterator[Metrics]:
    """Record traces, where that is wanted; yields what takes the measurements.

    `role` is what the process is: all, gateway or worker. Trace ids are the same in all of them.
    """
    share_trace_key(settings.sapp_secret_keys[0].get_secret_value().encode())
    endpoint = settings.otel_exporter_otlp_endpoint
    if not endpoint:
        yield metrics
        return
    from sapp_bot.tracing.export import open_tracing  # noqa: PLC0415  # others need not pay

    about = {
        "service.name": "sapp_bot",
        "service.version": __version__,
        "service.instance.id": uuid4().hex,
        "sapp_bot.role": role,
    }
    headers = settings.otlp_headers()
    async with open_tracing(endpoint, headers, inner=metrics, clock=clock, about=about) as spans:
        yield spans


def stop_signal() -> asyncio.Event:
    """Turn the first SIGTERM or SIGINT into an event; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def first(number: signal.Signals) -> None:
        log.info("bot.stopping", signal=number.name)
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, first, number)
    return stop


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Do the work, or give it up when the signal to stop comes first."""
    task = asyncio.create_task(work)
    await _first(stop, [task])
    if not task.done():
        await ended({task})
        return None
    return task.result()


async def work_until(
    stop: asyncio.Event,
    works: list[Coroutine[Any, Any, Any]],
    *,
    drain: Callable[[], Awaitable[None]],
    drain_s: float,
    end: Callable[[], Awaitable[None]] | None = None,
    on_hang_up: Callable[[], Coroutine[Any, Any, object]] | None = None,
) -> None:
    """Do all works until one fails or the signal to stop comes; finish what is begun, then end.

    Args:
        stop: The signal.
        works: What is done, each until it is cancelled.
        drain: Finishes what is begun.
        drain_s: Seconds that this may take.
        end: Called before the works are cancelled.
        on_hang_up: Done at each SIGHUP, by custom the signal to read one's files anew.

    """
    async with asyncio.TaskGroup() as tasks:
        working = [tasks.create_task(work) for work in works]
        hang_up = on_hang_up
        watching = (
            _on_hang_up(lambda: tasks.create_task(hang_up()))
            if hang_up is not None
            else nullcontext()
        )
        with watching:
            await _first(stop, working)
        try:
            async with asyncio.timeout(drain_s):
                await drain()
        except TimeoutError:
            log.warning("bot.drain_cut", s=drain_s)
        if end is not None:
            await end()
        for task in working:
            task.cancel()


@contextmanager
def _on_hang_up(call: Callable[[], object]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, call)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


async def _first(stop: asyncio.Event, working: list[asyncio.Task[T]]) -> None:
    """Wait for the signal, or for a part that ends by itself."""
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({waiting, *working}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
