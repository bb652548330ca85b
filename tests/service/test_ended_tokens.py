"""Who logs out and in again within a second is logged in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from sapp_bot.sandbox.sapp_api import Database, SappApi
from sapp_bot.sapp.client import ApiClient
from sapp_bot.services import Auth, Login, Session

EMAIL, PASSWORD = "ann@mail.test", SecretStr("canary-of-a-password")


def _session(login: Login) -> Session:
    return Session(
        telegram_id=1,
        user_id=login.user_id,
        email=login.email,
        role=login.role,
        token=login.token,
        expires_at=login.expires_at,
        generation=1,
    )


@pytest.mark.parametrize("end", [Auth.log_out, Auth.deactivate], ids=lambda end: end.__name__)
async def test_a_login_within_the_second_of_a_logout_holds(end: Any) -> None:
    """The API would give the ended token again: the bot waits for its next second, once."""
    waited: list[float] = []
    now = datetime.now(UTC)
    database = Database(seed=1, clock=lambda: now)

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        database.advance(seconds)

    async with SappApi(database) as api, ApiClient(api.url, sleep=sleep) as edge:
        auth = Auth(edge)
        me = _session(await auth.register(EMAIL, PASSWORD))
        await end(auth, me)
        await api.settle()

        again = _session(await auth.log_in(EMAIL, PASSWORD))

        assert (await auth.user(again)).id == me.user_id
        assert waited == [1.0]
        assert (await auth.log_in(EMAIL, PASSWORD)).token == again.token
        assert waited == [1.0]
