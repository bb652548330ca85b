"""One message can be followed: through the log of the real bot, and into the API."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sapp_bot.sandbox.faults import Fail
from tests.end_to_end.world import World

PASSWORD = "correct horse battery"


def logged(world: World, event: str) -> list[dict[str, Any]]:
    """Give the lines of an event, oldest first."""
    lines = [json.loads(line) for line in world.bot.log.read_text().splitlines() if line[:1] == "{"]
    return [line for line in lines if line["event"] == event]


async def test_one_id_from_the_update_to_the_api_and_the_log(
    tmp_path: Path, redis_anywhere: str
) -> None:
    """The login's line, its calls' lines, what the API received, and the reply that was lost."""
    async with World(tmp_path, redis_anywhere) as world:
        ann = await world.person("Ann")
        world.api.database.add_user("ann@example.com", PASSWORD)
        await ann.say("/login ann@example.com")
        await ann.say(PASSWORD)
        await world.until(lambda: len(logged(world, "update.handled")) == 2)
        await world.calm()
        lost = Fail(403, "USER_IS_BLOCKED")
        world.telegram.faults.add(world.by_bot("messages.sendMessage"), lost)
        await ann.say("/help")
        await world.until(lambda: logged(world, "reply.dropped"))

        *_, login, help_ = logged(world, "update.handled")
        called = [x for x in logged(world, "sapp.called") if x["path"] == "/auth/login"]
        (dropped,) = logged(world, "reply.dropped")
        received = [c.traceparent for c in world.api.calls if c.name == "POST /auth/login"]
        pings = [c.traceparent for c in world.api.calls if c.name == "GET /"]

    assert re.fullmatch(r"[0-9a-f]{32}", login["trace_id"])
    assert {line["trace_id"] for line in called} == {login["trace_id"]}
    for parent in received:
        assert re.fullmatch(rf"00-{login['trace_id']}-[0-9a-f]{{16}}-00", parent)
    assert len(set(received)) == len(received) == len(called) >= 1
    assert dropped["trace_id"] == help_["trace_id"] != login["trace_id"]
    assert pings
    assert set(pings) == {""}
    assert "trace_id" not in logged(world, "bot.ready")[0]
