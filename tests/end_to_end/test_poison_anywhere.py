"""Code of a plugin that ends or stops the process anywhere: others are answered after one start."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.host.runtime.watchdog import EXIT_BLOCKED
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.client.seen import Saw
from tests.end_to_end.world import World
from tests.host.live import HEAD, write

pytestmark = [pytest.mark.long]

PLUGINS = Path(__file__).parents[2] / "plugins"

LIFESPAN = (
    HEAD
    + '''
import os


@plugin.lifespan
async def open_it():
    """Never come to the yield."""
    {body}
    yield
'''
)
TIMER = (
    HEAD
    + '''

@plugin.every(2)
async def tick(ctx: Ctx) -> None:
    """Keep the loop for ever."""
    while True:
        pass
'''
)
WAITING = (
    HEAD
    + '''
import threading
from pydantic import field_validator


class Tree(Form):
    """A tree."""

    name: str = ask("Which tree?")

    @field_validator("name")
    @classmethod
    def _endless(cls, name: str) -> str:
        while True:
            pass


@plugin.command
async def plant(ctx: Ctx, form: Tree) -> None:
    """Plant a tree."""


@plugin.command
async def wait(ctx: Ctx) -> None:
    """Never return."""
    await asyncio.Event().wait()


@plugin.command
def hang() -> None:
    """Never return, in a thread."""
    threading.Event().wait()
'''
)


@pytest.fixture
async def world(tmp_path: Path, redis_anywhere: str) -> AsyncIterator[World]:
    """Run the bot with a folder of plugins of its own."""
    plugins = tmp_path / "plugins"
    shutil.copytree(PLUGINS, plugins, ignore=shutil.ignore_patterns("__pycache__"))
    async with World(
        tmp_path,
        redis_anywhere,
        SAPP_PLUGINS=str(plugins),
        SAPP_LOOP_LIMIT_S="3",
        SAPP_HANDLER_LIMIT_S="2",
    ) as world:
        world.expect_error("loop.stood")
        yield world


async def ended(world: World, code: int) -> None:
    """Wait until the process has ended by itself."""
    await world.until(lambda: world.bot.exit_code is not None, within_s=60)
    assert world.bot.exit_code == code


async def heard(person: SimulatedUser, text: str, times: int) -> None:
    """Wait until the bot has said something so often."""
    while sum(text in event.text for event in person.events if isinstance(event, Saw)) < times:
        await person.sees(text)


@pytest.mark.parametrize(("body", "code"), [("os._exit(9)", 9), ("while True: pass", EXIT_BLOCKED)])
async def test_a_lifespan_that_ends_the_process_is_left_for_last(
    world: World, tmp_path: Path, body: str, code: int
) -> None:
    """The next start answers all before it is tried again; after that it is tried no more."""
    ann, bob = await world.person("Ann"), await world.person("Bob")
    await bob.say("/help")
    await bob.sees("/start")
    write(tmp_path / "plugins", "deadly", LIFESPAN.format(body=body))
    await ended(world, code)
    await ann.say("/help")
    world.bot = world.process("second")
    await world.start()
    await ann.sees("/start")
    await ended(world, code)  # it was tried when all others answered
    world.expect_error("plugin.failed")
    world.bot = world.process("third", SAPP_ADMINS=str(bob.account.id))
    await world.start()
    await bob.sees("The plugin deadly cannot be used")
    await bob.say("/help")

    await bob.sees("/start")
    assert world.bot.exit_code is None


async def test_a_timer_that_stops_the_loop_loses_nothing_of_others(
    world: World, tmp_path: Path
) -> None:
    """What was said while the loop stood is answered by the next process, before its next run."""
    ann = await world.person("Ann")
    write(tmp_path / "plugins", "deadly", TIMER)
    await ended(world, EXIT_BLOCKED)
    await ann.say("/help")
    world.bot = world.process("second")
    await world.start()

    await ann.sees("/start")
    await ended(world, EXIT_BLOCKED)
    world.expect_error("plugin.failed")
    world.bot = world.process("third", SAPP_ADMINS=str(ann.account.id))
    await world.start()
    await ann.sees("The plugin deadly cannot be used")
    await ann.say("/help")

    await ann.sees("/start")
    assert world.bot.exit_code is None


@pytest.mark.parametrize("command", ["/wait", "/hang"])
async def test_a_handler_that_never_returns_holds_up_nobody(
    world: World, tmp_path: Path, command: str
) -> None:
    """Its person is told within the limit, others are answered meanwhile, in the same process."""
    ann, zed = await world.person("Ann"), await world.person("Zed")
    write(tmp_path / "plugins", "waiting", WAITING)
    world.expect_error("update.failed")
    await world.until(lambda: any(e.get("plugin") == "waiting" for e in world.log()))
    await zed.say(command)
    await ann.say("/help")
    await ann.sees("/start")
    await zed.sees("took too long")
    await zed.say("/help")

    await zed.sees("/start")


async def test_a_validator_that_never_returns_is_given_up(world: World, tmp_path: Path) -> None:
    """The answer that stops the loop each time is ended with words; others are answered."""
    ann, zed = await world.person("Ann"), await world.person("Zed")
    write(tmp_path / "plugins", "waiting", WAITING)
    await world.until(lambda: any(e.get("plugin") == "waiting" for e in world.log()))
    await zed.say("/plant")
    await zed.sees("Which tree?")
    await zed.say("an oak")
    await ended(world, EXIT_BLOCKED)
    await ann.say("/help")
    world.bot = world.process("second")
    await world.bot.start()
    await ended(world, EXIT_BLOCKED)
    for event in ("update.given_up", "plugin.quarantined"):
        world.expect_error(event)
    world.bot = world.process("third")
    await world.start()

    await ann.sees("/start")
    await zed.sees("made me stop each time")
