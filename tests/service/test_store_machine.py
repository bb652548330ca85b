"""Whatever happens in whatever order: handled once, in order, and every reply leaves once.

A state machine plays a host on an embedded Redis: it offers, repeats, handles, dies, restarts,
pushes and delivers, while calls or their answers are lost. It compares all with a plain model.
That it would see a fault is shown by planting some in the scripts.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from typing import ClassVar, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from sapp_bot.domain.replies import QueuedReply
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Message
from sapp_bot.errors import AlreadyRunning, SappBotError
from sapp_bot.sandbox.faults import Drop
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.sandbox.redis.server import EmbeddedRedis
from sapp_bot.store import KeyRing, RedisStore, open_store
from sapp_bot.store.scripts import SCRIPTS
from tests.service.store_kit import KEY, HandClock, commit, machine_settings, message, note, plain

T = TypeVar("T")
PERSONS = st.integers(1, 2)
LOSSES = st.sampled_from(["", "", "before", "after"])
MACHINE = machine_settings(examples=20, steps=20)


class Host(RuleBasedStateMachine):
    """A host that remembers what it did; the store must agree."""

    url: ClassVar[str] = ""
    mutant: ClassVar[tuple[str, str, str] | None] = None
    accounts: ClassVar[Iterator[int]] = count(1)

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.clock = HandClock()
        self.account = next(self.accounts)
        self.number = 0
        self.queues: dict[int, deque[Message]] = defaultdict(deque)
        self.known: dict[int, PersonState | None] = defaultdict(lambda: None)
        self.standings: dict[int, PersonState] = defaultdict(PersonState)
        self.ended: list[Message] = []
        self.replies: dict[int, deque[QueuedReply]] = defaultdict(deque)
        self.former: RedisStore | None = None
        self.former_lanes: dict[int, deque[Message]] = {}
        self.run(self._start())

    def run(self, call: Awaitable[T]) -> T:
        """Wait for a call."""

        async def wait() -> T:
            return await call

        return self.runner.run(wait())

    async def _start(self) -> None:
        url = self.url
        if not url:
            embedded = await self.stack.enter_async_context(EmbeddedRedis())
            url = embedded.url
            if self.mutant is not None:
                embedded._data.script_cache = Mutated(*self.mutant)
        self.proxy = await self.stack.enter_async_context(RedisProxy(url))
        self.store = await self._open()

    async def _open(self) -> RedisStore:
        opening = open_store(self.proxy.url, KeyRing([KEY]), account=self.account, clock=self.clock)
        store = await self.stack.enter_async_context(opening)
        await store.inbox.claim()
        return store

    def lose(self, what: str) -> None:
        """Lose the next call or its answer."""
        if what:
            self.proxy.faults.add("EVALSHA:*", Drop("after" if what == "after" else "before"))

    @rule(person=PERSONS, loss=LOSSES)
    def offer(self, person: int, loss: str) -> None:
        """Let a new message come in."""
        self.number += 1
        update = message(self.number, person=person, text=f"text {self.number}")
        queue = self.queues[person]
        self.lose(loss)
        accepted = self.run(self.store.inbox.accept(update))
        assert accepted.fresh
        assert not accepted.full
        assert accepted.person_state == (None if queue else self.standings[person])
        if not queue:
            self.known[person] = accepted.person_state
        queue.append(update)

    @precondition(lambda self: self.ended or any(self.queues.values()))
    @rule(data=st.data(), loss=LOSSES)
    def replay(self, data: st.DataObject, loss: str) -> None:
        """Telegram repeats a message, old or still waiting."""
        old = [*self.ended, *(update for queue in self.queues.values() for update in queue)]
        self.lose(loss)
        accepted = self.run(self.store.inbox.accept(data.draw(st.sampled_from(old))))
        assert not accepted.fresh

    @rule(person=PERSONS, loss=LOSSES, twice=st.booleans())
    def handle(self, person: int, loss: str, *, twice: bool) -> None:
        """Handle the oldest message; commit its end, perhaps once more."""
        queue = self.queues[person]
        if not queue:
            return
        update, before = queue[0], self.known[person]
        assert before == self.standings[person]
        count = before.profile.generation + 1
        after = replace(before, profile=replace(before.profile, generation=count))
        kept = note(person, str(count))
        reply = plain(f"{update.key}:0", chat=person)
        end = commit(update, reply, before=before, after=after, writes=(kept,))
        self.lose(loss)
        for _ in range(1 + twice):
            assert self.run(self.store.inbox.commit(end)) == after
        self.known[person] = self.standings[person] = after
        self.ended.append(queue.popleft())
        self.replies[person].append(end.replies[0])

    @rule(person=PERSONS, loss=LOSSES)
    def push(self, person: int, loss: str) -> None:
        """Send a reply out of turn."""
        self.number += 1
        notice = plain(f"n:{self.number}", chat=person)
        self.lose(loss)
        self.run(self.store.outbox.push(notice))
        self.replies[person].append(notice)

    @rule(person=PERSONS, loss=LOSSES, again=st.booleans())
    def deliver(self, person: int, loss: str, *, again: bool) -> None:
        """Note that the oldest reply of a chat arrived, perhaps once more."""
        if not self.replies[person]:
            return
        reply = self.replies[person].popleft()
        self.lose(loss)
        for _ in range(1 + again):
            self.run(self.store.outbox.sent(reply, 5))

    @rule(loss=LOSSES)
    def die(self, loss: str) -> None:
        """Replace the process; the new one finds exactly what was not ended."""
        self.former, self.former_lanes = self.store, {p: q.copy() for p, q in self.queues.items()}
        self.lose(loss)
        self.store = self.run(self._open())
        self._compare()

    @precondition(lambda self: self.former is not None)
    @rule(person=PERSONS)
    def haunt(self, person: int) -> None:
        """Wake up the replaced process, which goes on: it must not."""
        assert self.former is not None
        queue = self.former_lanes.get(person)
        late = queue[0] if queue else message(10_000 + self.number, person=person)
        inbox, outbox = self.former.inbox, self.former.outbox
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: inbox.commit(commit(late, plain("ghost", chat=person))),
            lambda: inbox.accept(message(20_000 + self.number, person=person)),
            lambda: outbox.push(plain("ghost", chat=person)),
        ]
        for call in calls:
            with pytest.raises(AlreadyRunning):
                self.run(call())

    def _compare(self) -> None:
        waiting = self.run(self.store.inbox.waiting())
        for person in (1, 2):
            mine = [left for left in waiting if left.update.sender.id == person]
            assert [left.update for left in mine] == list(self.queues[person])
            assert all(left.person_state == self.standings[person] for left in mine)
            self.known[person] = self.standings[person]
        unsent = self.run(self.store.outbox.unsent())
        for person in (1, 2):
            kept = self.run(self.store.plugin_storage.get("pets:Note", person))
            count = self.standings[person].profile.generation
            assert (kept.text if kept else "0") == str(count)
        expected = [reply for person in (1, 2) for reply in self.replies[person]]
        assert list(unsent) == expected

    def teardown(self) -> None:
        """At the end all agrees, and each was ended once, in the order it came."""
        try:
            self._compare()
            for person in (1, 2):
                numbers = [u.message_id for u in self.ended if u.sender.id == person]
                assert numbers == sorted(set(numbers))
                assert self.standings[person].profile.generation == len(numbers)
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()


class Mutated(dict[bytes, bytes]):
    """A server's memory of scripts that gets one of them wrong."""

    def __init__(self, script: str, right: str, wrong: str) -> None:
        super().__init__()
        self._script = f"-- {script}\n".encode()
        self._right = right.encode()
        self._wrong = wrong.encode()

    def __setitem__(self, sha: bytes, text: bytes) -> None:
        """Spoil the script as it is loaded."""
        if text.startswith(self._script):
            text = text.replace(self._right, self._wrong)
        super().__setitem__(sha, text)


LONG = pytest.mark.long
POP = "if seen == 'done' then redis.call('LPOP', KEYS[3]) end"


def test_nothing_is_lost_doubled_or_out_of_order(redis_url: str) -> None:
    """The store agrees with a plain model over crashes, repeats and lost answers."""
    real = type("Real", (Host,), {"url": redis_url})

    run_state_machine_as_test(real, settings=settings(MACHINE, max_examples=12))


def test_the_model_holds_on_an_embedded_redis() -> None:
    """The same on the Redis of the sandbox, where the faults below are planted."""
    run_state_machine_as_test(Host, settings=settings(MACHINE, max_examples=5))


@pytest.mark.parametrize(
    ("script", "right", "wrong"),
    [
        pytest.param("accept", "seen and seen ~= ARGV[2]", "false", id="no dedupe"),
        pytest.param(
            *("accept", "if not seen then\n  local limit", "if true then\n  local limit"),
            id="stored again by a repeat",
            marks=LONG,
        ),
        pytest.param("accept", "seen ~= ARGV[2]", "true", id="a repeat is a duplicate", marks=LONG),
        pytest.param("accept", "'RPUSH'", "'LPUSH'", id="last comes first"),
        pytest.param(
            "accept", "redis.call('SADD', KEYS[4], ARGV[5])", "", id="box not listed", marks=LONG
        ),
        pytest.param("commit", "if seen ~= 'done' then", "if true then", id="not once", marks=LONG),
        pytest.param("commit", "return {'done'", POP + " return {'done'", id="pops again"),
        pytest.param("commit", "redis.call('LPOP', KEYS[3])", "", id="never pops", marks=LONG),
        pytest.param(
            "commit", "'SADD', KEYS[at], mark", "'SADD', KEYS[at], 0", id="no mark", marks=LONG
        ),
        pytest.param("commit", "if owner ~= ARGV[1]", "if false", id="no fence", marks=LONG),
        pytest.param("commit", "keep(at + 2", "keep(#ARGV", id="keeps nothing", marks=LONG),
        pytest.param("push", "'1', 'NX',", "'1',", id="pushed again by a repeat", marks=LONG),
        pytest.param(
            "sent", "redis.call('LINDEX', KEYS[2], 0)", "ARGV[2] .. '\\n'", id="any", marks=LONG
        ),
    ],
)
def test_a_planted_fault_is_found(script: str, right: str, wrong: str) -> None:
    """The machine is worth something: each of these faults in a script makes it fail."""
    assert right in SCRIPTS[script]
    body = {"mutant": (script, right, wrong)}
    spoiled = type("Spoiled", (Host,), body)

    with pytest.raises((AssertionError, SappBotError, ExceptionGroup, pytest.fail.Exception)):
        run_state_machine_as_test(spoiled, settings=MACHINE)
