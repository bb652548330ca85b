"""A person's own account, client and rates: what is read back, and what a refusal means."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from sapp_bot.sandbox.faults import Drop, Fail, Hang
from sapp_bot.sandbox.sapp_api import PROBE, SappApi, garbage, nan_rates, web_page
from sapp_bot.sapp import errors
from sapp_bot.sapp.client import ApiClient, CallLimits
from sapp_bot.services import Auth, Client, Clients, Login, Rates, Session, SessionExpired
from tests.sapp_calls import HastyLimits

EMAIL = "ann@mail.test"
OLD, NEW = SecretStr("old-canary"), SecretStr("new-canary")
SHORT = CallLimits(budget_s=2.0, connect_s=0.3, free_try_s=0.8, write_s=0.5)
LOST: list[Any] = [Drop("after"), Hang("after"), garbage(when="after"), web_page(when="after")]
NEVER: list[Any] = [Drop(), Hang(), Fail(500), garbage(), web_page(), Fail(400, "db is away")]
REGISTER, CREATE, CHANGE = "POST /auth/register", "POST /account/register", "PATCH /auth/password"


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


def signed_in(login: Login) -> Session:
    """Make a session of a login."""
    return Session(
        telegram_id=1,
        user_id=login.user_id,
        email=login.email,
        role=login.role,
        token=login.token,
        expires_at=login.expires_at,
        generation=1,
    )


@pytest.fixture
async def me(edge: ApiClient) -> Session:
    """Give the session of a new account."""
    return signed_in(await Auth(edge).register(EMAIL, OLD))


async def test_the_day_of_an_account(api: SappApi, edge: ApiClient) -> None:
    """Register, log in, look, change the password, log out: each does what it says."""
    auth = Auth(edge)
    await auth.register(EMAIL, OLD)
    me = signed_in(await auth.log_in(EMAIL, OLD))
    assert (await auth.user(me)).id == me.user_id
    assert me.expires_at - api.database.now() > timedelta(hours=59)
    await auth.change_password(me, current=OLD, new=NEW)
    with pytest.raises(errors.BadCredentials):
        await auth.log_in(EMAIL, OLD)
    await auth.log_out(me)
    await api.settle()

    with pytest.raises(SessionExpired):
        await auth.user(me)


@pytest.mark.parametrize("fault", LOST, ids=by_name)
async def test_a_lost_registration_is_found(api: SappApi, edge: ApiClient, fault: Any) -> None:
    """An account that was made, though its answer got lost, is logged in to."""
    api.faults.add(REGISTER, fault)
    login = await Auth(edge).register(EMAIL, OLD)

    assert login.email == EMAIL
    assert api.counts[REGISTER] == 1


@pytest.mark.parametrize("fault", NEVER, ids=by_name)
async def test_a_failed_registration_fails(api: SappApi, edge: ApiClient, fault: Any) -> None:
    """An account that was not made is not claimed; the error says that a repeat may help."""
    api.faults.add(REGISTER, fault)
    with pytest.raises(errors.SappError) as caught:
        await Auth(edge).register(EMAIL, OLD)

    assert caught.value.retry
    assert api.counts[REGISTER] == 1


async def test_a_repeated_registration_is_read_back(api: SappApi, edge: ApiClient) -> None:
    """After a crash "e-mail taken" is believed only if the password is another."""
    auth = Auth(edge)
    first = await auth.register(EMAIL, OLD)

    assert (await auth.register(EMAIL, OLD, again=True)).user_id == first.user_id
    for again, password in ((True, NEW), (False, NEW), (False, OLD)):
        with pytest.raises(errors.EmailTaken):
            await auth.register(EMAIL, password, again=again)
    # A refused login is asked about once more, after a probe of the database.
    assert api.counts["POST /auth/login"] == 3
    assert api.counts[PROBE] == 1


@pytest.mark.parametrize("fault", LOST, ids=by_name)
async def test_a_lost_password_change_is_found(
    api: SappApi, edge: ApiClient, me: Session, fault: Any
) -> None:
    """A password that was changed, though the answer got lost, counts as changed."""
    api.faults.add(CHANGE, fault)
    await Auth(edge).change_password(me, current=OLD, new=NEW)

    assert api.counts[CHANGE] == 1


@pytest.mark.parametrize("fault", NEVER, ids=by_name)
async def test_a_failed_password_change_fails(
    api: SappApi, edge: ApiClient, me: Session, fault: Any
) -> None:
    """A password that was not changed is not claimed to be."""
    api.faults.add(CHANGE, fault)
    with pytest.raises(errors.SappError) as caught:
        await Auth(edge).change_password(me, current=OLD, new=NEW)

    assert caught.value.retry
    assert (await Auth(edge).log_in(EMAIL, OLD)).user_id == me.user_id


async def test_a_repeated_password_change_is_read_back(edge: ApiClient, me: Session) -> None:
    """After a crash "passwords don't match" is believed only if the new one does not work."""
    auth = Auth(edge)
    await auth.change_password(me, current=OLD, new=NEW)
    await auth.change_password(me, current=OLD, new=NEW, again=True)

    with pytest.raises(errors.WrongPassword):
        await auth.change_password(me, current=OLD, new=NEW)
    with pytest.raises(errors.WrongPassword):
        await auth.change_password(me, current=OLD, new=SecretStr("third"), again=True)


async def test_an_ended_login_counts_as_logged_out(
    api: SappApi, edge: ApiClient, me: Session
) -> None:
    """Logging out twice, or with an expired token, is no error; everything else tells."""
    auth = Auth(edge)
    await auth.log_out(me)
    await api.settle()
    await auth.log_out(me)
    with pytest.raises(SessionExpired):
        await auth.change_password(me, current=OLD, new=NEW)
    with pytest.raises(SessionExpired):
        await Clients(edge).create(me, name="Desk", domains="*")


@pytest.mark.parametrize(("fault", "done"), [(Drop("after"), True), (Drop(), False)], ids=str)
async def test_deactivate_is_read_back(
    api: SappApi, edge: ApiClient, me: Session, fault: Any, done: Any
) -> None:
    """A lost answer to "deactivate" is found out by whether the token still works."""
    api.faults.add("PUT /auth/deactivate", fault)
    if done:
        await Auth(edge).deactivate(me)
    else:
        with pytest.raises(errors.UpstreamUnreachable):
            await Auth(edge).deactivate(me)

    assert (await Auth(edge).log_in(EMAIL, OLD)).user_id == me.user_id


async def test_deactivate_after_a_crash(api: SappApi, edge: ApiClient, me: Session) -> None:
    """A login that is over is what was asked for, when the process died over the first try."""
    auth = Auth(edge)
    await auth.deactivate(me)
    await api.settle()

    await auth.deactivate(me, again=True)
    with pytest.raises(SessionExpired):
        await auth.deactivate(me)


async def test_one_client_is_made(edge: ApiClient, me: Session) -> None:
    """There is none, then one, and never a second."""
    clients = Clients(edge)
    with pytest.raises(errors.NoClientYet):
        await clients.mine(me)
    made = await clients.create(me, name="Tom <b>& Jerry", domains="")
    with pytest.raises(errors.ClientExists):
        await clients.create(me, name="Tom <b>& Jerry", domains="")

    assert await clients.mine(me) == made
    assert (made.name, made.domains, made.reads_left) == ("Tom <b>& Jerry", "*", 10)


@pytest.mark.parametrize("fault", LOST, ids=by_name)
async def test_a_lost_client_is_found(
    api: SappApi, edge: ApiClient, me: Session, fault: Any
) -> None:
    """A client that was made, though the answer got lost, is shown."""
    api.faults.add(CREATE, fault)
    made = await Clients(edge).create(me, name="Desk", domains="")

    assert made.name == "Desk"
    assert api.counts[CREATE] == 1


@pytest.mark.parametrize("fault", NEVER, ids=by_name)
async def test_a_failed_client_fails(
    api: SappApi, edge: ApiClient, me: Session, fault: Any
) -> None:
    """A client that was not made is an error that may pass."""
    api.faults.add(CREATE, fault)
    with pytest.raises(errors.SappError) as caught:
        await Clients(edge).create(me, name="Desk", domains="*")

    assert caught.value.retry
    assert not api.database.clients.alive()


async def test_a_repeated_client_is_read_back(edge: ApiClient, me: Session) -> None:
    """After a crash "client exists" is believed only if it has another name or domains."""
    clients = Clients(edge)
    made = await clients.create(me, name="Desk", domains="")

    assert await clients.create(me, name="Desk", domains="", again=True) == made
    for name, domains in (("Shop", ""), ("Desk", "a.test")):
        with pytest.raises(errors.ClientExists):
            await clients.create(me, name=name, domains=domains, again=True)


async def test_a_lost_answer_does_not_claim_an_old_client(
    api: SappApi, edge: ApiClient, me: Session
) -> None:
    """A client that was there before, under another name, is not taken for the new one."""
    await Clients(edge).create(me, name="Desk", domains="*")
    api.faults.add(CREATE, Drop("after"))

    with pytest.raises(errors.ClientExists):
        await Clients(edge).create(me, name="Shop", domains="*")


@pytest.mark.parametrize("call", [REGISTER, "*"])
async def test_a_hanging_api_is_told_within_the_budget(api: SappApi, call: str) -> None:
    """A write that hangs, and its read-back that hangs, share one budget."""
    api.faults.add(call, Hang(), times=None)
    began = time.monotonic()
    async with ApiClient(api.url, limits=SHORT) as edge:
        with pytest.raises(errors.UpstreamUnreachable):
            await Auth(edge).register(EMAIL, OLD)

    assert time.monotonic() - began < SHORT.budget_s + 1


async def test_the_default_limits_keep_the_promise() -> None:
    """With the limits in use a person is answered within 8 s, reading back included."""
    limits = CallLimits()

    assert limits.budget_s < 8
    assert limits.write_s + limits.connect_s < limits.budget_s
    assert 2 * limits.free_try_s < limits.budget_s


@pytest.fixture
async def client(edge: ApiClient, me: Session) -> Client:
    """Give the person's client."""
    return await Clients(edge).create(me, name="Desk", domains="*")


async def test_rates_are_read(api: SappApi, edge: ApiClient, me: Session, client: Client) -> None:
    """All calls for rates work with the key and cost one read each.

    Each read is counted before the next call: the API loses one of two that overlap.
    """
    rates, now = Rates(edge), api.database.now()
    api.database.rates.pin("EUR", 0.8626)
    live = await rates.live(me, client)
    await api.settle()
    codes = await rates.currencies(me, client)
    await api.settle()
    past = await rates.historical(
        me, client, currencies=["eur"], start=now - timedelta(hours=3), end=now
    )
    await api.settle()
    one = await rates.prevailing(me, client, currency="EUR", at=now - timedelta(hours=2))
    await api.settle()
    euros = await rates.convert(me, client, amount=Decimal(2), source="usd", target="eur")
    await api.settle()

    assert live.rates["EUR"] == one.value == euros / 2 == Decimal("0.8626")
    assert codes == sorted(live.rates)
    assert len(past) == 3
    assert (await Clients(edge).mine(me)).reads_used == 5


async def test_what_is_not_there(
    api: SappApi, edge: ApiClient, me: Session, client: Client
) -> None:
    """No rates in a time is an empty list or NotFound; an unknown currency is named."""
    rates, old = Rates(edge), api.database.now() - timedelta(days=900)
    assert await rates.historical(me, client, currencies=["EUR"], start=old, end=old) == []
    with pytest.raises(errors.NotFound, match="prevailing"):
        await rates.prevailing(me, client, currency="EUR", at=old)
    with pytest.raises(errors.UnknownCurrency) as caught:
        await rates.convert(me, client, amount=Decimal(1), source="usd", target="xyz")

    assert caught.value.reply.format(**caught.value.values).endswith(
        "USD, XYZ. /currencies lists all."
    )


async def test_a_bad_value_costs_no_read(
    api: SappApi, edge: ApiClient, me: Session, client: Client
) -> None:
    """What cannot be sent is refused here, before it costs anything."""
    with pytest.raises(errors.InvalidInput):
        await Rates(edge).convert(me, client, amount=Decimal(1), source="../live", target="EUR")

    assert api.count("GET /service/*") == 0


async def test_the_three_causes_of_a_refused_key(
    api: SappApi, edge: ApiClient, me: Session, client: Client
) -> None:
    """Another key, other domains and no reads are told apart, by a free call."""
    scripts, rates = api.database, Rates(edge)
    scripts.clients.update(client.id, {"domains": "desk.test"})
    with pytest.raises(errors.OriginRefused):
        await rates.live(me, client)
    scripts.clients.update(client.id, {"reads_used": 10})
    with pytest.raises(errors.NoReadsLeft):
        await rates.live(me, client)
    scripts.clients.update(client.id, {"api_key": scripts.new_key()})
    with pytest.raises(errors.KeyRefused):
        await rates.live(me, client)
    scripts.clients.delete(client.id)
    with pytest.raises(errors.KeyRefused):
        await rates.live(me, client)


@pytest.mark.parametrize("fault", [Fail(500), Hang(), garbage()], ids=by_name)
async def test_a_cause_that_cannot_be_asked_is_not_guessed(
    api: SappApi, edge: ApiClient, me: Session, client: Client, fault: Any
) -> None:
    """When the free call fails too, the error says only that the key was not taken."""
    api.database.clients.update(client.id, {"reads_used": 10})
    api.faults.add("GET /account/client/using-token", fault, times=None)

    with pytest.raises(errors.KeyRefused):
        await Rates(edge).live(me, client)


async def test_nan_rates_are_a_bad_answer(
    api: SappApi, edge: ApiClient, me: Session, client: Client
) -> None:
    """Rates that are no numbers never reach a person."""
    api.faults.add("GET /service/live", nan_rates())

    with pytest.raises(errors.BadAnswer):
        await Rates(edge).live(me, client)


async def test_persons_do_not_wait_for_each_other(api: SappApi, edge: ApiClient) -> None:
    """While one person's call hangs, another's is answered."""
    api.faults.add("POST /auth/login", Hang())
    hanging = asyncio.create_task(Auth(edge).log_in(EMAIL, OLD))
    login = await Auth(edge).register(EMAIL, OLD)

    assert not hanging.done()
    assert login.email == EMAIL
    with pytest.raises(errors.UpstreamUnreachable):
        await hanging
