"""A running process takes in what is dropped into its plugin folder, and obeys SIGHUP."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.end_to_end.sides import Mode
from tests.end_to_end.world import World
from tests.host.live import GREET, HEAD

PLUGINS = Path(__file__).parents[2] / "plugins"


@pytest.fixture
async def world(tmp_path: Path, redis_anywhere: str, mode: Mode) -> AsyncIterator[World]:
    """Run the bot on a copy of its plugins, which a test may change."""
    plugins = tmp_path / "plugins"
    shutil.copytree(PLUGINS, plugins, ignore=shutil.ignore_patterns("__pycache__"))
    async with World(tmp_path, redis_anywhere, mode, SAPP_PLUGINS=str(plugins)) as world:
        yield world


def loaded(world: World, name: str, version: str) -> bool:
    """Tell whether the log says that a plugin was read in this version."""
    about = {"event": "plugin.loaded", "plugin": name, "version": version}
    return any(about.items() <= entry.items() for entry in world.log())


async def test_a_file_is_dropped_in_changed_and_deleted(world: World) -> None:
    """Without a restart: the new command answers, then its new version, then it is unknown."""
    ann = await world.person("Ann")
    path = world.folder / "plugins" / "greet.py"
    path.write_text(GREET)
    await world.until(lambda: loaded(world, "greet", "1.0"))
    await ann.say("/greet")
    await ann.sees("one")
    path.write_text(GREET.replace('"one"', '"two"').replace('"1.0"', '"2.0"'))
    await world.until(lambda: loaded(world, "greet", "2.0"))
    await ann.say("/greet")
    await ann.sees("two")
    path.unlink()
    await world.until(lambda: any(e["event"] == "plugin.gone" for e in world.log()))
    await ann.say("/greet")

    await ann.sees("don't know /greet")


async def test_sighup_tries_again_what_failed(world: World) -> None:
    """A plugin that could not be used is read anew, though its own file is as it was."""
    world.expect_error("plugin.failed")
    wanted = world.folder / "wanted"
    path = world.folder / "plugins" / "greet.py"
    path.write_text(GREET.replace(HEAD, f"{HEAD}\nopen({str(wanted)!r}).close()\n"))
    await world.until(lambda: any(e["event"] == "plugin.failed" for e in world.log()))
    wanted.touch()
    process = world.bot._process
    assert process is not None
    os.kill(process.pid, signal.SIGHUP)
    await world.until(lambda: loaded(world, "greet", "1.0"))
    ann = await world.person("Ann")
    await ann.say("/greet")

    await ann.sees("one")
