"""An office: two customers with clients, and an operator who is an administrator of the API."""

from __future__ import annotations

from dataclasses import dataclass

from sapp_bot.testing import Actor, Stage
from tests.plugins.people import PASSWORD, with_client

OPERATOR = 7
PLUGINS = ("start", "auth", "forget", "clients", "notices", "operators", "admin")


@dataclass(frozen=True, slots=True)
class Office:
    """Who is there. Ann's client is 1, Eve's is 2; Eve speaks Russian."""

    stage: Stage
    boss: Actor
    ann: Actor
    eve: Actor


def office_stage(**about: object) -> Stage:
    """Return a stage with the plugins that the office needs."""
    settings = {"only": PLUGINS, "environment": {}, "admins": frozenset({OPERATOR}), **about}
    return Stage(**settings)  # type: ignore[arg-type]  # as its own


async def log_in(stage: Stage, boss: Actor, *, role: str = "admin") -> Actor:
    """Log an operator in to the API."""
    stage.api.database.add_user("boss@example.com", PASSWORD, role=role)
    await boss.says("/login boss@example.com")
    await boss.says(PASSWORD)
    return boss


async def opened(stage: Stage, *, language: str = "en") -> Office:
    """Bring everybody in."""
    ann = await with_client(stage, "Ann")
    eve = await with_client(stage, "Eve", language="ru")
    boss = await log_in(stage, stage.person("Boss", id=OPERATOR, language=language))
    return Office(stage, boss, ann, eve)
