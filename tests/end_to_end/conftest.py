"""Fixtures of the process-level tests; `world.py` tells how they are used.

A test that takes `world` states something about the bot in both modes, and is played in both:
with a bot in the suite, in user mode with `-m long`, as each world costs a process. Marks of
`modes.py` say where it is otherwise.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from sapp_bot.sandbox.redis.server import EmbeddedRedis
from tests.end_to_end.sides import Mode
from tests.end_to_end.world import World
from tests.redis_server import find_binary


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the bot's log with a test that failed."""
    report = yield
    world = getattr(item, "funcargs", {}).get("world")
    if report.failed and isinstance(world, World) and hasattr(world, "bot"):
        report.sections.append(("the end of the bot's log", "\n".join(world.bot.tail(40))))
    return report


@pytest.fixture
async def redis_anywhere(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Give the address of a real, empty redis-server, or of an embedded one where none is."""
    if find_binary() is not None:
        yield request.getfixturevalue("redis_url")
        return
    async with EmbeddedRedis() as redis:
        yield redis.url


@pytest.fixture(params=["bot", pytest.param("user", marks=pytest.mark.long)])
def mode(request: pytest.FixtureRequest) -> Mode:
    """Name the mode."""
    found: Mode = request.param
    return found


@pytest.fixture
async def world(tmp_path: Path, redis_anywhere: str, mode: Mode) -> AsyncIterator[World]:
    """Give a bot that runs in a world of its own."""
    async with World(tmp_path, redis_anywhere, mode) as world:
        yield world
