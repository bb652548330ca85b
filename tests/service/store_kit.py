"""What the tests of the store share: a clock that obeys, and values to store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, Phase, settings
from pydantic import SecretStr

from sapp_bot.domain.ports import Commit, StorageWrite, StoredValue, Timer
from sapp_bot.domain.replies import Callback, Copy, QueuedReply, Send
from sapp_bot.domain.state import LastLogin, OpenForm, PersonState, Profile, Session
from sapp_bot.domain.text import Rich, bold, spoiler
from sapp_bot.domain.updates import Due, Message, Person, Update
from sapp_bot.store import KeyRing, RedisStore, open_store

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY = "u0Yx1vZcGq0nJm3Jr0wC7o8sA2d4F6h8K0l2M4n6P8Q="
OTHER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class HandClock:
    """Time that moves when somebody sleeps, at once, or when the test says so."""

    def __init__(self) -> None:
        self.time = NOON
        self.slept: list[float] = []
        self._plans: list[tuple[float, Callable[[], Awaitable[None]]]] = []

    def now(self) -> datetime:
        """Give the time."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Note the wait, let the time pass, and do what was planned for now."""
        self.slept.append(seconds)
        self.pass_by(seconds)
        due = [plan for plan in self._plans if plan[0] <= sum(self.slept)]
        for plan in due:
            self._plans.remove(plan)
            await plan[1]()
        await asyncio.sleep(0)

    def plan(self, after_s: float, do: Callable[[], Awaitable[None]]) -> None:
        """Do something once this much has been slept away."""
        self._plans.append((after_s, do))

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Not used by the store."""
        raise NotImplementedError(seconds, call)


class Place:
    """One Redis, and the stores that were opened on it."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self.url = url
        self.clock = HandClock()
        self._stack = stack

    async def open(
        self, *, account: int = 1, claim: bool = True, keys: tuple[str, ...] = (KEY,)
    ) -> RedisStore:
        """Open a store as a new process would."""
        opening = open_store(self.url, KeyRing(keys), account=account, clock=self.clock)
        store = await self._stack.enter_async_context(opening)
        if claim:
            await store.inbox.claim()
        return store


def message(number: int, *, person: int = 7, text: str = "/client") -> Message:
    """Make a message in the person's private chat."""
    return Message(Person(person, "Annabella", "en"), person, number, text, NOON)


def due(name: str, *, person: int = 7, in_s: float = 60, data: bytes = b"hide\x00\xff") -> Due:
    """Make a timer."""
    return Due(Person(person), person, 5, "client", data, NOON + timedelta(seconds=in_s), name)


def queued(name: str, *, chat: int = 7, text: str = "Hello", screen: str = "") -> QueuedReply:
    """Make a reply with keys."""
    keys = ((Callback("Show", b"\x00\x01show", "/client"), Copy("Copy", text)),)
    return QueuedReply(name, Send(chat, bold("Card\n") + spoiler(text), keys, screen=screen))


def plain(name: str, *, chat: int = 7) -> QueuedReply:
    """Make a reply without anything."""
    return QueuedReply(name, Send(chat, Rich("…")))


def note(
    key: str | int, text: str | None, *, collection: str = "pets:Note", in_s: float | None = None
) -> StorageWrite:
    """Make a change of what a plugin keeps; no text takes it away."""
    ends = None if in_s is None else NOON + timedelta(seconds=in_s)
    return StorageWrite(collection, key, None if text is None else StoredValue(key, 1, text, ends))


def signed_in(person: int = 7, *, jwt: str = "a.b.c", hours: float = 60) -> PersonState:
    """Make all that can be remembered of a person."""
    until = NOON + timedelta(hours=hours)
    session = Session(person, 3, "ann@example.org", "client", SecretStr(jwt), until, 1)
    form = OpenForm(
        "add_client", {"name": "It's <b>"}, {"name": "str 255"}, "domains", 3, NOON + _HOUR
    )
    profile = Profile("ru", 1, LastLogin(3, "ann@example.org", until))
    return PersonState(session, profile, (form, replace(form, command="login", sapp_user=None)))


_HOUR = timedelta(hours=1)


def commit(
    update: Update,
    *replies: QueuedReply,
    before: PersonState | None = None,
    after: PersonState | None = None,
    later: tuple[Due, ...] = (),
    writes: tuple[StorageWrite, ...] = (),
) -> Commit:
    """Make the end of an update."""
    before = before or PersonState()
    return Commit(update, before, after or before, replies, later, writes)


def machine_settings(*, examples: int, steps: int) -> settings:
    """Return how a state machine is played: the same each time, and whole."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
