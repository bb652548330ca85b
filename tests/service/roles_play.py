"""The gateway's part of the machine of `test_roles_machine`, and what both parts need."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from redis.asyncio import Redis

from sapp_bot.domain.ports import Accepted
from sapp_bot.errors import AlreadyRunning
from sapp_bot.sandbox.faults import Drop
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.sandbox.redis.server import EmbeddedRedis
from sapp_bot.store import KeyRing
from sapp_bot.store.roles.connect import GatewayStore, open_gateway_store, open_worker_store
from sapp_bot.store.roles.worker_inbox import Ticket
from tests.service.roles_model import PERSONS, Model, WorkerProcess, dump, expected, look
from tests.service.store_kit import KEY, HandClock, message

T = TypeVar("T")
WORKERS = 3
LOSSES = st.sampled_from(["", "", "", "before", "after"])
"""What is lost of a call: nothing mostly, the call, or its answer."""

PERSON = st.sampled_from(PERSONS)


class GatewayPlay(RuleBasedStateMachine):
    """A gateway, with workers that others let work; Redis must hold what the model says."""

    url: ClassVar[str] = ""
    accounts: ClassVar[Iterator[int]] = count(1)

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.clock = HandClock()
        self.account = next(self.accounts)
        self.names = (f"w{number}" for number in count())
        self.number = 0
        self.gateways = 1
        self.model = Model()
        self.run(self._start())

    def run(self, call: Awaitable[T]) -> T:
        """Wait for a call."""

        async def wait() -> T:
            return await call

        return self.runner.run(wait())

    async def _start(self) -> None:
        url = self.url
        if not url:
            url = (await self.stack.enter_async_context(EmbeddedRedis())).url
        self.redis = await self.stack.enter_async_context(Redis.from_url(url))
        self.proxy = await self.stack.enter_async_context(RedisProxy(url))
        self.gateway = await self._gateway()
        self.keys = self.gateway.store.keys
        self.workers = [await self.another_worker() for _ in range(WORKERS)]

    async def _gateway(self) -> GatewayStore:
        opening = open_gateway_store(
            self.proxy.url, KeyRing([KEY]), account=self.account, clock=self.clock
        )
        store = await self.stack.enter_async_context(opening)
        await store.store.inbox.claim()
        return store

    async def another_worker(self) -> WorkerProcess:
        """Start a worker."""
        name = next(self.names)
        in_work: dict[str, Ticket] = {}
        opening = open_worker_store(
            self.proxy.url,
            KeyRing([KEY]),
            account=self.account,
            clock=self.clock,
            worker=name,
            ticket_of=lambda key: in_work.get(key),  # noqa: PLW0108  # an overload is no `Callable`
        )
        return WorkerProcess(name, await self.stack.enter_async_context(opening), in_work)

    def lose(self, what: str, call: str = "EVALSHA:*") -> None:
        """Lose the next call or its answer."""
        if what:
            self.proxy.faults.add(call, Drop("after" if what == "after" else "before"))

    def agree(self) -> None:
        """Redis holds what the model says."""
        self.proxy.faults.clear()
        assert self.run(look(self.redis, self.keys)) == expected(self.model)

    def refused(self, call: Callable[[], Awaitable[object]], error: type[Exception]) -> None:
        """See a call refused, and nothing changed by it."""
        before = self.run(dump(self.redis, self.keys))
        with pytest.raises(error):
            self.run(call())
        assert self.run(dump(self.redis, self.keys)) == before

    @rule(person=PERSON, loss=LOSSES)
    def offer(self, person: int, loss: str) -> None:
        """Let a new message come in."""
        self.number += 1
        update = message(self.number, person=person)
        self.lose(loss)
        assert self.run(self.gateway.messages.accept(update)) == Accepted(fresh=False)
        self.model.boxes[person].append(update)
        self.queue(person)
        self.agree()

    def queue(self, person: int) -> None:
        """Note the entry under which a person stands in the line now."""
        if not self.model.is_queued(person):
            newest: Any = self.run(self.redis.xrevrange(self.keys.ready, count=1))
            ((entry, _),) = newest
            self.model.lines[entry.decode()] = person

    @precondition(lambda self: self.number)
    @rule(data=st.data(), loss=LOSSES)
    def repeat(self, data: st.DataObject, loss: str) -> None:
        """Telegram repeats a message, old or still waiting."""
        model = self.model
        old = [*model.ended, *(update for box in model.boxes.values() for update in box)]
        self.lose(loss)
        self.run(self.gateway.messages.accept(data.draw(st.sampled_from(old))))
        self.agree()

    @precondition(lambda self: self.model.told)
    @rule(loss=LOSSES)
    def hear(self, loss: str) -> None:
        """Let the gateway hear of what was committed: of all of it, in order."""
        self.lose(loss, "XREAD")
        heard = [*self.run(self.gateway.tail.read())]
        assert bool(heard) == (not loss)
        heard = heard or [*self.run(self.gateway.tail.read())]
        found = [self.run(self.gateway.outgoing.read(entry)) for _, entry in heard]
        assert [what.id for what in found if what is not None] == self.model.told
        self.model.told.clear()

    @precondition(lambda self: any(self.model.outbox.values()))
    @rule(person=PERSON, loss=LOSSES, again=st.booleans())
    def deliver(self, person: int, loss: str, *, again: bool) -> None:
        """Note that the oldest reply of a chat arrived, perhaps once more."""
        if not self.model.outbox[person]:
            return
        reply = self.model.outbox[person].popleft()
        self.lose(loss)
        for _ in range(1 + again):
            self.run(self.gateway.store.outbox.sent(reply, 5))
        self.agree()

    @precondition(lambda self: self.number > 2 * self.gateways)
    @rule(loss=LOSSES)
    def another_gateway(self, loss: str) -> None:
        """Replace the gateway: the former one is fenced, the new one finds all that waits."""
        former = self.gateway
        self.gateways += 1
        self.gateway = self.run(self._gateway())
        self.refused(lambda: former.messages.accept(message(0)), AlreadyRunning)
        self.lose(loss)
        self.run(self.gateway.outgoing.empty())
        self.run(self.gateway.messages.announce())
        self.model.told.clear()
        waiting = [reply for person in PERSONS for reply in self.model.outbox[person]]
        assert list(self.run(self.gateway.store.outbox.unsent())) == waiting
        self.agree()
