"""Fixtures of the process-level tests; `world.py` tells how they are used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from sapp_bot.sandbox.redis import EmbeddedRedis
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


@pytest.fixture
async def world(tmp_path: Path, redis_anywhere: str) -> AsyncIterator[World]:
    """Give a bot that runs in a world of its own."""
    async with World(tmp_path, redis_anywhere) as world:
        yield world
