"""The ledger's way to the API: what the administrator sees, and what an outage looks like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest
from pydantic import SecretStr

from sapp_bot.clock import SystemClock
from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.sandbox.faults import Drop, Fail, Hold
from sapp_bot.sandbox.sapp_api import SappApi
from sapp_bot.sapp.accounts.admin_reads import AdminReads, NoAdminAccount
from sapp_bot.sapp.accounts.kept_login import KeptLogin
from sapp_bot.sapp.admin import Admin
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.errors import (
    Forbidden,
    SappError,
    UpstreamFailed,
    UpstreamUnreachable,
)
from sapp_bot.sapp.services import Auth


def reads_of(api: ApiClient, email: str, password: str) -> AdminReads:
    """Make the ledger's side of the API with a login."""
    login = KeptLogin(
        Auth(api),
        SystemClock(),
        email=email,
        password=SecretStr(password),
        missing=lambda why: NoAdminAccount("POST /auth/login", why),
        event="admin_account",
    )
    return AdminReads(Admin(api), login)


@pytest.fixture
async def edge(sapp_api: SappApi) -> AsyncIterator[ApiClient]:
    """Give a client of the API whose pauses take no time."""

    async def pause(_: float) -> None:
        await asyncio.sleep(0)

    async with ApiClient(sapp_api.url, sleep=pause) as api:
        yield api


@pytest.fixture
def reads(sapp_api: SappApi, edge: ApiClient) -> AdminReads:
    """Give the reads, with two clients there."""
    for name in ("ann", "ben"):
        user = sapp_api.database.add_user(f"{name}@mail.test", "secret")
        sapp_api.database.add_client(user, name=name, available=10, used=3)
    admin = sapp_api.database.admin
    return reads_of(edge, admin.email, admin.password)


async def test_reads_are_seen_and_set(sapp_api: SappApi, reads: AdminReads) -> None:
    """One, all, an absolute number, one more or less; one login for all of it."""
    assert await reads.reads(1) == ClientReads(10, 3)
    await reads.set_reads(1, 1010)
    await reads.add_reads(2, -1)
    assert await reads.all_reads() == {1: ClientReads(1010, 3), 2: ClientReads(9, 3)}
    assert sapp_api.count("POST /auth/login") == 1


async def test_a_missing_client_is_none(sapp_api: SappApi, reads: AdminReads) -> None:
    """Deleted and unknown are the same, and writing to them is no error."""
    sapp_api.database.clients.delete(1)
    assert await reads.reads(1) is None
    assert await reads.reads(99) is None
    assert list(await reads.all_reads()) == [2]
    await reads.set_reads(1, 500)
    await reads.add_reads(1, 5)


async def test_an_outage_is_no_missing_client(sapp_api: SappApi, reads: AdminReads) -> None:
    """403 to all, and logins that seem wrong: an error that may be tried again, each time."""
    for _ in range(2):
        sapp_api.database_away = True
        for call in (reads.reads(1), reads.all_reads(), reads.set_reads(1, 5)):
            with pytest.raises(SappError) as caught:
                await call
            assert caught.value.retry
        sapp_api.database_away = False
    assert await reads.reads(1) == ClientReads(10, 3)


async def test_a_login_that_has_ended_is_made_anew(sapp_api: SappApi, reads: AdminReads) -> None:
    """An expired token costs one more login, and nothing else."""
    assert await reads.reads(1) is not None
    sapp_api.database.expire_tokens()
    assert await reads.reads(1) == ClientReads(10, 3)
    assert sapp_api.count("POST /auth/login") == 2


async def test_a_login_that_is_none(sapp_api: SappApi, edge: ApiClient) -> None:
    """A wrong password, no password, a person without the role: no retry helps, and it is said."""
    sapp_api.database.add_user("ann@mail.test", "secret")
    for email, password, error in (
        (sapp_api.database.admin.email, "wrong", NoAdminAccount),
        ("", "", NoAdminAccount),
        ("ann@mail.test", "secret", Forbidden),
    ):
        with pytest.raises(error) as caught:
            await reads_of(edge, email, password).reads(1)
        assert not caught.value.retry


@pytest.mark.parametrize("fault", [Drop("before"), Drop("after"), Fail(500)], ids=str)
async def test_a_lost_write_is_an_error_or_done(
    sapp_api: SappApi, reads: AdminReads, fault: object
) -> None:
    """A write that fails raises, or was seen to be done; the next one does it."""
    await reads.reads(1)
    sapp_api.faults.add("PUT /clients/{id}", fault)
    with suppress(UpstreamUnreachable, UpstreamFailed):
        await reads.set_reads(1, 777)
    await reads.set_reads(1, 777)
    assert await reads.reads(1) == ClientReads(777, 3)


async def test_a_metered_call_undoes_a_write(sapp_api: SappApi, reads: AdminReads) -> None:
    """The answer to a PUT is no proof: a call that was under way saves the row it had loaded."""
    key = sapp_api.database.clients.get(1).api_key
    held = sapp_api.inner.add("fetch rates", Hold())
    call = asyncio.create_task(_metered(sapp_api.url, key))
    async with asyncio.timeout(30):
        await held.held.wait()
    await reads.set_reads(1, 1010)
    assert await reads.reads(1) == ClientReads(1010, 3)
    held.release()
    await call
    await sapp_api.settle()
    assert await reads.reads(1) == ClientReads(10, 4)


async def _metered(url: str, key: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/api/v1/service/live", params={"apikey": key}) as answer,
    ):
        assert answer.status == 200
