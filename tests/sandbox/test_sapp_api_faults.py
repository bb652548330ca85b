"""The SAPP API's stand-in: scripted faults, the call log, start and stop."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from sapp_bot.sandbox.faults import Delay, Drop, Fail, Hang, Hold, When
from sapp_bot.sandbox.sapp_api import (
    Body,
    Cut,
    Database,
    Drip,
    SappApi,
    garbage,
    huge,
    nan_rates,
    web_page,
    wrong_types,
)
from sapp_bot.sandbox.sapp_api.refusals import ApiForbidden
from tests.sandbox.caller import Caller

ANN = {"email": "ann@mail.com", "password": "x"}
REGISTER = "POST /auth/register"


def users(api: SappApi) -> int:
    """Users beside the administrator."""
    return len(api.database.users.all()) - 1


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_hold_stops_before_or_after_the_work(
    call: Caller, sapp_api: SappApi, when: When, made: int
) -> None:
    """A held call has done its work or not, as said, and goes on when released."""
    fault = sapp_api.faults.add(REGISTER, Hold(when))
    held = asyncio.create_task(call("POST", "/auth/register", ANN))
    await fault.reached.wait()
    await call("GET", "/")
    assert (users(sapp_api), sapp_api.in_flight) == (made, 1)
    fault.release()

    assert (await held).status == 200
    assert sapp_api.in_flight == 0


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_drop_cuts_the_connection(
    call: Caller, sapp_api: SappApi, when: When, made: int
) -> None:
    """A dropped call gets no answer; the work is done or not, as said."""
    sapp_api.faults.add(REGISTER, Drop(when))
    with pytest.raises(aiohttp.ClientError):
        await call("POST", "/auth/register", ANN)

    assert users(sapp_api) == made
    assert sapp_api.calls[-1].status is None


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_hang_never_answers(call: Caller, sapp_api: SappApi, when: When, made: int) -> None:
    """A hanging call ends when its caller gives up, and is in flight until then."""
    fault = sapp_api.faults.add(REGISTER, Hang(when))
    hung = asyncio.create_task(call("POST", "/auth/register", ANN))
    await fault.reached.wait()
    await call("GET", "/")
    assert (hung.done(), sapp_api.in_flight, users(sapp_api)) == (False, 1, made)
    hung.cancel()
    async with asyncio.timeout(30):
        while sapp_api.in_flight:
            await asyncio.sleep(0.001)


async def test_the_work_goes_on_without_the_caller(call: Caller, sapp_api: SappApi) -> None:
    """A call held before its work is done when released, though nobody waits any more."""
    fault = sapp_api.faults.add(REGISTER, Hold("before"))
    held = asyncio.create_task(call("POST", "/auth/register", ANN))
    await fault.held.wait()
    held.cancel()
    await asyncio.gather(held, return_exceptions=True)
    await call("GET", "/")  # by now the stand-in has seen them hang up
    fault.release()
    async with asyncio.timeout(30):
        while users(sapp_api) == 0:
            await asyncio.sleep(0.001)


async def test_fail_does_no_work(call: Caller, sapp_api: SappApi) -> None:
    """A failing call answers its status, bare or with the API's error text."""
    sapp_api.faults.add("POST *", Fail(500))
    sapp_api.faults.add("POST *", Fail(400, "dial tcp: connection refused"), nth=2)
    first = await call("POST", "/auth/register", ANN)
    second = await call("POST", "/auth/register", ANN)

    assert (first.status, first.body) == (500, b"")
    assert (second.status, second.json) == (400, {"error": "dial tcp: connection refused"})
    assert users(sapp_api) == 0


async def test_delay_waits(call: Caller, sapp_api: SappApi) -> None:
    """A delayed call answers as ever, later."""
    sapp_api.faults.add("GET /", Delay(0.05))
    start = time.monotonic()

    assert (await call("GET", "/")).status == 200
    assert time.monotonic() - start >= 0.05


@pytest.mark.parametrize(
    ("canned", "status", "begin"),
    [
        (web_page(), 502, b"<html>"),
        (web_page(200), 200, b"<html>"),
        (garbage(), 200, b'{"user"'),
        (wrong_types(), 200, b"{"),
        (nan_rates(), 200, b'{"meta"'),
        (huge(), 200, b'"xxxx'),
        (Drip(b"slow", every_s=0.001), 200, b"slow"),
    ],
)
async def test_canned_answers(
    call: Caller, sapp_api: SappApi, canned: object, status: int, begin: bytes
) -> None:
    """An answer the API never gives comes as planned, byte for byte, and no work is done."""
    sapp_api.faults.add(REGISTER, canned)
    seen = await call("POST", "/auth/register", ANN)

    assert (seen.status, seen.body.startswith(begin)) == (status, True)
    assert isinstance(canned, (Body, Drip))
    assert seen.body == canned.body
    assert users(sapp_api) == 0


async def test_a_canned_answer_after_the_work(call: Caller, sapp_api: SappApi) -> None:
    """With `after` the work is done and only its answer is lost."""
    sapp_api.faults.add(REGISTER, web_page(when="after"))

    assert (await call("POST", "/auth/register", ANN)).status == 502
    assert users(sapp_api) == 1


async def test_a_body_cut_in_the_middle(call: Caller, sapp_api: SappApi) -> None:
    """The connection goes after the first bytes of a longer body."""
    sapp_api.faults.add("GET /", Cut(b"x" * 100, sent=10))
    with pytest.raises(aiohttp.ClientPayloadError):
        await call("GET", "/")


async def test_a_drip_ends_with_its_caller(call: Caller, sapp_api: SappApi) -> None:
    """A body of one byte an hour is given up when its reader is."""
    fault = sapp_api.faults.add("GET /", Drip(b"slow", every_s=3600))
    slow = asyncio.create_task(call("GET", "/"))
    await fault.reached.wait()
    slow.cancel()
    async with asyncio.timeout(30):
        while sapp_api.in_flight:
            await asyncio.sleep(0.001)


async def test_calls_are_counted_by_route(call: Caller, sapp_api: SappApi) -> None:
    """The log knows routes and statuses, never the query; one session is one connection."""
    for number in (1, 2):
        await call("GET", f"/users/{number}", key="secret")
    await call("GET", "/nowhere")

    assert sapp_api.counts == {"GET /users/{id}": 2, "GET (unknown)": 1}
    assert sapp_api.count("GET *") == 3
    assert [entry.status for entry in sapp_api.calls] == [403, 403, 404]
    assert "secret" not in repr(sapp_api.calls)
    assert sapp_api.connections == 1


async def test_gone_and_back(call: Caller, sapp_api: SappApi) -> None:
    """An API that is gone refuses connections; back, it is the same, at the same place."""
    await call("POST", "/auth/register", ANN)
    url = sapp_api.url
    await sapp_api.refuse()
    with pytest.raises(aiohttp.ClientConnectionError):
        await call("GET", "/")
    await sapp_api.accept()

    assert sapp_api.url == url
    assert (await call("POST", "/auth/login", ANN)).status == 200


async def test_stop_lets_go_of_everything() -> None:
    """Held and hanging calls do not hold up the end."""
    api = SappApi()
    await api.start()
    held = [api.faults.add("GET /", do) for do in (Hold(), Hang())]
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        calls = [asyncio.create_task(session.get(f"{api.url}/api/v1/")) for _ in held]
        await asyncio.gather(*(fault.reached.wait() for fault in held))
        await api.stop()
        await asyncio.gather(*calls, return_exceptions=True)

    assert api.in_flight == 0


def test_same_seed_same_world() -> None:
    """Keys, credentials, rates and tokens repeat with the seed and the clock."""
    clock = Database().now()
    one, two, other = (Database(seed=number, clock=lambda: clock) for number in (1, 1, 2))

    assert one.admin == two.admin
    assert one.new_key() == two.new_key()
    assert one.rates.live() == two.rates.live()
    assert one.token_for(one.users.get(1)) == two.token_for(two.users.get(1))
    assert one.admin != other.admin


def test_credentials_hide_the_password() -> None:
    """The administrator's password is in no repr."""
    database = Database(seed=1)

    assert database.admin.password not in repr(database.admin)
    assert database.hash(database.admin.password) not in repr(database.users.all())


def test_tokens_of_one_second() -> None:
    """The real API gives one token twice within a second, so a logout ends the next login too."""
    clock = Database().now()
    database = Database(clock=lambda: clock)
    admin = database.users.get(1)
    assert database.token_for(admin) == database.token_for(admin)
    database.coarse_tokens = False

    assert database.token_for(admin) != database.token_for(admin)


def test_expired_on_demand() -> None:
    """Tokens issued so far can be made worthless, those of later logins are not."""
    database = Database()
    admin = database.users.get(1)
    old = database.token_for(admin)
    database.expire_tokens(admin)
    new = database.token_for(admin)

    assert database.user_of(new) == admin
    with pytest.raises(ApiForbidden):
        database.user_of(old)
