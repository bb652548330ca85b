"""A store and a handler that are played, and queues that run on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sapp_bot.domain.ports import Accepted, Commit, UnfinishedUpdate
from sapp_bot.domain.state import PersonState, Profile
from sapp_bot.domain.updates import Due, Message, Person, Press, Update
from sapp_bot.host.pacing.intake import IntakeLimits
from sapp_bot.host.pipeline.inbox_worker import InboxWorker
from sapp_bot.testing import ManualClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def message(number: int, *, person: int = 1) -> Message:
    """Make a message."""
    return Message(Person(person), person, number, f"text {number}", NOW)


def press(number: int, *, person: int = 1) -> Press:
    """Make a press."""
    return Press(Person(person), person, 1, number, b"data")


@dataclass
class FakeInbox:
    """A store in memory that can be away; `left` is what an earlier process left."""

    left: list[UnfinishedUpdate] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    starts: dict[str, int] = field(default_factory=dict)
    answers: list[Accepted] = field(default_factory=list)
    unstorable: list[Exception] = field(default_factory=list)

    async def claim(self) -> None:
        """Do nothing."""

    async def accept(self, update: Update) -> Accepted:
        """Note an update."""
        await asyncio.sleep(0)
        if self.refusals:
            raise self.refusals.pop(0)
        self.accepted.append(update.key)
        return self.answers.pop(0) if self.answers else Accepted(True, person_state=PersonState())

    async def begin(self, update: Update) -> int:
        """Count a start, after those that the test has played."""
        self.starts[update.key] = self.starts.get(update.key, 0) + 1
        return self.starts[update.key]

    async def commit(self, commit: Commit) -> PersonState:
        """Note an end."""
        await asyncio.sleep(0)
        if self.refusals:
            raise self.refusals.pop(0)
        if self.unstorable:
            raise self.unstorable.pop(0)
        self.committed.append(commit.update.key)
        return commit.after

    async def person_state(self, person: int) -> PersonState:
        """Give a person state that can be told from others."""
        return PersonState(profile=Profile(language=f"of {person}"))

    async def forget(self, person: int) -> None:
        """Keep nothing, so there is nothing to forget."""

    async def waiting(self) -> Sequence[UnfinishedUpdate]:
        """Give what was left."""
        return self.left

    async def timers(self) -> Sequence[Due]:
        """Give none."""
        return []


@dataclass
class SlowInbox(FakeInbox):
    """One that takes a second for each update."""

    clock: ManualClock = field(default_factory=ManualClock)

    async def accept(self, update: Update) -> Accepted:
        """Note an update, later."""
        await self.clock.sleep(1)
        return await super().accept(update)


@dataclass
class Handled:
    """A handler that notes what it got, and waits where it is told to."""

    seen: list[tuple[str, bool]] = field(default_factory=list)
    standings: list[PersonState] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    left: list[Commit] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    unspoken_to: set[str] = field(default_factory=set)

    async def handle(self, update: Update, person_state: PersonState, *, again: bool) -> Commit:
        """Handle an update."""
        self.seen.append((update.key, again))
        self.standings.append(person_state)
        if update.key in self.gates:
            await self.gates[update.key].wait()
        return Commit(update, person_state, person_state)

    async def give_up(self, update: Update, person_state: PersonState) -> Commit:
        """End an update unhandled."""
        self.given_up.append(update.key)
        return Commit(update, person_state, person_state)

    def unstorable(self, commit: Commit, error: Exception) -> Commit:
        """End an update whose commit cannot be stored."""
        self.notices.append(f"unstorable {commit.update.key}: {error}")
        return commit

    def are_for(self, update: Update) -> bool:
        """Tell whether an apology would be said."""
        return update.key not in self.unspoken_to

    async def store_away(self, update: Update) -> None:
        """Note an apology."""
        self.notices.append(f"away {update.key}")

    async def slow_down(self, update: Update) -> None:
        """Note a refusal."""
        self.notices.append(f"full {update.key}")


@asynccontextmanager
async def working(
    inbox: FakeInbox,
    handled: Handled,
    clock: ManualClock | None = None,
    limits: IntakeLimits = IntakeLimits(),  # noqa: B008  # frozen
    *,
    is_sending_behind: bool = False,
) -> AsyncIterator[InboxWorker]:
    """Run queues for a test."""
    clock = clock or ManualClock(NOW)
    queues = InboxWorker(
        inbox,
        clock,
        handled,
        handle=handled.handle,
        give_up=handled.give_up,
        unstorable=handled.unstorable,
        on_commit=handled.left.append,
        limits=limits,
        is_sending_behind=lambda: is_sending_behind,
    )
    task = asyncio.create_task(queues.run(inbox.left))
    await asyncio.sleep(0)
    try:
        yield queues
    finally:
        task.cancel()
        await asyncio.wait([task])


async def turns() -> None:
    """Let the tasks go on until they wait for the clock."""
    for _ in range(20):
        await asyncio.sleep(0)
