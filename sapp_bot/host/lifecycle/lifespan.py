"""Runs a plugin's lifespan: opens resources before its first turn, closes them after its last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import NotReady, PluginError
from sapp_bot.host.routing.lifespan_value import LifespanValue
from sapp_bot.host.routing.registry import BoundHandler
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.runtime.task_owner import TaskOwner, contain_exit, set_task_owner

log = structlog.get_logger(__name__)

OPEN_S = 10.0
"""Seconds that the part before the `yield` may take."""

CLOSE_S = 5.0
"""Seconds that the part after the `yield` may take."""


class Lifespan:
    """One lifespan, in one task from start to end.

    One task, as a TaskGroup or a timeout must be left by the task that entered it.

    Args:
        opening: The asynchronous generator function and its signature.
        yielded: Receives the object that the lifespan yields; None when it declares none.
        owner: Owner of the tasks that the lifespan starts.
        clock: Times opening and closing.
        on_exit: Called with the reason when the lifespan ends by itself.

    """

    def __init__(
        self,
        opening: BoundHandler,
        yielded: LifespanValue | None,
        owner: TaskOwner,
        clock: Clock,
        on_exit: Callable[[BaseException], None],
    ) -> None:
        self._opening = opening
        self._yielded = yielded
        self._owner = owner
        self._clock = clock
        self._on_exit = on_exit
        self._opened = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self, values: Mapping[str, Any]) -> None:
        """Run the lifespan up to its `yield`.

        Args:
            values: Values of its parameters, by name.

        Raises:
            NotReady: the lifespan itself says that it cannot start yet.
            PluginError: the lifespan failed, ended, or did not yield within `OPEN_S`.

        """
        self._task = asyncio.create_task(self._run(values))
        try:
            await run_with_deadline(self._clock, OPEN_S, self._wait_opened())
        except DeadlineExceeded:
            await self._cancel()
            raise PluginError(f"{self._where}: no yield within {OPEN_S:.0f} s") from None
        except BaseException:
            await self._cancel()
            raise
        if self._opened.is_set():
            self._task.add_done_callback(self._ended)
            return
        error = self._error(self._task)
        if isinstance(error, NotReady | PluginError):
            raise error
        raise PluginError(f"{self._where}: its lifespan failed: {_text(error)}") from error

    async def close(self) -> None:
        """Run the part after the `yield`; a failure is logged, not raised."""
        self._closing.set()
        if self._task is None or not self._opened.is_set():
            return  # `open` has raised the reason
        try:
            await run_with_deadline(self._clock, CLOSE_S, self._wait_ended())
        except DeadlineExceeded:
            log.error("plugin.lifespan_stuck", plugin=self._owner.plugin)  # noqa: TRY400  # no trace
            await self._cancel()
        error = self._error(self._task)
        if error is not None:
            log.error("plugin.lifespan_failed", plugin=self._owner.plugin, exc_info=error)

    @property
    def _where(self) -> str:
        return where(self._opening.handler)

    async def _run(self, values: Mapping[str, Any]) -> None:
        set_task_owner(self._owner)
        await contain_exit(self._run_generator(values))

    async def _run_generator(self, values: Mapping[str, Any]) -> None:
        made: Callable[..., AsyncGenerator[object, None]] = self._opening.handler
        fault: PluginError | None = None
        try:
            async with asynccontextmanager(made)(**values) as value:
                fault = self._put(value)
                if fault is None:
                    self._opened.set()
                    await self._closing.wait()
        finally:
            if self._yielded is not None:
                self._yielded.clear()
        if fault is not None:  # not inside: the plugin closes what it opened first
            raise fault

    def _put(self, value: object) -> PluginError | None:
        """Store the yielded object for the handlers; return what is wrong with it, or None."""
        if self._yielded is None:
            if value is None:
                return None
            name = type(value).__name__
            return PluginError(
                f"{self._where}: yields a {name} that handlers cannot ask for; write "
                f"`-> AsyncIterator[{name}]`, or a bare `yield`"
            )
        try:
            self._yielded.put(value)
        except PluginError as error:
            return PluginError(f"{self._where}: {error}")
        return None

    async def _wait_opened(self) -> None:
        """Wait for the `yield` or the end of the task, whichever comes first."""
        opened = asyncio.create_task(self._opened.wait())
        assert self._task is not None  # noqa: S101  # made just before
        try:
            await asyncio.wait({opened, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            opened.cancel()

    async def _wait_ended(self) -> None:
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=CLOSE_S)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not self._closing.is_set():
            self._on_exit(self._error(task) or PluginError("it ended by itself"))

    @staticmethod
    def _error(task: asyncio.Task[None]) -> BaseException | None:
        if not task.done():
            return None
        return PluginError("it was cancelled") if task.cancelled() else task.exception()


def _text(error: BaseException | None) -> str:
    return "it ended" if error is None else f"{type(error).__name__}: {error}"
