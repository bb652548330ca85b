"""Runs a plugin's periodic tasks: once in each span of time, in one process.

Not APScheduler: a lease in Redis gives each span to one of several processes, and what a run says
and stores is committed in one step.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from itertools import count

import structlog

from sapp_bot.domain.ports import Clock, Leases
from sapp_bot.domain.state import PersonState
from sapp_bot.errors import PluginError, SappBotError
from sapp_bot.host.authoring.schedules import Slot
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.pipeline.invoke import Invoker, InvokerDeps
from sapp_bot.host.pipeline.payments.tell import Tell
from sapp_bot.host.pipeline.runner import in_its_thread
from sapp_bot.host.pipeline.text_buttons import render_as_text
from sapp_bot.host.routing.registry import PeriodicTask, PluginRegistry
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.host.runtime.work_journal import WorkJournal
from sapp_bot.host.settings import HostSettings
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.observability.trace import begin_trace
from sapp_bot.retry import Backoff, until_store_answers
from sapp_bot.values import dataclass, field

from .importer import ANEW, PluginImports

log = structlog.get_logger(__name__)

SHORTEST_LIMIT_S = 60.0
"""Seconds that a run may take at least, however short its span is."""

LONGEST_SLEEP_S = 900.0
"""Seconds after which a long wait looks at the clock again: it was set, or the machine slept."""

KNOWN_S = 400 * 24 * 3600
"""Seconds for which it is remembered that a timer is not new."""

LEASE_BACKOFF = Backoff(first_s=5.0, factor=1.0)
"""Waits between the tries to take a lease. Constant: the span may be over before a longer one."""

Failed = Callable[[str, BaseException], None]
"""Called with a plugin's name and the error that its code raised."""


@dataclass(frozen=True, slots=True)
class GenerationDeps:
    """Dependencies of a loaded generation: its timers and its lifespan."""

    clock: Clock
    leases: Leases
    settings: HostSettings
    invoker_deps: InvokerDeps
    registry: PluginRegistry
    tell: Tell
    journal: WorkJournal
    imports: PluginImports = ANEW
    metrics: Metrics = NO_METRICS
    turns_of_timers: Mapping[str, AbstractAsyncContextManager[object]] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )
    """By timer: held while it runs, whoever began the run, in whichever generation."""

    def invoker(self, turn: Turn) -> Invoker:
        """Return the invoker of a turn that no person started."""
        return Invoker(turn, self.registry.table, self.invoker_deps)


class PeriodicTasks:
    """Scheduler of one generation's periodic tasks.

    Args:
        periodic: The tasks.
        owner: Owner of the tasks that a run starts.
        deps: Dependencies of the generation.
        failed: Called with the plugin's name and each error.

    """

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
        self._changed = asyncio.Event()
        self._is_stopped = False
        self._runs_by_hand = count(1)

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Start a loop for each task, unless `stop` was called before."""
        if self._is_stopped:
            return
        for periodic in self._periodic:
            task = tasks.create_task(self._repeat(periodic))
            self._tasks.add(task)
            task.add_done_callback(self._on_done)

    async def idle(self) -> None:
        """Wait until no run is under way."""
        while self._tasks - self._asleep:
            self._changed.clear()
            await self._changed.wait()

    async def stop(self, grace_s: float) -> None:
        """Start no more runs; cancel one under way after `grace_s` seconds."""
        # Only a loop that waits is cancelled at once: a handler may be half-way through a write.
        self._is_stopped = True
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
        """Run a task once, by its name, without lease or schedule; after a run that is under way.

        It ends with its generation, as the others do: `idle` and `stop` wait for it.
        """
        for periodic in self._periodic:
            if periodic.name == name:
                slot = f"{self._clock.now().isoformat()}/{next(self._runs_by_hand)}"
                task = asyncio.create_task(self._run_alone(periodic, slot))
                self._tasks.add(task)
                task.add_done_callback(self._on_done)
                await asyncio.wait({task})

    async def _repeat(self, periodic: PeriodicTask) -> None:
        if wait_s := self._deps.journal.wait_s(periodic.plugin):
            await self.sleep(wait_s)
        if not periodic.schedule.runs_when_new:
            await until_store_answers(self, partial(self._begin, periodic), backoff=LEASE_BACKOFF)
        take = partial(self._take_lease, periodic)
        while not self._is_stopped:
            slot, mine = await until_store_answers(self, take, backoff=LEASE_BACKOFF)
            if mine:
                await self._run_alone(periodic, str(slot.number))
            while not self._is_stopped and (left_s := self._left_s(slot)) > 0:
                await self.sleep(min(left_s, LONGEST_SLEEP_S))

    def _left_s(self, slot: Slot) -> float:
        return (slot.end - self._clock.now()).total_seconds()

    async def _begin(self, periodic: PeriodicTask) -> None:
        """Take the slot that is under way, and leave it out, if the timer is new."""
        if self._is_stopped:
            return
        leases = self._deps.leases
        if await leases.take(f"{periodic.lease}.known", 0, keep_s=KNOWN_S):
            await self._take_lease(periodic)

    async def _take_lease(self, periodic: PeriodicTask) -> tuple[Slot, bool]:
        """Return the current slot, and whether this process got it."""
        slot = periodic.schedule.slot(self._clock.now())
        if self._is_stopped:
            return slot, False
        # Longer than the slot: a process with a slow clock must still find the lease taken.
        keep_s = int(2 * periodic.schedule.length_s) + 60
        return slot, await self._deps.leases.take(periodic.lease, slot.number, keep_s=keep_s)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the clock; meanwhile the current task counts as idle, and may be cancelled.

        Public as `until_store_answers` takes this object for its clock.
        """
        task = asyncio.current_task()
        self._asleep.add(task)
        self._changed.set()
        try:
            await self._clock.sleep(seconds)
        finally:
            self._asleep.discard(task)

    async def _run_alone(self, periodic: PeriodicTask, slot: str) -> None:
        """Run a task once no other run of it is under way: two would find the same things due."""
        async with self._deps.turns_of_timers[periodic.name]:
            if not self._is_stopped:
                await self._run(periodic, slot)

    async def _run(self, periodic: PeriodicTask, slot: str) -> None:
        """Run a task; commit its replies and writes if it succeeds."""
        begin_trace(f"every:{periodic.name}:{slot}")
        trigger = SystemTrigger(f"every:{periodic.name}:{slot}", commits=True)
        turn = Turn(trigger, PersonState(), self._deps.settings, self._clock.now())
        turn.commit_step = partial(self._commit_step, turn, count(1))
        limit_s = max(SHORTEST_LIMIT_S, periodic.schedule.length_s)
        try:
            invoker = self._deps.invoker(turn)
            values = invoker.values(periodic.plugin, periodic.signature)
            handler = periodic.handler
            plain = periodic.signature.plain
            work = in_its_thread(handler, values, self._owner) if plain else handler(**values)
            with self._deps.journal.during(periodic.plugin, "timer"):
                await run_with_deadline(self._clock, limit_s, work, owner=self._owner)
            turn.changes.is_over = True
            await self._commit(turn, trigger.key)
        except SappBotError as error:
            log.warning("timer.refused", timer=periodic.name, reason=str(error))
            self._failed(periodic.plugin, error)
        except Exception as error:  # a plugin may raise anything
            log.error("timer.failed", timer=periodic.name, exc_info=error)  # noqa: TRY400  # given
            self._failed(periodic.plugin, error)
        finally:
            turn.changes.is_over = True  # what goes on all the same commits no more

    async def _commit_step(self, turn: Turn, numbers: Iterator[int]) -> None:
        """Commit what a run has said and kept so far.

        Raises:
            PluginError: the run has ended, and something that it began goes on all the same.

        """
        if turn.changes.is_over:
            raise PluginError("ctx.commit came too late: this run of the timer has ended already")
        await self._commit(turn, f"{turn.update.key}#{next(numbers)}")

    async def _commit(self, turn: Turn, name: str) -> None:
        """Commit the replies and writes of a turn so far, as one step, once under its name."""
        if self._deps.settings.mode == "user":
            render_as_text(turn, self._deps.invoker(turn).translator())
        replies, writes = tuple(turn.replies), tuple(turn.changes.writes.values())
        # In place: contexts and stores that the handler has already hold these.
        turn.replies.clear()
        turn.changes.writes.clear()
        if replies or writes:
            # A handler that is cancelled now must not leave replies stored and not sent.
            await asyncio.shield(self._deps.tell(name, replies, writes))


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)
