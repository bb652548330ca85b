"""Persons the dialogues begin with: with an account, with a client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from sapp_bot.testing import Actor, Stage

PASSWORD = "correct horse battery"


async def register(stage: Stage, name: str = "Ann", *, language: str = "en") -> Actor:
    """Bring somebody in who has just made an account, `ann@example.com` for Ann."""
    actor = stage.person(name, language=language)
    await actor.says(f"/register {name.lower()}@example.com")
    await actor.says(PASSWORD)
    await actor.says(PASSWORD)
    await actor.says("yes")
    return actor


async def with_client(stage: Stage, name: str = "Ann", *, language: str = "en") -> Actor:
    """Bring somebody in who has just made a client, `shop`, for any domain."""
    actor = await register(stage, name, language=language)
    await actor.says("/newclient shop")
    await actor.says("*")
    await actor.says("yes")
    return actor


@contextmanager
def login_ends(stage: Stage) -> Iterator[None]:
    """Let the logins of the block end by themselves behind it."""
    life, stage.api.database.token_life = stage.api.database.token_life, timedelta(minutes=10)
    yield
    stage.api.database.token_life = life
    stage.clock.skip(700)


def key_of(actor: Actor) -> str:
    """Read the key off the newest card that shows it."""
    for shown in reversed(actor.chat):
        for line in shown.text.plain.splitlines():
            if line.startswith("Key: ") and "…" not in line:
                return line.removeprefix("Key: ")
    raise AssertionError("no key is shown")


def jump_to_hour(stage: Stage, hour: int, zone: str = "UTC") -> None:
    """Put the time forward to half an hour before the next such hour, as a machine that slept."""
    now = stage.clock.now().astimezone(ZoneInfo(zone))
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0) - timedelta(minutes=30)
    stage.clock.skip(((then - now) % timedelta(days=1)).total_seconds())
