"""Scheduler of a plugin's periodic tasks: each runs once in its span of time, in one process.

Not APScheduler: the point is the lease in Redis, by which one of several processes gets each span,
and that what a run says and keeps is committed in one step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from sapp_bot.domain.ports import Clock, Leases, StorageWrite
from sapp_bot.domain.replies import QueuedReply
from sapp_bot.domain.state import PersonState
from sapp_bot.errors import SappBotError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.pipeline.invoke import Invoker, InvokerDeps
from sapp_bot.host.pipeline.runner import in_its_thread
from sapp_bot.host.pipeline.text_buttons import render_as_text
from sapp_bot.host.routing.registry import PeriodicTask, PluginRegistry
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.host.settings import HostSettings
from sapp_bot.retry import Backoff, until_store_answers

log = structlog.get_logger(__name__)

SHORTEST_LIMIT_S = 60.0

LEASE_BACKOFF = Backoff(first_s=5.0, factor=1.0)
"""Between the tries to take a lease while the store is away; the span may be another by then."""

Tell = Callable[[str, Sequence[QueuedReply], Sequence[StorageWrite]], Awaitable[None]]
"""Stores replies and changes in one step, once under a name, and sends the replies."""

Failed = Callable[[str, BaseException], None]
"""Is told whose code raised what."""


@dataclass(frozen=True, slots=True)
class GenerationDeps:
    """Dependencies of a loaded generation: its timers and its lifespan."""

    clock: Clock
    leases: Leases
    settings: HostSettings
    invoker_deps: InvokerDeps
    registry: PluginRegistry
    tell: Tell

    def invoker(self, turn: Turn) -> Invoker:
        """Return what a handler is called with that nobody wrote to."""
        return Invoker(turn, self.registry.table, self.invoker_deps)


class PeriodicTasks:
    """Runs them. `failed` is told of what goes wrong."""

    def __init__(
        self,
        periodic: Iterable[PeriodicTask],
        owner: TaskOwner,
        deps: GenerationDeps,
        failed: Failed,
    ) -> None:
        self._periodic = tuple(periodic)
        self._owner = owner
        self._deps = deps
        self._clock = deps.clock
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()
        self._asleep: set[asyncio.Task[None] | None] = set()
        self._stirred = asyncio.Event()
        self._is_over = False

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin, unless it is over already."""
        if self._is_over:
            return
        for periodic in self._periodic:
            task = tasks.create_task(self._repeat(periodic))
            self._tasks.add(task)
            task.add_done_callback(self._left)

    async def idle(self) -> None:
        """Wait until no run is under way."""
        while self._tasks - self._asleep:
            self._stirred.clear()
            await self._stirred.wait()

    async def stop(self, grace_s: float) -> None:
        """Begin no more runs; one under way may end within `grace_s`."""
        self._is_over = True
        for task in self._tasks & self._asleep:
            task.cancel()
        working = self._tasks - self._asleep
        if not working:
            return
        try:
            await run_with_deadline(self._clock, grace_s, _ended(working))
        except DeadlineExceeded:
            for task in working:
                task.cancel()

    async def run_now(self, name: str) -> None:
        """Run a task once, whatever the time: for tests and operators."""
        for periodic in self._periodic:
            if periodic.name == name:
                await self._run(periodic, f"{self._clock.now().isoformat()}")

    async def _repeat(self, periodic: PeriodicTask) -> None:
        span_s = periodic.seconds
        take = partial(self._take_lease, periodic)
        while not self._is_over:
            span, mine = await until_store_answers(self, take, backoff=LEASE_BACKOFF)
            if mine:
                await self._run(periodic, str(span))
            now_s = self._clock.now().timestamp()
            if not self._is_over and now_s // span_s == span:
                await self.sleep((span + 1) * span_s - now_s)

    async def _take_lease(self, periodic: PeriodicTask) -> tuple[int, bool]:
        """Return the number of the running span, and whether this process serves it."""
        span = int(self._clock.now().timestamp() // periodic.seconds)
        if self._is_over:
            return span, False
        keep_s = int(2 * periodic.seconds) + 60
        return span, await self._deps.leases.take(periodic.name, span, keep_s=keep_s)

    def _left(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._stirred.set()

    async def sleep(self, seconds: float) -> None:
        """Wait by the clock; the running task counts as idle meanwhile, and may be cancelled."""
        task = asyncio.current_task()
        self._asleep.add(task)
        self._stirred.set()
        try:
            await self._clock.sleep(seconds)
        finally:
            self._asleep.discard(task)

    async def _run(self, periodic: PeriodicTask, slot: str) -> None:
        """Run one; what it says and keeps is committed when it has ended well."""
        trigger = SystemTrigger(f"every:{periodic.name}:{slot}", commits=True)
        turn = Turn(trigger, PersonState(), self._deps.settings, self._clock.now())
        limit_s = max(SHORTEST_LIMIT_S, periodic.seconds)
        try:
            invoker = self._deps.invoker(turn)
            values = invoker.values(periodic.plugin, periodic.signature)
            handler = periodic.handler
            plain = periodic.signature.plain
            work = in_its_thread(handler, values, self._owner) if plain else handler(**values)
            await run_with_deadline(self._clock, limit_s, work, owner=self._owner)
            if self._deps.settings.mode == "user":
                render_as_text(turn, invoker.translator())
            turn.changes.is_over = True
            writes = tuple(turn.changes.writes.values())
            if turn.replies or writes:
                await self._deps.tell(trigger.key, turn.replies, writes)
        except SappBotError as error:
            log.warning("timer.refused", timer=periodic.name, reason=str(error))
            self._failed(periodic.plugin, error)
        except Exception as error:  # a border: a plugin may raise anything
            log.error("timer.failed", timer=periodic.name, exc_info=error)  # noqa: TRY400  # given
            self._failed(periodic.plugin, error)


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)
