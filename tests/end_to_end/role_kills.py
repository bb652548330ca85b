"""Many commands to a gateway and its workers, while all of them and Redis are disturbed.

    python -m tests.end_to_end.role_kills [--commands 10000] [--persons 500] [--workers 3]
                                          [--kills 20] [--freezes 3] [--doubled 5] [--seed 1]

Each person sends numbered commands, and must see each answered once, in order. Meanwhile gateway
and workers are killed (SIGKILL) by turns and started anew, Redis stands still for 7 s at a time
(SIGSTOP), and some updates are sent to the bot twice. Takes some minutes with the figures above;
the suite plays a few of it. Exit code 1 if anything was lost, came twice or out of order.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.sandbox.telegram.state.mailbox import Draft
from tests.end_to_end.roles_world import RolesWorld
from tests.redis_server import RedisServer

FROZEN_S = 7.0
AT_ONCE = 20
"""Persons who write at the same moment."""

SETTLED_S = 2.0
"""How long is waited for what may come twice, when all is answered."""

DONE_S = 240.0
"""How long it may take until everything is answered, after the last kill."""

CHATTER = ("Still working", "I have your message")
"""How notices begin that a person may see besides: a worker was slow, or Redis away."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is asked, and how much disturbed."""

    commands: int = 10_000
    persons: int = 500
    workers: int = 3
    kills: int = 20
    freezes: int = 3
    doubled: float = 5.0
    seed: int = 1
    per_s: float = 100.0

    @property
    def lasts_s(self) -> float:
        """How long it takes to ask."""
        return self.commands / self.per_s


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    commands: int
    lost: int = 0
    twice: int = 0
    out_of_order: int = 0
    doubled: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    freezes: int = 0
    notices: int = 0
    refused: int = 0
    taken_over: int = 0
    seconds: float = 0.0

    @property
    def is_well(self) -> bool:
        """Whether each command was answered once, and in order."""
        return not (self.lost or self.twice or self.out_of_order)


class RoleKills:
    """One run."""

    def __init__(self, world: RolesWorld, redis: RedisServer, plan: Plan) -> None:
        self._world = world
        self._redis = redis
        self._plan = plan
        self._dice = random.Random(plan.seed)  # noqa: S311  # so that a run can be repeated
        self._people: list[Account] = []
        self._outcome = Outcome(plan.commands)

    async def run(self) -> Outcome:
        """Ask and disturb, wait until all is answered, and count."""
        world, plan = self._world, self._plan
        mail = world.telegram.world.mail
        mail.messages_kept = mail.log_kept = 10 * plan.commands
        self._people = [world.telegram.add_person(f"P{n}") for n in range(plan.persons)]
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ask())
            tasks.create_task(self._kill())
            tasks.create_task(self._freeze())
        await self._answered()
        self._outcome.seconds = time.monotonic() - began
        await later(SETTLED_S)
        self._count()
        return self._outcome

    async def _ask(self) -> None:
        """Send all commands, some at a time, in each person's order."""
        world, plan = self._world, self._plan
        bot, mail = world.account, world.telegram.world.mail
        for number in range(plan.commands):
            person = self._people[number % plan.persons]
            text = f"/echo {number // plan.persons}"
            changes = mail.post(person, bot, Draft(text=text))
            world.telegram.world.publish(changes)
            if self._dice.random() * 100 < plan.doubled:
                world.telegram.world.publish(changes)
                self._outcome.doubled += 1
            if number % AT_ONCE == AT_ONCE - 1:
                await later(AT_ONCE / plan.per_s)

    async def _kill(self) -> None:
        """Kill by turns, the gateway each third time, and start again at once."""
        world, plan = self._world, self._plan
        for number in range(plan.kills):
            await later(plan.lasts_s / (plan.kills + 1))
            if number % 3 == 2:  # each third
                await world.bot.kill()
                await world.bot.start()
                self._outcome.kills["gateway"] += 1
            else:
                worker = self._dice.choice(world.workers)
                await worker.kill()
                await worker.start()
                self._outcome.kills["worker"] += 1

    async def _freeze(self) -> None:
        for _ in range(self._plan.freezes):
            await later(self._plan.lasts_s / (self._plan.freezes + 1))
            os.kill(self._redis.pid, signal.SIGSTOP)
            await later(FROZEN_S)
            os.kill(self._redis.pid, signal.SIGCONT)
            self._outcome.freezes += 1

    async def _answered(self) -> None:
        """Wait until there are as many answers as commands; what is not there then is lost."""
        try:
            async with asyncio.timeout(DONE_S):
                while sum(len(self._answers(person)) for person in self._people) < (
                    self._plan.commands
                ):
                    await later(1.0)
        except TimeoutError:
            pass

    def _answers(self, person: Account) -> list[str]:
        texts = self._world.telegram.texts(person, self._world.account)
        return [text for text in texts if text.startswith("echo ")]

    def _count(self) -> None:
        found, plan = self._outcome, self._plan
        for at, person in enumerate(self._people):
            asked = [f"echo {n}" for n in range(len(range(at, plan.commands, plan.persons)))]
            answers = self._answers(person)
            counts = Counter(answers)
            found.lost += sum(text not in counts for text in asked)
            found.twice += sum(count - 1 for count in counts.values())
            found.out_of_order += list(dict.fromkeys(answers)) != [t for t in asked if t in counts]
            texts = self._world.telegram.texts(person, self._world.account)
            found.notices += sum(text.startswith(CHATTER) for text in texts)
        for worker in self._world.workers:
            found.refused += self._world.said(worker, "work.refused")
            found.taken_over += self._world.said(worker, "work.taken_over")


async def later(seconds: float) -> None:
    """Wait: this is about what happens in time, so there is no event for it."""
    try:
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()
    except TimeoutError:
        return


async def play(plan: Plan, folder: Path, redis: RedisServer) -> Outcome:
    """Play a plan in a world of its own."""
    async with RolesWorld(
        folder,
        redis.url,
        workers=plan.workers,
        SAPP_SENT_PER_S="0",
        SAPP_MESSAGES_PER_MINUTE="0",
    ) as world:
        return await RoleKills(world, redis, plan).run()


async def main(plan: Plan) -> int:
    """Play it; gives the exit code."""
    with tempfile.TemporaryDirectory(prefix="roles-") as name:
        folder = Path(name)
        (folder / "redis").mkdir()
        (folder / "world").mkdir()
        with RedisServer(folder / "redis") as redis:
            outcome = await play(plan, folder / "world", redis)
    sys.stdout.write(f"{plan}\n{outcome}\n")
    return 0 if outcome.is_well else 1


def read(words: Sequence[str]) -> Plan:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.end_to_end.role_kills")
    usual = Plan()
    for name in ("commands", "persons", "workers", "kills", "freezes", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name))
    parser.add_argument("--doubled", type=float, default=usual.doubled, help="percent")
    parser.add_argument("--per-s", type=float, default=usual.per_s, help="commands")
    return Plan(**vars(parser.parse_args(words)))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(read(sys.argv[1:]))))
