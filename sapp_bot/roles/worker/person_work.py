"""Serves persons: each one's updates in order, while their ticket is this worker's.

A ticket comes from the stream that all workers read, or from a worker that was taken for dead.
Until nothing of the person's waits it is shown every second that this worker lives; another one
takes over whoever has not been shown for `DEAD_S`. Whether a commit is still this worker's to make
is decided in Redis, in the step that makes it: here nothing is known for sure.
Must not know what an update means: that is the dispatcher.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import NoReturn, Protocol, TypeVar

import structlog

from sapp_bot.domain.ports import Clock, Commit
from sapp_bot.errors import SappBotError, StoreAway, WorkTaken
from sapp_bot.host.pipeline.inbox_worker import MOST_STARTS, SUSPECT_S, GiveUp, HandleUpdate
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.observability.trace import begin_trace
from sapp_bot.retry import until_store_answers
from sapp_bot.store.roles.worker_inbox import TakenUpdate, Ticket
from sapp_bot.values import dataclass

log = structlog.get_logger(__name__)

T = TypeVar("T")

MOST_PERSONS = 64
"""Persons who are served at a time; more wait where other workers see them."""

BEAT_S = 1.0
"""How often it is shown that this worker lives, in seconds."""

DEAD_S = 4.0
"""How long a worker was not seen that is taken for dead. A person waits that long, and a second."""

MOST_TAKEN_OVER = 16
"""Tickets that are taken over at a time, so that several heirs share them."""


class WorkInbox(Protocol):
    """One lane of the inbox: `store.roles.WorkerInbox`."""

    async def take(self, ticket: Ticket) -> TakenUpdate | None:
        """Take the person's oldest update into work; None if there is none."""

    async def finish(self, commit: Commit, ticket: Ticket) -> TakenUpdate | None:
        """Commit, and return the person's next update; None if none waits."""

    async def hand_back(self, ticket: Ticket) -> None:
        """Leave the person's updates to another worker."""


class TicketStore(Protocol):
    """The tickets of this worker: `store.roles.Tickets`."""

    async def beat(self, entries: Sequence[str]) -> frozenset[str]:
        """Show that this worker lives; return the entries that are not its own any more."""

    async def reclaim(self, *, idle_ms: int, most: int) -> Sequence[Ticket]:
        """Take over tickets of workers that have not shown for so long that they live."""


@dataclass(frozen=True, slots=True)
class LaneWork:
    """How the updates of one lane are handled.

    Attributes:
        inbox: Where they wait.
        handle: Handles one update; must return a commit, whatever happens.
        give_up: Ends an update that has ended `MOST_STARTS` processes.
        unstorable: Returns what is stored in place of a commit that cannot be, for the error given.

    """

    inbox: WorkInbox
    handle: HandleUpdate
    give_up: GiveUp
    unstorable: Callable[[Commit, Exception], Commit]


class PersonWork:
    """The persons whom this worker serves.

    Args:
        work: How updates are handled, by the name of the lane.
        tickets: Keeps this worker's tickets alive, and gives those of dead ones.
        in_work: Takes the ticket under which each update is in work, by the update's key.
        clock: Times the heartbeat.
        most: Most persons at a time.
        metrics: Takes how long each update has waited before it was begun for the first time.

    """

    def __init__(
        self,
        work: Mapping[str, LaneWork],
        tickets: TicketStore,
        in_work: dict[str, Ticket],
        clock: Clock,
        *,
        most: int = MOST_PERSONS,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._lane_work = work
        self._tickets = tickets
        self._in_work = in_work
        self._clock = clock
        self._most = most
        self._metrics = metrics
        self._held: dict[str, Ticket] = {}
        self._parked: set[tuple[str, int]] = set()
        self._alone = asyncio.Lock()
        self._ended = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._is_closing = False
        self._disturbed_at = clock.now()

    @property
    def room(self) -> int:
        """How many more persons can be served now."""
        return 0 if self._is_closing else max(0, self._most - len(self._held))

    @property
    def is_closing(self) -> bool:
        """Whether nobody new is served any more."""
        return self._is_closing

    def close(self) -> None:
        """Serve nobody new from now on; who is brought all the same is handed on."""
        self._is_closing = True

    async def run(self) -> NoReturn:
        """Serve whom `serve` brings, and whom dead workers have left, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            while True:
                await self._show_life()
                await self._clock.sleep(BEAT_S)

    def serve(self, ticket: Ticket, *, is_left: bool = False) -> None:
        """Serve a person; `is_left`: one whom a dead worker has left. Never waits."""
        if ticket.entry in self._held or self._tasks is None:
            return
        self._held[ticket.entry] = ticket
        work = self._one_at_a_time(ticket) if is_left else self._work(ticket, asyncio.Event())
        self._tasks.create_task(work)

    async def drain(self) -> None:
        """Serve nobody new; wait until each update in work is committed, and hand on the rest."""
        self.close()
        while any((t.lane, t.person) not in self._parked for t in self._held.values()):
            self._ended.clear()
            await self._ended.wait()

    @contextmanager
    def parked(self, lane: str, person: int) -> Iterator[None]:
        """Let a person's update wait: nobody waits for it at the end; it stays stored."""
        self._parked.add((lane, person))
        self._ended.set()
        try:
            yield
        finally:
            self._parked.discard((lane, person))

    async def _show_life(self) -> None:
        """Show that this worker lives, and look for workers that do not."""
        began = self._clock.now()
        try:
            lost = await self._tickets.beat(tuple(self._held))
            now = self._clock.now()
            if now - began > timedelta(seconds=BEAT_S):
                self._disturbed_at = now
            # While Redis was away nobody could show a sign of life: give all of them time for it.
            if now - self._disturbed_at >= timedelta(seconds=DEAD_S) and self.room:
                most, idle_ms = min(self.room, MOST_TAKEN_OVER), int(DEAD_S * 1000)
                for ticket in await self._tickets.reclaim(idle_ms=idle_ms, most=most):
                    log.info("work.taken_over")
                    self.serve(ticket, is_left=True)
        except StoreAway:  # the log says so
            self._disturbed_at = self._clock.now()
            return
        if lost:
            log.warning("work.lost", persons=len(lost))

    async def _one_at_a_time(self, ticket: Ticket) -> None:
        """Begin a person's work when that of the one before is done, or takes long.

        Their update may be what its worker died of: should it end this process, too, nobody else's
        that was left has to be done a third time.
        """
        first_done = asyncio.Event()
        async with self._alone:
            assert self._tasks is not None  # noqa: S101  # `serve` has looked
            self._tasks.create_task(self._work(ticket, first_done))
            timer = self._clock.call_later(SUSPECT_S, first_done.set)
            await first_done.wait()
            timer.cancel()

    async def _work(self, ticket: Ticket, first_done: asyncio.Event) -> None:
        """Handle a person's updates, oldest first, until none waits or the ticket is lost."""
        work = self._lane_work[ticket.lane]
        try:
            if not self._is_closing:
                taken = await self._ask(partial(work.inbox.take, ticket))
                while taken is not None and not self._is_closing:
                    taken = await self._handled(taken, work, ticket)
                    first_done.set()
            if self._is_closing:  # without effect where nothing waits any more
                await self._ask(partial(work.inbox.hand_back, ticket))
        except WorkTaken:
            # Redis forgets a ticket that is used up, so it cannot tell the one from the other.
            hint = "another worker took this one for dead, or its last commit was made already"
            log.warning("work.refused", hint=hint)
        finally:
            first_done.set()
            del self._held[ticket.entry]
            self._ended.set()

    async def _handled(
        self, taken: TakenUpdate, work: LaneWork, ticket: Ticket
    ) -> TakenUpdate | None:
        """Handle one update and commit; return the next one."""
        update, key = taken.update, taken.update.key
        begin_trace(key)
        if taken.waited_s is not None and taken.starts == 1:
            self._metrics.observe("queue_seconds", taken.waited_s, kind=type(update).__name__)
        self._in_work[key] = ticket
        try:
            if taken.starts > MOST_STARTS:
                commit = await work.give_up(update, taken.person_state)
            else:
                again = taken.starts > 1
                commit = await work.handle(update, taken.person_state, again=again)
            try:
                return await self._ask(partial(work.inbox.finish, commit, ticket))
            except SappBotError:
                raise
            except Exception as error:  # noqa: BLE001  # a border: a plugin may put anything into it
                commit = work.unstorable(commit, error)
            return await self._ask(partial(work.inbox.finish, commit, ticket))
        finally:
            self._in_work.pop(key, None)

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        return await until_store_answers(self._clock, call)
