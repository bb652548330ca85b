"""The whole grid of kills: every form, every step, every point. Takes some minutes.

    python -m tests.end_to_end.kill_grid [FORM...]

Prints a table: `ok`, or `-` where the step does not pass the point. Exit code 1 at the first
violation. The suite plays each point once, see `test_kills.py`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sapp_bot.sandbox.redis import EmbeddedRedis
from tests.end_to_end.kills import POINTS, STORIES, Play, Story, kill, undisturbed
from tests.end_to_end.world import World
from tests.redis_server import RedisServer, find_binary

WIDTH = 20


def show(*cells: str) -> None:
    """Print one line of the table, at once."""
    sys.stdout.write("  ".join(f"{cell:{WIDTH}}" for cell in cells).rstrip() + "\n")
    sys.stdout.flush()


@asynccontextmanager
async def redis(folder: Path) -> AsyncIterator[str]:
    """Give the address of a real redis-server, or of an embedded one where none is installed."""
    if find_binary() is not None:
        with RedisServer(folder) as server:
            yield server.url
    else:
        async with EmbeddedRedis() as embedded:
            yield embedded.url


async def play(world: World, story: Story) -> int:
    """Play all kills of a story and print a line for each point; gives how many there were."""
    expected = await undisturbed(world, story)
    kills = 0
    show(story.name, *(step.text for step in story.steps))
    for row, point in enumerate(POINTS):
        cells = [point.name]
        for column, step in enumerate(story.steps):
            if step.passes(point):
                person = await world.person(f"{story.name}-{row}-{column}")
                await played(world, Play(world, story, person, column, point), expected)
                kills += 1
            cells.append("ok" if step.passes(point) else "-")
        show(*cells)
    show()
    return kills


async def played(world: World, play: Play, expected: list[str]) -> None:
    """Play one kill. Raises an error that names it."""
    try:
        await kill(world, [play])
        seen = await play.finish()
        assert seen == expected, f"saw {seen}, not {expected}"
        assert not world.errors(), world.errors()
    except BaseException as error:
        error.add_note(f"VIOLATED: {play}")
        raise


async def main(names: Sequence[str]) -> int:
    """Play the stories of these names, all if there are none; gives the exit code."""
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name)
        async with redis(folder / "redis") as url, World(folder, url) as world:
            kills = 0
            for story in names or STORIES:
                try:
                    kills += await play(world, STORIES[story])
                except Exception:  # noqa: BLE001  # whatever it is, it is a violation
                    tail = "\n".join(world.bot.tail(30))
                    show(f"{traceback.format_exc()}\nthe end of the bot's log:\n{tail}")
                    return 1
            show(f"{kills} kills: nothing lost, nothing twice")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
