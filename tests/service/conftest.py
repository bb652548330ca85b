"""Fixtures for the store: each kind of Redis, and a store on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from sapp_bot.sandbox.redis.server import EmbeddedRedis
from sapp_bot.store import RedisStore
from tests.service.roles_kit import Roles
from tests.service.store_kit import Place


@pytest.fixture(params=["memory", "embedded", "real"])
async def store_place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Give each kind of Redis, empty."""
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            url = f"memory://{request.node.name.partition('[')[0]}".replace("_", "-")
        elif request.param == "embedded":
            url = (await stack.enter_async_context(EmbeddedRedis())).url
        else:
            url = request.getfixturevalue("redis_url")
        yield Place(url, stack)


@pytest.fixture
async def store(store_place: Place) -> RedisStore:
    """Give an open store that has claimed its account."""
    return await store_place.open()


@pytest.fixture
async def roles(redis_url: str) -> AsyncIterator[Roles]:
    """Give an empty redis-server for several processes."""
    async with AsyncExitStack() as stack:
        yield Roles(redis_url, stack)
