"""The bot as a process behind a Sentinel: the primary is killed, and the conversation goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.world import World
from tests.redis_sentinel import RedisGroup
from tests.redis_server import find_binary

PASSWORD = "correct horse battery"


async def test_a_failover_is_waited_out(tmp_path: Path) -> None:
    """Somebody in a form is asked on, logged in as before; the doctor and the log name the way."""
    if find_binary() is None:
        pytest.skip("no redis-server found")
    with RedisGroup(tmp_path / "redis") as group:
        beside = f"redis://127.0.0.1:{group.replica.port}/0"
        async with World(tmp_path, beside, SAPP_REDIS_URL=group.url) as world:
            world.api.database.add_user("ann@example.com", PASSWORD)
            ann = await world.person("Ann")
            for text, answer in (
                ("/login ann@example.com", "And the password?"),
                (PASSWORD, "You are logged in as"),
                ("/newclient", "What shall the client be called?"),
            ):
                await ann.say(text)
                await ann.sees(answer)
            group.fail_over()
            for text, answer in (
                ("shop", "From which websites"),
                ("*", "Name of the client: shop"),
                ("yes", "Your client is ready"),
            ):
                await ann.say(text)
                await ann.sees(answer, 20)
            assert world.bot.exit_code is None
