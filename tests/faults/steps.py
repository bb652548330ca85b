"""The four forms that change something at the API: how to get to their last answer, and there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sapp_bot.testing import Actor, Stage
from tests.plugins.people import PASSWORD, register

NEW_PASSWORD = "a brand new horse"


@dataclass(frozen=True, slots=True)
class LastStep:
    """A form up to its last answer.

    `route` is what the last answer calls; it `adds` so many to the `rows` at the API. Work whose
    answer got lost is found out by the route `read_back`, where there is one.
    """

    route: str
    open: Callable[[Stage, str], Awaitable[Actor]]
    last_answer: str
    done: str
    rows: Callable[[Stage], int]
    adds: int = 0
    read_back: str = ""

    @property
    def reads_back(self) -> bool:
        """Whether lost work is found without asking the person."""
        return bool(self.read_back)


async def _registering(stage: Stage, name: str) -> Actor:
    actor = stage.person(name)
    for line in (f"/register {name.lower()}@example.com", PASSWORD, PASSWORD):
        await actor.says(line)
    return actor


async def _logging_in(stage: Stage, name: str) -> Actor:
    stage.api.database.add_user(f"{name.lower()}@example.com", PASSWORD)
    actor = stage.person(name)
    await actor.says(f"/login {name.lower()}@example.com")
    return actor


async def _making_a_client(stage: Stage, name: str) -> Actor:
    actor = await register(stage, name)
    await actor.says("/add_client shop")
    await actor.says("*")
    return actor


async def _changing_the_password(stage: Stage, name: str) -> Actor:
    actor = await register(stage, name)
    for answer in ("/password", PASSWORD, NEW_PASSWORD):
        await actor.says(answer)
    return actor


def _users(stage: Stage) -> int:
    return len(stage.api.database.users.all()) - 1  # without the administrator


def _clients(stage: Stage) -> int:
    return len(stage.api.database.clients.all())


STEPS = {
    "register": LastStep(
        "POST /auth/register",
        _registering,
        "yes",
        "Your account is ready.",
        _users,
        adds=1,
        read_back="POST /auth/login",
    ),
    "login": LastStep("POST /auth/login", _logging_in, PASSWORD, "Welcome back", _users),
    "add_client": LastStep(
        "POST /account/register",
        _making_a_client,
        "yes",
        "Your client is ready.",
        _clients,
        adds=1,
        read_back="GET /account/client/using-token",
    ),
    "password": LastStep(
        "PATCH /auth/password",
        _changing_the_password,
        NEW_PASSWORD,
        "Your password is changed.",
        _users,
        read_back="POST /auth/login",
    ),
}
"""By the name of the command."""
