"""The way of an update through the process: stored, handled in order per person, committed.

`receive` is called by Telegram's side and takes the place at once, before anything is awaited.
One task stores arrivals in their order; one task per person handles theirs, oldest first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from sapp_bot.domain.ports import Clock, Commit, InboxStore, Timer, UnfinishedUpdate
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Due, Update
from sapp_bot.retry import until_store_answers

T = TypeVar("T")

NOTICE_AFTER_S = 3


class HandleUpdate(Protocol):
    """Makes a turn of an update."""

    def __call__(
        self, update: Update, person_state: PersonState, *, again: bool
    ) -> Awaitable[Commit]:
        """Handle one update."""


class Notices(Protocol):
    """Words that cannot go the usual way: the store is away, or the person's queue is full."""

    def are_for(self, update: Update) -> bool:
        """Tell whether who sent this is spoken to at all."""

    async def store_away(self, update: Update) -> None:
        """Tell that the message is kept, but cannot be handled now."""

    async def queue_full(self, update: Update) -> None:
        """Tell that the message was not taken."""


@dataclass(slots=True)
class PersonQueue:
    """One person's stored updates, oldest first, and what is known of the person.

    `again` tells that the oldest may have been handled before, by a process that died.
    """

    waiting: deque[Update] = field(default_factory=deque)
    person_state: PersonState | None = None
    again: bool = False


@dataclass(slots=True)
class ResettableTimer:
    """A timer that may be set anew."""

    timer: Timer | None = None

    def cancel(self) -> None:
        """Do not tell any more."""
        if self.timer is not None:
            self.timer.cancel()


class InboxWorker:
    """All persons' queues."""

    def __init__(
        self,
        inbox: InboxStore,
        clock: Clock,
        notices: Notices,
        *,
        handle: HandleUpdate,
        leave: Callable[[Commit], None],
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._notices = notices
        self._handle = handle
        self._leave = leave
        self._arrivals: deque[tuple[Update, Timer]] = deque()
        self._arrived = asyncio.Event()
        self._storing = 0
        self._stored = asyncio.Event()
        self._stored.set()
        self._queues: dict[int, PersonQueue] = {}
        self._told_chats: set[int] = set()
        self._heard_at = clock.now()
        self._tasks: asyncio.TaskGroup | None = None
        self._is_closing = False
        self._calm = asyncio.Event()
        self._calm.set()

    @property
    def is_pending(self) -> bool:
        """Whether anything was received that is not stored yet."""
        return bool(self._arrivals) or self._storing > 0

    def receive(self, update: Update) -> None:
        """Take an update's place in the order; never waits."""
        # The notice counts from here: an update can wait long behind others before its own call.
        self._arrivals.append((update, self._notice(update)))
        self._stored.clear()
        self._arrived.set()

    async def run(self, left: Iterable[UnfinishedUpdate] = ()) -> None:
        """Take up what an earlier process left, then work until cancelled.

        Raises:
            AlreadyRunning: another process has taken the account over.

        """
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for old in left:
                self._enter(old.update, old.person_state, again=True)
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                await self._store_arrivals()

    async def idle(self) -> None:
        """Wait until all that has arrived is handled and committed."""
        while self.is_pending or self._queues:
            await self._stored.wait()
            await self._calm.wait()

    async def drain(self) -> None:
        """Take up nothing new, and wait until what is under way has ended.

        What arrives meanwhile is stored, for the next process.
        """
        self._is_closing = True
        await self._calm.wait()

    async def _store_arrivals(self) -> None:
        """Store what has arrived: each person's in order, different persons' side by side."""
        by_person: dict[int, list[tuple[Update, Timer]]] = {}
        while self._arrivals:
            arrival = self._arrivals.popleft()
            self._storing += 1
            by_person.setdefault(arrival[0].sender.id, []).append(arrival)
        await asyncio.gather(*(self._store_in_order(arrivals) for arrivals in by_person.values()))
        if not self.is_pending:
            self._stored.set()

    async def _store_in_order(self, arrivals: list[tuple[Update, Timer]]) -> None:
        for update, notice in arrivals:
            await self._store(update, notice)
            self._storing -= 1

    async def _store(self, update: Update, notice: Timer) -> None:
        accepted = await self._patiently(partial(self._inbox.accept, update), update, notice)
        if accepted.full:
            if not accepted.told and self._tasks is not None:
                self._tasks.create_task(self._notices.queue_full(update))
        elif accepted.fresh:
            person_state = accepted.person_state
            if person_state is None and update.sender.id not in self._queues:
                # The answers of two calls crossed: the person's queue ended in between.
                reading = partial(self._inbox.person_state, update.sender.id)
                person_state = await self._patiently(reading, update)
            self._enter(update, person_state)

    def _notice(self, update: Update) -> Timer:
        """Have the person told when the store has been silent for so long.

        As long as it answers others, it is not away: this one waits behind a crowd.
        """
        notice = ResettableTimer()

        def look() -> None:
            silent_s = (self._clock.now() - self._heard_at).total_seconds()
            if silent_s < NOTICE_AFTER_S:
                notice.timer = self._clock.call_later(NOTICE_AFTER_S - silent_s, look)
            else:
                self._apologise(update)

        notice.timer = self._clock.call_later(NOTICE_AFTER_S, look)
        return notice

    def _apologise(self, update: Update) -> None:
        """Say once per chat and outage that the store is away; nobody waits for a timer."""
        if isinstance(update, Due) or not self._notices.are_for(update):
            return
        if update.chat_id not in self._told_chats and self._tasks is not None:
            self._told_chats.add(update.chat_id)
            self._tasks.create_task(self._notices.store_away(update))

    def _enter(
        self, update: Update, person_state: PersonState | None, *, again: bool = False
    ) -> None:
        """Put a stored update at the end of its person's queue, and see that somebody works it."""
        if self._is_closing or self._tasks is None:
            return
        person = update.sender.id
        queue = self._queues.get(person)
        if queue is not None:
            queue.waiting.append(update)
            return
        self._queues[person] = PersonQueue(deque([update]), person_state, again)
        self._calm.clear()
        self._tasks.create_task(self._work(person))

    async def _work(self, person: int) -> None:
        """Handle a person's updates until none is left."""
        queue = self._queues[person]
        while queue.waiting:
            update = queue.waiting[0]
            commit = await self._handle(
                update, queue.person_state or PersonState(), again=queue.again
            )
            queue.person_state = await self._patiently(partial(self._inbox.commit, commit), update)
            queue.again = False
            queue.waiting.popleft()
            self._leave(commit)
        del self._queues[person]
        if not self._queues:
            self._calm.set()

    async def _patiently(
        self, call: Callable[[], Awaitable[T]], update: Update, notice: Timer | None = None
    ) -> T:
        """Call the store until it answers; every call may be repeated.

        Who sent `update` is told when that takes long; `notice` is set already where they wait.
        """
        notice = notice or self._notice(update)
        try:
            found = await until_store_answers(self._clock, call)
        finally:
            notice.cancel()
        self._heard_at = self._clock.now()
        self._told_chats.discard(update.chat_id)
        return found
