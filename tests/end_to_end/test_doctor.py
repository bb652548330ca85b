"""`python -m sapp_bot doctor` looks at everything around the bot, and says what to do."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.end_to_end.world import World
from tests.redis_server import RedisServer

DOCTOR = (sys.executable, "-m", "sapp_bot", "doctor")


async def examined(world: World, **settings: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Run the doctor; gives its exit code, and its items by what they are about."""
    process = world.process("doctor", **settings)
    process.log.unlink(missing_ok=True)
    code = await process.ask([*DOCTOR, "--json"], "", 20)
    items: dict[str, list[dict[str, Any]]] = {}
    for item in json.loads(process.log.read_text()):
        items.setdefault(item["about"], []).append(item)
    return code, items


async def test_a_world_in_order(tmp_path: Path, redis_url: str) -> None:
    """Everything is looked at, all is well, and no secret is shown."""
    world = World(tmp_path, redis_url)
    async with world.neighbours():
        code, items = await examined(world)
        shown = world.process("doctor").log.read_text()

    assert set(items) == {
        "settings",
        "plugins",
        "time zones",
        "payments",
        "redis",
        "telegram",
        "clock",
        "api",
    }
    assert {item["state"] for found in items.values() for item in found} == {"ok"}
    assert code == 0
    environment = world.environment()
    for secret in ("TELEGRAM_BOT_TOKEN", "SAPP_SECRET_KEYS", "TELEGRAM_API_HASH"):
        assert environment[secret] not in shown


async def test_a_redis_that_does_not_say_what_it_is(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """The bot works with it and sells nothing, which is said; who vouches for it can sell."""
    redis_server.call("ACL", "SETUSER", "narrow", "on", ">pw", "~*", "+@all", "-info", "-config")
    url = redis_server.url.replace("//", "//narrow:pw@")
    world = World(tmp_path, url)
    try:
        async with world.neighbours():
            code, items = await examined(world)
            vouched, sold = await examined(world, SAPP_REDIS_DURABLE="yes")
    finally:
        redis_server.call("ACL", "DELUSER", "narrow")

    assert [item["state"] for item in items["redis"]] == ["ok", "warning"]
    assert [item["state"] for item in items["payments"]] == ["ok", "warning"]
    assert "SAPP_REDIS_DURABLE=yes" in items["payments"][1]["text"]
    assert [item["state"] for item in sold["payments"]] == ["ok"]
    assert (code, vouched) == (0, 0)


async def test_an_api_without_its_database(tmp_path: Path, redis_url: str) -> None:
    """An API that answers while its database does not is a warning with what to do."""
    world = World(tmp_path, redis_url)
    async with world.neighbours():
        world.api.database_away = True
        code, items = await examined(world)

    assert [item["state"] for item in items["api"]] == ["warning"]
    assert "start the database" in items["api"][0]["text"]
    assert code == 0


async def test_a_world_in_ruins(tmp_path: Path) -> None:
    """Each missing neighbour is one item with what to do; the exit code is 1."""
    world = World(tmp_path, "redis://127.0.0.1:1/0")
    code, items = await examined(
        world,
        SAPP_REDIS_URL="redis://127.0.0.1:1/0",
        TELEGRAM_SERVER="127.0.0.1:1",
        SAPP_API_URL="http://127.0.0.1:1",
        SAPP_SECRET_KEYS="",
        SAPP_ADMIN="1",
    )

    assert code == 1
    assert "SAPP_SECRET_KEYS is not set" in items["settings"][0]["text"]
    assert "did you mean SAPP_ADMINS?" in items["settings"][1]["text"]
    assert [items[about][0]["state"] for about in ("redis", "telegram", "api")] == [
        "fault",
        "fault",
        "warning",
    ]
    assert "TELEGRAM_PROXY" in items["telegram"][0]["text"]
    redis, api = items["redis"][0]["text"], items["api"][0]["text"]
    assert "no connection to 127.0.0.1:1: Connection refused" in redis
    assert "see that it runs there" in redis
    assert "see that the service runs, that SAPP_API_URL is its address" in api
    assert not re.search(r"\b\w+Error\b|Errno|\b111\b", redis + api)


async def test_wrong_settings_are_items_too(tmp_path: Path) -> None:
    """What is refused is told in the same form."""
    world = World(tmp_path, "redis://127.0.0.1:1/0")
    code, items = await examined(world, SAPP_MODE="robot")

    assert code == 1
    assert {item["state"] for item in items["settings"]} == {"fault"}
    assert any("SAPP_MODE" in item["text"] for item in items["settings"])
