"""The whole grid of kills: every form, every step, every point. Takes some minutes.

    python -m tests.end_to_end.kill_grid [--mode user] [FORM...]

In user mode each form is filled in by a friend of the owner's, and by the owner in Saved Messages.
Prints tables: `ok`, or `-` where the step does not pass the point. Exit code 1 at the first
violation. The suite plays each point once, see `test_kills.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.redis.server import EmbeddedRedis
from tests.end_to_end.kills import POINTS, STORIES, Play, Story, kill, undisturbed
from tests.end_to_end.sides import Mode
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


Chat = Callable[[World], Awaitable[SimulatedUser]]
"""Gives the person of one play in the chat where it is played."""

_numbers = itertools.count(1)


async def private_chat(world: World) -> SimulatedUser:
    """Let somebody come who was never there."""
    return await world.person(f"P{next(_numbers)}")


CHATS: Mapping[Mode, Mapping[str, Chat]] = {
    "bot": {"a private chat": private_chat},
    "user": {"a private chat": private_chat, "Saved Messages": World.owner},
}


async def play(world: World, story: Story, where: str, chat: Chat) -> int:
    """Play all kills of a story in a chat, a line for each point; gives how many there were."""
    expected = await undisturbed(world, story, await chat(world))
    kills = 0
    show(f"{story.name} in {where}")
    show("", *(step.text for step in story.steps))
    for point in POINTS:
        cells = [point.name]
        for number, step in enumerate(story.steps):
            if step.passes(point):
                await played(world, Play(world, story, await chat(world), number, point), expected)
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


async def main(mode: Mode, stories: Sequence[Story]) -> int:
    """Play the stories; gives the exit code."""
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name)
        async with redis(folder / "redis") as url, World(folder, url, mode) as world:
            kills = 0
            for story, (where, chat) in itertools.product(stories, CHATS[mode].items()):
                try:
                    kills += await play(world, story, where, chat)
                except Exception:  # noqa: BLE001  # whatever it is, it is a violation
                    tail = "\n".join(world.bot.tail(30))
                    show(f"{traceback.format_exc()}\nthe end of the bot's log:\n{tail}")
                    return 1
            show(f"{kills} kills: nothing lost, nothing twice")
    return 0


def read(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.end_to_end.kill_grid")
    parser.add_argument("--mode", choices=[*CHATS], default="bot")
    parser.add_argument(
        "stories", metavar="FORM", nargs="*", type=story, default=[*STORIES.values()]
    )
    return parser.parse_args(words)


def story(name: str) -> Story:
    """Find a story. Raises argparse.ArgumentTypeError."""
    if name not in STORIES:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(STORIES)}")
    return STORIES[name]


if __name__ == "__main__":
    # What signs the userbot in runs in here, and talks.
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    asked = read(sys.argv[1:])
    sys.exit(asyncio.run(main(asked.mode, asked.stories)))
