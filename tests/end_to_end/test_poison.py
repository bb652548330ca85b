"""A message that ends the process whenever it is handled holds up nobody else."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.host.runtime.watchdog import EXIT_BLOCKED
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.client.seen import Saw
from tests.end_to_end.world import World
from tests.host.live import HEAD

PLUGINS = Path(__file__).parents[2] / "plugins"

DIE = f'''{HEAD}
import os


@plugin.command
async def die(ctx: Ctx) -> None:
    """End the process at once, as a crash in a library in C does."""
    os._exit(9)


@plugin.command
async def block(ctx: Ctx) -> None:
    """Keep the loop for ever."""
    while True:
        pass
'''


@pytest.fixture
async def world(tmp_path: Path, redis_anywhere: str) -> AsyncIterator[World]:
    """Run the bot with a plugin that ends its process."""
    plugins = tmp_path / "plugins"
    shutil.copytree(PLUGINS, plugins, ignore=shutil.ignore_patterns("__pycache__"))
    (plugins / "die.py").write_text(DIE)
    async with World(
        tmp_path, redis_anywhere, SAPP_PLUGINS=str(plugins), SAPP_LOOP_LIMIT_S="3"
    ) as world:
        yield world


async def ended(world: World, code: int) -> None:
    """Wait until the process has ended by itself."""
    await world.until(lambda: world.bot.exit_code is not None)
    assert world.bot.exit_code == code


@pytest.mark.parametrize(("command", "code"), [("/die", 9), ("/block", EXIT_BLOCKED)])
async def test_a_message_that_ends_the_process_is_given_up(
    world: World, command: str, code: int
) -> None:
    """At the third start its sender is told, its plugin rests, and all others are answered."""
    ann, bob, zed = [await world.person(name) for name in ("Ann", "Bob", "Zed")]
    await bob.say("/help")
    await bob.sees("/start")
    await zed.say(command)
    await zed.say("/help")
    await ended(world, code)
    await ann.say("/help")
    world.bot = world.process("second", SAPP_ADMINS=str(bob.account.id))
    await world.bot.start()
    await ended(world, code)
    world.expect_error("loop.stood")
    world.expect_error("update.given_up")
    world.expect_error("plugin.quarantined")
    await world.start()

    for person in (ann, zed):
        await person.sees("/start")
    await world.calm()
    assert "made me stop each time" in texts(zed)[0]
    assert [len(texts(person)) for person in (ann, zed)] == [1, 2]
    assert any("I took the plugin die off" in text for text in texts(bob))
    await zed.say(command)
    await zed.sees(f"{command} is out of order")


def texts(person: SimulatedUser) -> list[str]:
    """List what the bot said to a person."""
    return [event.text for event in person.events if isinstance(event, Saw)]
