"""An alert over kill -9 and a standby, with the bot as a process, over MTProto."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sapp_bot.cli.main import EXIT_ALREADY_RUNNING
from tests.end_to_end.world import World

EMAIL, PASSWORD = "service@example.com", "shared among all"
AHEAD_S = 20
"""Seconds before the alert's minute that are left for the kill and the start of the standby."""

NEXT_LOOK_S = 65
"""Seconds after which the alerts have been looked at again."""


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_standby_tells_an_alert_once(tmp_path: Path, redis_anywhere: str) -> None:
    """The second process waits outside (75) while the first lives; killed, it is followed.

    The alert was set with the first and comes from the second, and a third says nothing more.
    """
    world = World(
        tmp_path, redis_anywhere, SAPP_SERVICE_EMAIL=EMAIL, SAPP_SERVICE_PASSWORD=PASSWORD
    )
    async with world:
        user = world.api.database.add_user(EMAIL, PASSWORD)
        world.api.database.add_client(user, available=100)
        ann = await world.person("Ann")
        at = minute_ahead(datetime.now(UTC))
        await ann.say(f"/alert EUR/USD daily {at:%H:%M}")
        await ann.sees("I will tell you.")
        standby = world.process("standby")
        await standby.start()
        assert await standby.ended() == EXIT_ALREADY_RUNNING
        await world.restart()
        left_s = (at - datetime.now(UTC)).total_seconds()
        await ann.sees("1 EUR = ", within_s=left_s + 65)
        await world.restart()
        over = datetime.now(UTC) + timedelta(seconds=NEXT_LOOK_S)
        await world.until(lambda: datetime.now(UTC) > over, within_s=2 * NEXT_LOOK_S)

        assert sum("1 EUR = " in shown.text for shown in ann.messages.values()) == 1


def minute_ahead(now: datetime) -> datetime:
    """Return the beginning of a minute that leaves time to kill a process and start another."""
    return (now + timedelta(seconds=60 + AHEAD_S)).replace(second=0, microsecond=0)
