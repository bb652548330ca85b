"""The service account: its login stays fresh, and its client is found or made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from sapp_bot.sandbox.sapp_api import SappApi
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.service_account import (
    CLIENT_NAME,
    NoServiceAccount,
    ServiceAccount,
    ServiceLogin,
)
from sapp_bot.sapp.services import Auth, Clients, Rates
from sapp_bot.testing import ManualClock

EMAIL, PASSWORD = "service@example.com", "shared among all"


@pytest.fixture
async def edge(sapp_api: SappApi) -> AsyncIterator[ApiClient]:
    """Return a client of the stand-in, which knows the account."""
    sapp_api.database.add_user(EMAIL, PASSWORD)
    async with ApiClient(sapp_api.url) as edge:
        yield edge


def account(edge: ApiClient, clock: ManualClock, password: str = PASSWORD) -> ServiceAccount:
    """Make the service account."""
    credentials = ServiceLogin(EMAIL, SecretStr(password))
    return ServiceAccount(Auth(edge), Clients(edge), clock, credentials)


async def test_its_client_is_made_once(edge: ApiClient, sapp_api: SappApi) -> None:
    """The first start makes a client, later ones find it; one login serves many calls."""
    clock = ManualClock()
    first = account(edge, clock)
    client = (await first.payer()).client
    assert client.name == CLIENT_NAME
    assert (await first.payer()).client == client

    assert (await account(edge, clock).payer()).client.id == client.id
    assert sapp_api.count("POST /account/register") == 1
    assert sapp_api.count("POST /auth/login") == 2


async def test_a_login_is_renewed_before_it_ends(edge: ApiClient, sapp_api: SappApi) -> None:
    """An hour before its end a new login is made, without anybody noticing."""
    clock = ManualClock()
    service = account(edge, clock)
    me = (await service.payer()).me
    await clock.advance((me.expires_at - clock.now() - timedelta(minutes=59)).total_seconds())

    await service.payer()

    assert sapp_api.count("POST /auth/login") == 2


async def test_it_pays_for_a_call(edge: ApiClient, sapp_api: SappApi) -> None:
    """A metered call costs a read of its client."""
    service, rates = account(edge, ManualClock()), Rates(edge)

    live = await service.spend(lambda payer: rates.live(payer.me, payer.client))
    await sapp_api.settle()

    assert live.base == "USD"
    assert (await service.client()).reads_used == 1


async def test_a_wrong_password_is_not_tried_again_at_once(
    edge: ApiClient, sapp_api: SappApi
) -> None:
    """For five minutes nobody asks the API with a password that it has refused."""
    clock = ManualClock()
    service = account(edge, clock, "wrong")
    for _ in range(3):
        with pytest.raises(NoServiceAccount):
            await service.payer()
    tried = sapp_api.count("POST /auth/login")
    await clock.advance(301)
    with pytest.raises(NoServiceAccount):
        await service.payer()

    assert sapp_api.count("POST /auth/login") == 2 * tried


async def test_without_settings_there_is_none(edge: ApiClient) -> None:
    """An operator who sets none gets a sentence that names the settings."""
    service = ServiceAccount(Auth(edge), Clients(edge), ManualClock(), ServiceLogin())

    assert not service.is_set
    with pytest.raises(NoServiceAccount) as found:
        await service.payer()
    assert "SAPP_SERVICE_EMAIL" in found.value.reply


def test_its_credentials_are_in_no_repr() -> None:
    """Neither e-mail nor password can get into a log line."""
    text = repr(ServiceLogin(EMAIL, SecretStr(PASSWORD)))

    assert EMAIL not in text
    assert PASSWORD not in text
