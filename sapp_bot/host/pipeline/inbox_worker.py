"""Inbox worker: stores updates, handles each person's one at a time, and commits the results.

`receive` is called by the Telegram adapter and fixes the order at once, before anything is awaited.
One task per person stores the person's arrivals in their order, another one handles them, oldest
first: nobody waits for another person. What exceeds a person's limits is turned away before it is
stored and leaves no trace in the store.
Must not know what an update means: that is the dispatcher.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from sapp_bot.domain.ports import Clock, Commit, InboxStore, Timer, UnfinishedUpdate
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Due, Update
from sapp_bot.errors import SappBotError
from sapp_bot.host.pacing.admission import Admission
from sapp_bot.host.pacing.intake import Intake, IntakeLimits
from sapp_bot.observability.trace import begin_trace
from sapp_bot.retry import until_store_answers

T = TypeVar("T")

NOTICE_AFTER_S = 3
"""Seconds without an answer of the store until the sender of an update is told."""

MOST_STARTS = 2
"""Processes that may handle the same update. Both have died: the next one ends it unhandled."""

SUSPECT_S = 5
"""Seconds that an update which was in work when a process died is alone in work at the start."""


class HandleUpdate(Protocol):
    """Handler of an update: `Dispatcher.handle`."""

    def __call__(
        self, update: Update, person_state: PersonState, *, again: bool
    ) -> Awaitable[Commit]:
        """Handle one update and return its commit; `again` means that it may be a repetition."""


class GiveUp(Protocol):
    """Ends an update that is not handled any more: `Dispatcher.give_up`."""

    def __call__(self, update: Update, person_state: PersonState) -> Awaitable[Commit]:
        """Return the commit that ends an update which has ended several processes."""


class Notices(Protocol):
    """Sender of notices that cannot be stored: the store is away, or the person's queue is full."""

    def are_for(self, update: Update) -> bool:
        """Return whether the sender of an update may get notices."""

    async def store_away(self, update: Update) -> None:
        """Send that the message was received, but cannot be handled now."""

    async def slow_down(self, update: Update) -> None:
        """Send that the message was dropped."""


@dataclass(slots=True)
class PersonQueue:
    """Stored updates of one person, oldest first, and the person's state.

    Attributes:
        waiting: Updates without a commit; the first one is being handled. A list, as an empty deque
            takes 600 bytes, which a thousand persons have at once.
        person_state: State after the last commit; None before the person's first.
        parked: Whether the first update waits for better times, and holds up nobody.
        again: Whether the first update may have been handled before, by a process that died.
        begun: Whether it was in work then, and may be what the process died of.
        first_done: Set when the first update is committed, or parked; None if nobody waits for it.

    """

    waiting: list[Update]
    person_state: PersonState | None = None
    again: bool = False
    begun: bool = False
    first_done: asyncio.Event | None = None
    parked: bool = False

    def note_first_done(self) -> None:
        """Note that the first update holds up nobody at the start."""
        if self.first_done is not None:
            self.first_done.set()


@dataclass(slots=True)
class ResettableTimer:
    """Timer that can be replaced by a later one under the same handle."""

    timer: Timer | None = None

    def cancel(self) -> None:
        """Cancel the timer that is set now."""
        if self.timer is not None:
            self.timer.cancel()


class InboxWorker:
    """Queues of all persons.

    Args:
        inbox: Stores updates and commits.
        clock: Times the retries and the notices.
        notices: Tells senders about an outage or a full queue.
        handle: Handles one update; must return a commit, whatever happens.
        give_up: Ends an update that has ended `MOST_STARTS` processes.
        unstorable: Returns what is stored in place of a commit that cannot be, for the error given.
        on_commit: Called with each commit once it is stored.
        limits: Limits on what a person's updates may take.
        is_sending_behind: Returns whether answers wait for their turn to be sent.

    """

    def __init__(
        self,
        inbox: InboxStore,
        clock: Clock,
        notices: Notices,
        *,
        handle: HandleUpdate,
        give_up: GiveUp,
        unstorable: Callable[[Commit, Exception], Commit],
        on_commit: Callable[[Commit], None],
        limits: IntakeLimits = IntakeLimits(),  # noqa: B008  # frozen
        is_sending_behind: Callable[[], bool] = bool,
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._notices = notices
        self._handle = handle
        self._give_up = give_up
        self._unstorable = unstorable
        self._on_commit = on_commit
        self._intake = Intake(limits, clock)
        self._admission = Admission(
            # At the end what is queued is handled now: there is no later.
            is_sending_behind=lambda: is_sending_behind() and not self._is_closing
        )
        self._arrivals: dict[int, list[tuple[Update, Timer]]] = {}
        self._to_start: deque[Callable[[], Coroutine[Any, Any, None]]] = deque()
        self._arrived = asyncio.Event()
        self._stored = asyncio.Event()
        self._stored.set()
        self._queues: dict[int, PersonQueue] = {}
        self._notified_chats: set[int] = set()
        self._store_answered_at = clock.now()
        self._tasks: asyncio.TaskGroup | None = None
        self._is_closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def is_pending(self) -> bool:
        """Whether any received update is not stored yet."""
        return bool(self._arrivals)

    def receive(self, update: Update) -> None:
        """Append an update to its person's arrivals, or turn it away; never waits."""
        person = update.sender.id
        if not self._intake.admit(update):
            if self._intake.tell_once(person):
                self._start(partial(self._notices.slow_down, update))
            return
        # The notice counts from here: an update may wait long behind others for its own store call.
        arrival = update, self._notice(update)
        if person in self._arrivals:
            self._arrivals[person].append(arrival)
            return
        self._arrivals[person] = [arrival]
        self._stored.clear()
        self._start(partial(self._store_arrivals, person))

    async def run(self, left: Iterable[UnfinishedUpdate] = ()) -> None:
        """Handle what an earlier process left unfinished, then work until cancelled.

        What was in work when that process died may have ended it, and comes after all else that
        was left, one at a time: should it end this one too, nobody else's has to be done again.

        Args:
            left: Stored updates without a commit, in their order.

        Raises:
            AlreadyRunning: another process has taken over the Telegram account.

        """
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._enqueue_left(left)
            while True:
                while self._to_start:
                    tasks.create_task(self._to_start.popleft()())
                await self._arrived.wait()
                self._arrived.clear()

    async def idle(self) -> None:
        """Wait until every arrival is handled and committed, but for those that are parked."""
        while self.is_pending or self._is_busy:
            await self._stored.wait()
            await self._idle.wait()

    @contextmanager
    def parked(self, person: int) -> Iterator[None]:
        """Count a person's queue as idle while its first update waits: it stays stored."""
        queue = self._queues[person]
        queue.parked = True
        queue.note_first_done()  # others at the start must not wait for it
        self._look_idle()
        try:
            yield
        finally:
            queue.parked = False
            self._idle.clear()

    @property
    def _is_busy(self) -> bool:
        return any(not queue.parked for queue in self._queues.values())

    def _look_idle(self) -> None:
        if not self._is_busy:
            self._idle.set()

    async def drain(self) -> None:
        """Stop queueing new arrivals, and wait until the queued updates are committed.

        What arrives meanwhile is stored for the next process.
        """
        self._is_closing = True
        await self._idle.wait()

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have `run` start a task; the caller may be a callback, and `run` not begun or over."""
        self._to_start.append(work)
        self._arrived.set()

    async def _store_arrivals(self, person: int) -> None:
        """Store a person's arrivals, oldest first, until there are none."""
        arrivals = self._arrivals[person]
        while arrivals:
            await self._store(*arrivals[0])
            self._intake.stored(arrivals.pop(0)[0])
        del self._arrivals[person]
        if not self._arrivals:
            self._stored.set()

    async def _store(self, update: Update, notice: Timer) -> None:
        accepted = await self._call_store(partial(self._inbox.accept, update), update, notice)
        if accepted.full:
            if self._intake.tell_once(update.sender.id) and not accepted.told:
                self._start(partial(self._notices.slow_down, update))
        elif accepted.fresh:
            person_state = accepted.person_state
            if person_state is None and update.sender.id not in self._queues:
                # `accept` returns no state while the person has a queue, and the queue ended
                # before this response came.
                reading = partial(self._inbox.person_state, update.sender.id)
                person_state = await self._call_store(reading, update)
            self._enqueue(update, person_state)

    def _notice(self, update: Update) -> Timer:
        """Start a timer that tells the sender once the store was silent for `NOTICE_AFTER_S`.

        While the store answers others it is not away: this update only waits behind a crowd.
        """
        notice = ResettableTimer()

        def check() -> None:
            silent_s = (self._clock.now() - self._store_answered_at).total_seconds()
            if silent_s < NOTICE_AFTER_S:
                notice.timer = self._clock.call_later(NOTICE_AFTER_S - silent_s, check)
            else:
                self._notify_store_away(update)

        notice.timer = self._clock.call_later(NOTICE_AFTER_S, check)
        return notice

    def _notify_store_away(self, update: Update) -> None:
        """Send once per chat and outage that the store is away; not for a timer: nobody waits."""
        if isinstance(update, Due) or not self._notices.are_for(update):
            return
        if update.chat_id not in self._notified_chats and self._tasks is not None:
            self._notified_chats.add(update.chat_id)
            self._tasks.create_task(self._notices.store_away(update))

    def _enqueue_left(self, left: Iterable[UnfinishedUpdate]) -> None:
        for old in left:
            self._enqueue(old.update, old.person_state, again=True, begun=old.begun)
        suspects, innocent = {}, []
        for person, queue in self._queues.items():
            queue.first_done = done = asyncio.Event()
            if queue.begun:
                suspects[person] = done
            else:
                innocent.append(done)
        if suspects:
            self._start(partial(self._work_alone, suspects, innocent))

    async def _work_alone(
        self, suspects: Mapping[int, asyncio.Event], first: Iterable[asyncio.Event]
    ) -> None:
        """Start the queues of suspects one after the other, each when the one before is done."""
        for done in first:
            await done.wait()
        for person, done in suspects.items():
            self._start(partial(self._work, person))
            timer = self._clock.call_later(SUSPECT_S, done.set)
            await done.wait()
            timer.cancel()

    def _enqueue(
        self,
        update: Update,
        person_state: PersonState | None,
        *,
        again: bool = False,
        begun: bool = False,
    ) -> None:
        """Append a stored update to its person's queue; start a task for a new one.

        One that was `begun` by an earlier process waits for `_work_alone`.
        """
        if self._is_closing or self._tasks is None:
            return
        person = update.sender.id
        queue = self._queues.get(person)
        if queue is not None:
            queue.waiting.append(update)
            return
        self._queues[person] = PersonQueue([update], person_state, again, begun)
        self._idle.clear()
        if not begun:
            self._tasks.create_task(self._work(person))

    async def _work(self, person: int) -> None:
        """Handle a person's updates, oldest first, until the queue is empty."""
        queue = self._queues[person]
        while queue.waiting:
            update = queue.waiting[0]
            begin_trace(update.key)
            if not self._admission.enter():
                await self._admission.wait(is_calm=len(queue.waiting) == 1)
            try:
                commit = await self._commit_of(update, queue)
                commit, queue.person_state = await self._store_commit(commit)
            finally:
                self._admission.leave()
            queue.again = False
            del queue.waiting[0]
            queue.note_first_done()
            self._on_commit(commit)
        del self._queues[person]
        self._look_idle()

    async def _store_commit(self, commit: Commit) -> tuple[Commit, PersonState]:
        """Store a commit, or in place of one that cannot be stored one that says so."""
        update = commit.update
        try:
            return commit, await self._call_store(partial(self._inbox.commit, commit), update)
        except SappBotError:
            raise
        except Exception as error:  # noqa: BLE001  # a border: a plugin may put anything into it
            commit = self._unstorable(commit, error)
        return commit, await self._call_store(partial(self._inbox.commit, commit), update)

    async def _commit_of(self, update: Update, queue: PersonQueue) -> Commit:
        """Handle an update; one that has ended too many processes is given up instead."""
        person_state = queue.person_state or PersonState()
        if queue.again:
            starts = await self._call_store(partial(self._inbox.begin, update), update)
            if starts > MOST_STARTS:
                return await self._give_up(update, person_state)
        return await self._handle(update, person_state, again=queue.again)

    async def _call_store(
        self, call: Callable[[], Awaitable[T]], update: Update, notice: Timer | None = None
    ) -> T:
        """Repeat a store call until it answers; the call must be idempotent.

        The sender of `update` is told when that takes long. `notice` is the timer for that, if it
        runs already.
        """
        notice = notice or self._notice(update)
        try:
            answer = await until_store_answers(self._clock, call)
        finally:
            notice.cancel()
        self._store_answered_at = self._clock.now()
        self._notified_chats.discard(update.chat_id)
        return answer
