"""A plugin's lifespan: what it opened before its first message and closes after its last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import NotReady, PluginError
from sapp_bot.host.routing.registry import BoundHandler, LifespanValue
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.runtime.task_owner import TaskOwner, contain_exit, set_task_owner

log = structlog.get_logger(__name__)

OPEN_S = 10.0
CLOSE_S = 5.0
"""How long the two halves may take."""


class Lifespan:
    """One lifespan, in one task from beginning to end: a TaskGroup inside it works.

    `yielded` takes the object that it yields; None for one that promises none. `on_exit` is called
    when it ends by itself, with the reason.
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
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self, values: Mapping[str, Any]) -> None:
        """Run it up to its `yield`.

        Raises:
            NotReady: it says itself that it cannot begin yet.
            PluginError: it failed, ended, or took too long.

        """
        self._task = asyncio.create_task(self._live(values))
        try:
            await run_with_deadline(self._clock, OPEN_S, self._first())
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
        """Run the rest of it; a failure is logged."""
        self._over.set()
        if self._task is None or not self._opened.is_set():
            return  # `open` has told why
        try:
            await run_with_deadline(self._clock, CLOSE_S, self._end())
        except DeadlineExceeded:
            log.error("plugin.lifespan_stuck", plugin=self._owner.plugin)  # noqa: TRY400  # no trace
            await self._cancel()
        error = self._error(self._task)
        if error is not None:
            log.error("plugin.lifespan_failed", plugin=self._owner.plugin, exc_info=error)

    @property
    def _where(self) -> str:
        return where(self._opening.handler)

    async def _live(self, values: Mapping[str, Any]) -> None:
        set_task_owner(self._owner)
        await contain_exit(self._through(values))

    async def _through(self, values: Mapping[str, Any]) -> None:
        made: Callable[..., AsyncGenerator[object, None]] = self._opening.handler
        fault: PluginError | None = None
        try:
            async with asynccontextmanager(made)(**values) as value:
                fault = self._keep(value)
                if fault is None:
                    self._opened.set()
                    await self._over.wait()
        finally:
            if self._yielded is not None:
                self._yielded.clear()
        if fault is not None:  # raised here, so that the plugin has closed what it opened
            raise fault

    def _keep(self, value: object) -> PluginError | None:
        """Keep what was yielded for the handlers; return what is wrong with it."""
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

    async def _first(self) -> None:
        """Wait for the yield or the end, whichever comes first."""
        opened = asyncio.create_task(self._opened.wait())
        assert self._task is not None  # noqa: S101  # made just before
        try:
            await asyncio.wait({opened, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            opened.cancel()

    async def _end(self) -> None:
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=CLOSE_S)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not self._over.is_set():
            self._on_exit(self._error(task) or PluginError("it ended by itself"))

    @staticmethod
    def _error(task: asyncio.Task[None]) -> BaseException | None:
        if not task.done():
            return None
        return PluginError("it was cancelled") if task.cancelled() else task.exception()


def _text(error: BaseException | None) -> str:
    return "it ended" if error is None else f"{type(error).__name__}: {error}"
