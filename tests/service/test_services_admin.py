"""The administrators' calls: what is read back, what is refused, what is never repeated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from sapp_bot.sandbox.faults import Drop, Fail, Hang
from sapp_bot.sandbox.sapp_api import Body, SappApi, garbage
from sapp_bot.sandbox.sapp_api.gojson import encode
from sapp_bot.sandbox.sapp_api.rows import ClientRow, UserRow
from sapp_bot.sapp import errors
from sapp_bot.sapp.client import ApiClient
from sapp_bot.services import Admin, Auth, Session, SessionExpired
from tests.sapp_calls import HastyLimits

SECRET = SecretStr("canary-secret")
LOST: list[Any] = [Drop("after"), Hang("after"), garbage(when="after")]
NEVER: list[Any] = [Drop(), Hang(), Fail(500)]
MISSING = 999
WRITES = ("PUT *", "POST /users/", "POST /clients/", "DELETE *")


def by_name(fault: object) -> str:
    """Name a fault in a test's id."""
    return f"{type(fault).__name__} {getattr(fault, 'when', '')}"


@pytest.fixture
async def api() -> AsyncIterator[SappApi]:
    """Give the stand-in."""
    async with SappApi(seed=1) as running:
        yield running


@pytest.fixture
async def edge(api: SappApi) -> AsyncIterator[ApiClient]:
    """Give the client, which waits long only for what will be answered."""
    async with ApiClient(api.url, limits=HastyLimits(api=lambda: api)) as opened:
        yield opened


@pytest.fixture
def admin(edge: ApiClient) -> Admin:
    """Give the service."""
    return Admin(edge)


async def enter(edge: ApiClient, email: str, password: str) -> Session:
    """Log in."""
    login = await Auth(edge).log_in(email, SecretStr(password))
    return Session(
        1, login.user_id, login.email, login.role, login.token, login.expires_at, generation=1
    )


@pytest.fixture
async def me(api: SappApi, edge: ApiClient) -> Session:
    """Give an administrator's session."""
    return await enter(edge, api.database.admin.email, api.database.admin.password)


@pytest.fixture
def ann(api: SappApi) -> UserRow:
    """Give an account."""
    return api.database.add_user("ann@mail.test", "secret")


@pytest.fixture
def desk(api: SappApi, ann: UserRow) -> ClientRow:
    """Give its client."""
    return api.database.add_client(ann)


async def test_accounts_are_kept(admin: Admin, me: Session) -> None:
    """Accounts are made, listed, read, changed and deleted; what is deleted is not found."""
    made = await admin.create_user(me, email="bob@mail.test", password=SECRET)
    assert made.role == "client"
    assert await admin.user(me, made.id) == made
    changed = await admin.update_user(me, made.id, email="rob@mail.test", role="admin")
    assert (changed.email, changed.role) == ("rob@mail.test", "admin")
    assert [user.email for user in await admin.users(me)] == [me.email, "rob@mail.test"]
    await admin.delete_user(me, made.id)

    with pytest.raises(errors.NotFound):
        await admin.user(me, made.id)
    with pytest.raises(errors.EmailTaken):
        await admin.create_user(me, email="rob@mail.test", password=SECRET)


async def test_clients_are_kept(api: SappApi, admin: Admin, me: Session, ann: UserRow) -> None:
    """Clients are made, listed, read, changed and deleted, and all are in the report."""
    made = await admin.create_client(me, user_id=ann.id, name="Desk")
    key = SecretStr(api.database.new_key())
    changed = await admin.update_client(me, made.id, name="Shop", domains="a.test", api_key=key)
    assert (changed.name, changed.domains, changed.api_key) == ("Shop", "a.test", key)
    assert await admin.clients(me) == [await admin.client(me, made.id)]
    with pytest.raises(errors.ClientExists):
        await admin.create_client(me, user_id=ann.id, name="Other")
    await admin.delete_client(me, made.id)

    assert await admin.clients(me) == []
    assert [row.name for row in await admin.usage(me)] == ["Shop"]


async def test_an_empty_report_is_a_list(admin: Admin, me: Session) -> None:
    """Without any client the API answers null."""
    assert await admin.usage(me) == []


async def test_reads_are_set(admin: Admin, me: Session, desk: ClientRow) -> None:
    """Setting reads is absolute, so twice is once; 0 cannot be set and says so."""
    await admin.set_reads(me, desk.id, 500)
    assert (await admin.set_reads(me, desk.id, 500)).reads_available == 500

    with pytest.raises(errors.InvalidInput) as caught:
        await admin.set_reads(me, desk.id, 0)
    assert "reads_available" in caught.value.reply.format(**caught.value.values)


@pytest.mark.parametrize("fault", LOST, ids=by_name)
async def test_a_lost_write_is_found(
    api: SappApi, admin: Admin, me: Session, desk: ClientRow, fault: Any
) -> None:
    """Writes whose answers got lost are read back, and none is sent twice."""
    for pattern in WRITES:
        api.faults.add(pattern, fault, times=None)
    assert (await admin.set_reads(me, desk.id, 500)).reads_available == 500
    made = await admin.create_user(me, email="bob@mail.test", password=SECRET)
    assert (await admin.create_client(me, user_id=made.id, name="Bob")).user_id == made.id
    assert (await admin.update_user(me, made.id, role="admin")).role == "admin"
    await admin.delete_client(me, desk.id)
    await admin.delete_user(me, made.id)

    assert sum(api.count(pattern) for pattern in WRITES) == 6


@pytest.mark.parametrize("fault", NEVER, ids=by_name)
async def test_a_failed_write_fails(
    api: SappApi, admin: Admin, me: Session, desk: ClientRow, fault: Any
) -> None:
    """A write that was not done is an error that may pass."""
    for pattern in WRITES:
        api.faults.add(pattern, fault, times=None)
    for work in (
        admin.set_reads(me, desk.id, 500),
        admin.create_user(me, email="bob@mail.test", password=SECRET),
        admin.create_client(me, user_id=MISSING, name="Bob"),
        admin.delete_client(me, desk.id),
    ):
        with pytest.raises(errors.SappError) as caught:
            await work
        assert caught.value.retry


@pytest.mark.parametrize("fault", [*LOST, *NEVER], ids=by_name)
async def test_adding_reads_is_never_guessed(
    api: SappApi, admin: Admin, me: Session, desk: ClientRow, fault: Any
) -> None:
    """An addition that may have been made is neither repeated nor called failed or done."""
    api.faults.add("PATCH /clients/", fault)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await admin.add_reads(me, desk.id, 5)

    assert not caught.value.retry
    assert api.counts["PATCH /clients/"] == 1


async def test_adding_reads_adds(admin: Admin, me: Session, desk: ClientRow) -> None:
    """Reads can be added and taken away."""
    assert (await admin.add_reads(me, desk.id, 5)).reads_available == 15
    assert (await admin.add_reads(me, desk.id, -5)).reads_available == 10


async def test_a_write_the_api_dropped_is_noticed(
    api: SappApi, admin: Admin, me: Session, desk: ClientRow
) -> None:
    """An answer that does not hold what was written is a bad one."""
    api.faults.add("PUT /clients/{id}", Body(encode(desk.to_json())))
    with pytest.raises(errors.BadAnswer, match="not written"):
        await admin.set_reads(me, desk.id, 500)


async def test_who_is_no_administrator(
    api: SappApi, edge: ApiClient, admin: Admin, ann: UserRow
) -> None:
    """A role that is missing is Forbidden; a login that is over is that, though both are 403."""
    me = await enter(edge, ann.email, "secret")
    with pytest.raises(errors.Forbidden):
        await admin.users(me)
    api.database.expire_tokens()

    with pytest.raises(SessionExpired):
        await admin.users(me)
    with pytest.raises(SessionExpired):
        await admin.set_reads(me, MISSING, 5)


async def test_a_role_that_cannot_be_asked_is_forbidden(
    api: SappApi, edge: ApiClient, admin: Admin, ann: UserRow
) -> None:
    """When the free call fails, it stays with what the route said."""
    me = await enter(edge, ann.email, "secret")
    api.faults.add("GET /auth/user", Fail(500), times=None)

    with pytest.raises(errors.Forbidden):
        await admin.users(me)


async def test_a_missing_row_is_not_found(admin: Admin, me: Session) -> None:
    """What does not exist is neither read nor written nor deleted."""
    for work in (
        admin.client(me, MISSING),
        admin.set_reads(me, MISSING, 5),
        admin.add_reads(me, MISSING, 5),
        admin.delete_user(me, MISSING),
    ):
        with pytest.raises(errors.NotFound):
            await work
