"""Many commands at once, and the connections to the API that they open.

python -m tests.end_to_end.crowd [COMMANDS]    (2,000 unless said otherwise)
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from sapp_bot.testing import Stage
from tests.plugins.people import register

PEOPLE = 10
COMMANDS = 2000


@dataclass(frozen=True, slots=True)
class Crowd:
    """What came of it: calls of the API, answers in chats, connections opened."""

    calls: int
    answers: int
    connections: int


async def crowd(commands: int, redis_url: str = "memory://") -> Crowd:
    """Have ten people each send commands that call the API, all ten at a time."""
    async with Stage(redis_url=redis_url) as stage:
        people = [await register(stage, f"P{number}") for number in range(PEOPLE)]
        calls, answers = stage.api.counts.total(), stage.room.deliveries
        for _ in range(commands // PEOPLE):
            await asyncio.gather(*(person.says("/me") for person in people))
        return Crowd(
            stage.api.counts.total() - calls,
            stage.room.deliveries - answers,
            stage.api.connections,
        )


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else COMMANDS
    sys.stdout.write(f"{asyncio.run(crowd(wanted))}\n")
