"""What the tests of the API client share: calls that work, ways to fail, a sleep of no length."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from sapp_bot.sandbox.sapp_api import SappApi
from sapp_bot.sapp import calls
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.errors import SappError
from sapp_bot.sapp.wire import ApiCall
from tests.sapp_bodies import client


class Naps:
    """A sleep that does not wait, and remembers."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Note a nap."""
        self.slept_s.append(seconds)


def account(api: SappApi) -> ApiCall[Any]:
    """Make a free call that works."""
    user = api.database.add_user("ann@mail.test", "secret")
    return calls.user(SecretStr(api.database.token_for(user)))


def live(api: SappApi, *, domains: str = "*", reads: int = 5_000) -> ApiCall[Any]:
    """Make a metered call that works."""
    user = api.database.add_user("bob@mail.test", "secret")
    row = api.database.add_client(user, available=reads, domains=domains)
    return calls.live(client(key=row.api_key, domains=domains))


def register(email: str = "new@mail.test") -> ApiCall[Any]:
    """Make a write that works."""
    return calls.register(email, SecretStr("secret"))


async def failure(edge: ApiClient, call: ApiCall[Any]) -> SappError:
    """Make a call that fails."""
    with pytest.raises(SappError) as caught:
        await edge.call(call)
    return caught.value
