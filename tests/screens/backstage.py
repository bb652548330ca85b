"""What happens behind the scene of a picture: at the local API, whose database is a stand-in's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from sapp_bot.sandbox.faults import Fail
from sapp_bot.sandbox.sapp_api.server import SappApi

Act = Callable[[SappApi, str], Awaitable[None]]
"""Takes the API and the e-mail address of who walks."""

LOGIN_S = 30 * 24 * 3600
"""Longer than a login of the API lasts, in seconds."""

CROWD = 25
"""Accounts with clients that make lists longer than a page."""


async def _admin(api: SappApi, email: str) -> None:
    """Make the account an administrator."""
    user = api.database.users.find_by("email", email)
    assert user is not None, email
    api.database.users.update(user.id, {"role": "admin"})


async def _use(api: SappApi, email: str, *, reads: int) -> None:
    """Use reads of the account's client, as its programs do."""
    user = api.database.users.find_by("email", email)
    assert user is not None, email
    client = api.database.client_of(user)
    api.database.clients.update(client.id, {"reads_used": client.reads_used + reads})


async def _crowd(api: SappApi, _email: str) -> None:
    """Bring others in, once."""
    if api.database.users.find_by("email", "customer1@example.com") is None:
        for number in range(1, CROWD + 1):
            user = api.database.add_user(f"customer{number}@example.com", "not so secret")
            api.database.add_client(user, name=f"Shop {number}", used=number % 7)


async def _down(api: SappApi, _email: str) -> None:
    await api.refuse()


async def _up(api: SappApi, _email: str) -> None:
    await api.accept()


async def _well(api: SappApi, _email: str) -> None:
    """End every trouble but that it is down."""
    api.database_away = 0
    api.faults.clear()


async def _database_away(api: SappApi, _email: str) -> None:
    api.database_away = 1


async def _fail(api: SappApi, _email: str) -> None:
    api.faults.add("*", Fail(500), times=None)


async def _end_logins(api: SappApi, _email: str) -> None:
    """Let so much time pass at the API that every login has ended."""
    api.database.advance(LOGIN_S)


async def _put_back(api: SappApi, _email: str) -> None:
    api.database.advance(-LOGIN_S)


ACTS: Mapping[str, Act] = {
    "admin": _admin,
    "crowd": _crowd,
    "use 8": partial(_use, reads=8),
    "use 5500": partial(_use, reads=5500),
    "api down": _down,
    "api up": _up,
    "api well": _well,
    "database away": _database_away,
    "failures": _fail,
    "logins ended": _end_logins,
    "time put back": _put_back,
}
