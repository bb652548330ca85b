"""Processes that can be killed between any two steps, and how they reach what is outside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sapp_bot.errors import SappBotError


@dataclass(slots=True, eq=False)
class Life:
    """A process: its tasks, and whether it lives."""

    is_alive: bool = True
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    subject: Any = None

    def start(self, work: Awaitable[Any]) -> None:
        """Work in the process's name."""

        async def quiet() -> None:
            # Whoever asked is told; nobody is here.
            with suppress(SappBotError, RuntimeError):
                await work

        task = asyncio.ensure_future(quiet())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def finish(self, work: Awaitable[Any]) -> Any:
        """Work in the process's name, and return what comes of it."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        await asyncio.wait({task})
        return task.result()

    def kill(self) -> None:
        """End it between two steps; nothing of it reaches the outside any more."""
        self.is_alive = False
        for task in list(self.tasks):
            task.cancel()


class Tether:
    """An object outside, as a process reaches it while it lives."""

    def __init__(self, target: Any, life: Life) -> None:
        self._target = target
        self._life = life

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Return a call that needs a living process, before and after."""
        call = getattr(self._target, name)

        async def reach(*args: Any, **named: Any) -> Any:
            if not self._life.is_alive:
                raise asyncio.CancelledError
            result = await call(*args, **named)
            if not self._life.is_alive:
                raise asyncio.CancelledError
            return result

        return reach
