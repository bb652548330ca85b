"""`python -m tests.soak.memory`: two days of messages through a Redis that has 64 MB.

10,000 persons who are logged in send 1,000,000 messages within 48 hours of the bot's clock. Each
is stored, committed with a reply, and the reply taken off when it is sent. Redis' own clock stands
still beside that: no mark of a message runs out meanwhile, so what is measured is the most there
can be. Exit code 0 when all are served, and those of the whole time are known when they come again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from sapp_bot.domain.ports import Commit
from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.state import PersonState, Profile, Session
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Message, Person
from sapp_bot.store import KeyRing, RedisStore, make_key, open_store
from sapp_bot.testing import ManualClock
from tests.redis_server import RedisServer

HOURS = 48
HOUR_S = 3600
PATIENCE_S = 30.0
AT_ONCE = 200
"""Persons whose messages are in work at the same time."""

MIB = 1024 * 1024
REPLY = "Card\n" + "What there is to say about it. " * 8


@dataclass(frozen=True, slots=True)
class Load:
    """How much is sent, by how many, and what Redis may hold of it (MiB)."""

    messages: int = 1_000_000
    persons: int = 10_000
    limit_mib: int = 64


@dataclass(slots=True)
class Outcome:
    """What became of the messages.

    `served` were stored, answered and ended; of `again`, sent once more at the end, `known` were
    recognized. `left` wait at the end, and `used_mib` is what Redis holds then.
    """

    served: int = 0
    again: int = 0
    known: int = 0
    left: int = 0
    used_mib: float = 0.0

    def is_well(self, load: Load) -> bool:
        """Whether all is as it should be."""
        all_served = self.served == load.messages and not self.left
        return all_served and self.again == self.known > 0 and self.used_mib < load.limit_mib


def message_of(number: int, load: Load, clock: ManualClock) -> Message:
    """Make the message of a number: the persons take turns, and each chat counts its own."""
    turn, place = divmod(number, load.persons)
    person = 1_000_000 + place
    # In the order of one account's numbers, as Telegram gives them.
    return Message(Person(person, f"Person {place}", "en"), person, number, f"/{turn}", clock.now())


async def serve(store: RedisStore, message: Message, state: PersonState) -> bool:
    """Take one message through the store; tells whether it was stored as new."""
    accepted = await store.inbox.accept(message)
    if not accepted.fresh or accepted.full:
        return False
    before = accepted.person_state or PersonState()
    reply = QueuedReply(f"{message.key}/0", Send(message.chat_id, Rich(REPLY), screen="home"))
    await store.inbox.commit(Commit(message, before, state, (reply,)))
    await store.outbox.sent(reply, message.message_id + 1)
    return True


def signed_in(message: Message, clock: ManualClock) -> PersonState:
    """Make what the bot knows of somebody who is logged in."""
    person = message.sender.id
    until = clock.now() + timedelta(hours=72)
    jwt = SecretStr("h" * 36 + "." + "p" * 120 + "." + "s" * 43)
    session = Session(person, 3, f"{person}@example.org", "client", jwt, until, 1)
    return PersonState(session, Profile("en", 1))


async def play(redis: RedisServer, load: Load, tell: Callable[[str], None]) -> Outcome:
    """Send everything; `tell` is given a line for each hour."""
    redis.call("CONFIG", "SET", "maxmemory", f"{load.limit_mib}mb")
    clock, outcome = ManualClock(), Outcome()
    async with open_store(
        redis.url, KeyRing([make_key()]), account=1, clock=clock, timeout_s=PATIENCE_S
    ) as store:
        await store.inbox.claim()
        states: dict[int, PersonState] = {}
        sample: list[Message] = []
        began, told = time.monotonic(), 0
        for numbers in _batches(load):
            messages = [message_of(number, load, clock) for number in numbers]
            for message in messages:
                states.setdefault(message.sender.id, signed_in(message, clock))
            done = await asyncio.gather(*(serve(store, m, states[m.sender.id]) for m in messages))
            outcome.served += sum(done)
            if numbers.start * HOURS // load.messages > len(sample) - 1:
                sample.append(messages[0])
            await clock.advance(HOURS * HOUR_S * len(numbers) / load.messages)
            if (hour := numbers.stop * HOURS // load.messages) > told:
                told = hour

                used, seconds = used_mib(redis), time.monotonic() - began
                tell(
                    f"hour {hour:2}: {outcome.served:9,} served, {used:5.1f} MiB, {seconds:4.0f} s"
                )
        for message in sample:
            outcome.again += 1
            outcome.known += not (await store.inbox.accept(message)).fresh
        outcome.left = len(await store.inbox.waiting()) + len(await store.outbox.unsent())
        outcome.used_mib = used_mib(redis)
    return outcome


def _batches(load: Load) -> Iterator[range]:
    """Cut all numbers into those that are in work at once: never two of one person."""
    step = min(AT_ONCE, load.persons)
    for first in range(0, load.messages, step):
        yield range(first, min(first + step, load.messages))


def used_mib(redis: RedisServer) -> float:
    """Return what Redis' data and buffers take, in MiB."""
    facts = redis.call("INFO", "memory").decode()
    return int(facts.partition("used_memory:")[2].split(maxsplit=1)[0]) / MIB


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.memory")
    parser.add_argument("--messages", type=int, default=Load().messages)
    asked = parser.parse_args()
    load = Load(asked.messages)

    def tell(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with (
        tempfile.TemporaryDirectory() as folder,
        RedisServer(Path(folder) / "redis", keeps=False) as redis,
    ):
        outcome = asyncio.run(play(redis, load, tell))
    tell(f"{outcome}: {'well' if outcome.is_well(load) else 'NOT WELL'}")
    return 0 if outcome.is_well(load) else 1


if __name__ == "__main__":
    sys.exit(main())
