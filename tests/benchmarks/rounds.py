"""The measured parts, in the order they are played."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from tests.benchmarks.field import Field
from tests.benchmarks.figures import ERRANDS, FLOOR, Part, Sample, Singles, bot, sample
from tests.benchmarks.proc import rss_mib

API_MS = (0, 20)

COUNTED_TIMES = 3
"""How often the same commands are counted, for the least of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is played. `crowd` are the numbers of persons at which memory is looked at."""

    parts: tuple[Part, ...]
    rounds: int
    warm_up: int
    starts: int
    counted: int
    crowd: tuple[int, ...]


WHOLE = Plan(
    parts=(
        Part("1 person", 1, 200),
        Part("20 persons", 20, 25),
        Part("50 persons", 50, 20),
        Part("burst of 50", 50, times=8),
        Part("burst of 500", 500, times=2),
    ),
    rounds=5,
    warm_up=200,
    starts=5,
    counted=100,
    crowd=(0, 1_000, 10_000),
)

QUICK = Plan(
    parts=(
        Part("1 person", 1, 10),
        Part("20 persons", 20, 2),
        Part("50 persons", 50, 2),
        Part("burst of 50", 50),
        Part("burst of 500", 100),
    ),
    rounds=1,
    warm_up=20,
    starts=1,
    counted=10,
    crowd=(0, 50, 150),
)


def play_parts(field: Field, plan: Plan) -> Iterator[Sample]:
    """Play every part: floor, errands, bot, bot with a slow API, and again."""
    most = max(part.persons for part in plan.parts)
    for role in ("floor", "errands", "bot"):
        field.play(role, first=0, count=most, parallel=20)
        field.play(role, first=0, count=1, each=plan.warm_up, parallel=1)
    for part in plan.parts:
        for _ in range(plan.rounds):
            yield from _play(field, part, "floor", FLOOR)
            yield from _play(field, part, "errands", ERRANDS)
            for api_ms in API_MS:
                field.api.ask("delay", ms=api_ms)
                yield from _play(field, part, "bot", bot(api_ms))
                field.api.ask("delay", ms=0)


def _play(field: Field, part: Part, role: str, who: str) -> Iterator[Sample]:
    for _ in range(part.times):
        played, load = field.play(
            role, first=0, count=part.persons, each=part.each, parallel=part.persons
        )
        yield sample(part, who, played, load, load[role])


def first_start(field: Field) -> float:
    """Start all bots for the first time; gives the seconds until ours takes updates."""
    field.start("floor")
    field.start("errands")
    began = time.monotonic()
    field.start("bot")
    return time.monotonic() - began


def singles(field: Field, plan: Plan, first_start_s: float) -> Singles:
    """Take the figures that need no rounds."""
    field.bots["errands"].stop()
    use = dict(field.api_use)
    starts = {role: median(_starts(field, role, plan.starts)) for role in ("floor", "bot")}
    memory = list(_memory(field, plan.crowd))
    stall_ms, stall_wall_ms = _stalls(field, plan)
    return Singles(
        api_connections=use["connections"],
        api_calls=use["calls"],
        redis_round_trips=_round_trips(field, plan.counted),
        start_s=starts["bot"],
        floor_start_s=starts["floor"],
        first_start_s=first_start_s,
        persons=plan.crowd,
        rss_mib=memory,
        stall_ms=stall_ms,
        stall_wall_ms=stall_wall_ms,
    )


def _starts(field: Field, role: str, times: int) -> Iterator[float]:
    """Restart a bot; a message that came while it was down is the first it answers."""
    for _ in range(times):
        field.bots[role].stop()
        field.telegram.ask("post", role=role, person=0, text="/get_client")
        began = field.bots[role].start()
        at, _ = field.heard(0)
        yield at - began


def _memory(field: Field, crowd: tuple[int, ...]) -> Iterator[float]:
    """Look at a new process after its first answer, and after each crowd of new persons."""
    bot_process = field.bots["bot"]
    bot_process.stop()
    field.start("bot")
    field.say("bot", 0, "/get_client")
    yield rss_mib(bot_process.pid)
    for fewer, persons in pairwise(crowd):
        first = field.add_persons(persons - fewer)
        field.play("bot", first=first, count=persons - fewer, parallel=50)
        yield rss_mib(bot_process.pid)


def _stalls(field: Field, plan: Plan) -> tuple[float, float]:
    """Play every part once more, the loop being watched; the longest stall in ms.

    The second number counts the times, too, in which another process had the processor.
    """
    field.say("bot", 0, "/stalls")
    for part in plan.parts:
        field.play("bot", first=0, count=part.persons, each=part.each, parallel=part.persons)
    _, text = field.say("bot", 0, "/stalls")
    longest, longest_wall = map(float, text.split())
    return longest, longest_wall


def _round_trips(field: Field, commands: int) -> float:
    """Count, with a bot that goes through the proxy, what one person's commands ask of Redis.

    The least of some tries: what a timer of the bot's asks meanwhile is not in all of them.
    """
    field.bots["bot"].stop()
    field.start("bot", SAPP_REDIS_URL=field.proxy_url)
    field.say("bot", 0, "/get_client")
    counts = [field.proxy.ask("counts")["round_trips"]]
    for _ in range(COUNTED_TIMES):
        field.play("bot", first=0, count=1, each=commands, parallel=1)
        counts.append(field.proxy.ask("counts")["round_trips"])
    return float(min(after - before for before, after in pairwise(counts))) / commands
