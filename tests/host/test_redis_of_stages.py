"""The Redis of a stage: a server's database or one in memory, and nobody else's things in it."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack

import pytest

from sapp_bot.testing import Stage
from sapp_bot.testing.redis import lend_redis
from tests.plugins.people import PASSWORD, with_client


async def test_each_stage_gets_a_redis_of_its_own() -> None:
    """Stages that are open together never share one, however many they are."""
    async with AsyncExitStack() as stack:
        lent = [await stack.enter_async_context(lend_redis()) for _ in range(40)]
        assert len({*lent}) == 40


async def test_a_first_day_in_memory() -> None:
    """Without a redis-server everything works as with one: account, client, a logout."""
    async with Stage(redis_url=f"memory://{secrets.token_hex(8)}") as stage:
        ann = await with_client(stage)
        await ann.says("/logout")
        stage.api.database.advance(2)  # a new token: those of one second are equal
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)
        await ann.says("/get_client")
        assert ann.sees("shop")


async def test_a_stage_finds_nothing_of_an_earlier_one() -> None:
    """A database that is used again is emptied first."""
    for _ in range(16):
        async with Stage() as stage:
            ann = stage.person("Ann")
            await ann.says("/get_client")
            assert ann.sees("Please /login first")
            await with_client(stage, "Bob")
            assert await stage.at_rest("{sapp:")


@pytest.mark.parametrize("mode", ["bot", "user"])
async def test_what_is_in_memory_outlives_a_restart(mode: str) -> None:
    """The bot stops and starts again: the login is still there."""
    async with Stage(redis_url=f"memory://{secrets.token_hex(8)}", mode=mode) as stage:
        ann = await with_client(stage)
        await stage.restart()
        await ann.says("/get_client")
        assert ann.sees("shop")
