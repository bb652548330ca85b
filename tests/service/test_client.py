"""The aiohttp edge against the API's stand-in: what is sent, what is repeated and what is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from sapp_bot.errors import ConfigError, SappBotError
from sapp_bot.sandbox.faults import Action, Drop, Fail, Hold
from sapp_bot.sandbox.sapp_api import PROBE, Body, SappApi, garbage, web_page
from sapp_bot.sapp import calls
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.errors import BadAnswer, UpstreamFailed, UpstreamUnreachable
from sapp_bot.sapp.wire import ApiCall, Request
from tests.sapp_calls import Naps, account, failure, live, register

LIVE = "GET /service/live"
ACCOUNT = "GET /auth/user"


@pytest.fixture
async def api() -> AsyncIterator[SappApi]:
    """Give the stand-in."""
    async with SappApi(seed=1) as running:
        yield running


@pytest.fixture
def naps() -> Naps:
    """Give a sleep that does not wait."""
    return Naps()


@pytest.fixture
async def edge(api: SappApi, naps: Naps) -> AsyncIterator[ApiClient]:
    """Give the client with its usual limits, but no waits between tries."""
    async with ApiClient(api.url, sleep=naps) as opened:
        yield opened


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_metered_call_is_sent_once(api: SappApi, edge: ApiClient, when: Any) -> None:
    """A metered GET whose kept connection drops is not repeated, so one read is spent at most."""
    call = live(api)
    await edge.call(call)
    api.faults.add(LIVE, Drop(when))
    found = await failure(edge, call)
    await api.settle()

    assert isinstance(found, UpstreamUnreachable)
    assert found.sent
    assert api.counts[LIVE] == 2


async def test_the_private_switch_of_aiohttp_works(api: SappApi, edge: ApiClient) -> None:
    """Without our switch aiohttp repeats a GET in silence: a new aiohttp must keep the switch."""
    call = live(api)
    await edge.call(call)
    session = edge._session
    assert session is not None
    assert session._retry_connection is False
    session._retry_connection = True
    api.faults.add(LIVE, Drop("after"))
    await edge.call(call)

    assert api.counts[LIVE] == 3


@pytest.mark.parametrize("fault", [Fail(500), web_page(), garbage(), Fail(400, "db is away")])
async def test_a_metered_call_is_not_repeated_after_an_answer(
    api: SappApi, edge: ApiClient, naps: Naps, fault: Action | Body
) -> None:
    """A bad answer to a metered GET cost a read already: no second is spent on it."""
    api.faults.add(LIVE, fault)
    await failure(edge, live(api))

    assert api.counts[LIVE] == 1
    assert naps.slept_s == []


@pytest.mark.parametrize("fault", [Drop(), Drop("after"), Fail(500), web_page(), garbage()])
async def test_a_free_call_is_tried_three_times(
    api: SappApi, edge: ApiClient, naps: Naps, fault: Action | Body
) -> None:
    """A free GET survives two failures of any kind, waiting a little longer each time."""
    api.faults.add(ACCOUNT, fault, times=2)
    user = await edge.call(account(api))

    assert user.email == "ann@mail.test"
    assert api.counts[ACCOUNT] == 3
    first_s, second_s = naps.slept_s
    assert 0.05 <= first_s <= 0.15
    assert 0.2 <= second_s <= 0.6


async def test_a_free_call_gives_up(api: SappApi, edge: ApiClient) -> None:
    """The third failure is shown."""
    api.faults.add(ACCOUNT, Fail(500), times=None)
    found = await failure(edge, account(api))

    assert isinstance(found, UpstreamFailed)
    assert api.counts[ACCOUNT] == 3


async def test_a_refusal_is_asked_about_once(api: SappApi, edge: ApiClient) -> None:
    """A clear "no" is final, for a free GET too, once a probe has shown that it is one."""
    with pytest.raises(SappBotError):
        await edge.call(calls.user(SecretStr("forged")))

    assert (api.counts[ACCOUNT], api.counts[PROBE]) == (2, 1)


@pytest.mark.parametrize("fault", [Drop(), Drop("after"), Fail(500), garbage(when="after")])
async def test_a_write_is_sent_once(
    api: SappApi, edge: ApiClient, naps: Naps, fault: Action | Body
) -> None:
    """A write is never repeated here, whatever happened to it, and its outcome is uncertain."""
    api.faults.add("POST /auth/register", fault)
    found = await failure(edge, register())

    assert found.uncertain
    assert api.counts["POST /auth/register"] == 1
    assert naps.slept_s == []


async def test_a_repeatable_method_is_sent_once_too(api: SappApi, edge: ApiClient) -> None:
    """A PUT over a kept connection that drops is not repeated by aiohttp either."""
    call = account(api)
    await edge.call(call)
    api.faults.add("PUT /auth/deactivate", Drop("after"))
    assert call.request.bearer is not None
    await failure(edge, calls.deactivate(call.request.bearer))

    assert api.counts["PUT /auth/deactivate"] == 1


@pytest.mark.parametrize(("make", "tries"), [(live, 3), (account, 3), (lambda _: register(), 1)])
async def test_what_never_left_may_be_tried_again(
    api: SappApi, edge: ApiClient, naps: Naps, make: Any, tries: int
) -> None:
    """Without a connection a metered GET is free to try again; a write stays with one try."""
    call = make(api)
    await api.stop()
    found = await failure(edge, call)

    assert isinstance(found, UpstreamUnreachable)
    assert not found.sent
    assert not found.uncertain
    assert len(naps.slept_s) == tries - 1


async def test_a_metered_call_gets_through_after_a_restart(api: SappApi, naps: Naps) -> None:
    """A metered GET that meets a closed port is sent when the API is back, once."""
    call = live(api)
    await api.stop()

    async def nap(seconds: float) -> None:
        await naps(seconds)
        await api.start()

    async with ApiClient(api.url, sleep=nap) as edge:
        await edge.call(call)

    assert api.counts[LIVE] == 1


async def test_redirects_are_not_followed(api: SappApi, edge: ApiClient) -> None:
    """A redirect is a bad answer: a token or a key goes nowhere else."""
    away = Body(b"", 302, headers={"Location": f"{api.url}/api/v1/auth/user"})
    call = live(api)
    api.faults.add(LIVE, away)

    assert isinstance(await failure(edge, call), BadAnswer)
    assert isinstance(await failure(edge, ApiCall(Request("POST", "/users"), print)), BadAnswer)
    assert api.counts[ACCOUNT] == 0


async def test_the_origin_of_the_client_is_sent(api: SappApi, edge: ApiClient) -> None:
    """A client bound to domains is used with the first of them as its Origin."""
    rates = await edge.call(live(api, domains="https://desk.test, shop.test"))

    assert rates.base == "USD"


async def test_each_try_is_one_line_in_the_log(api: SappApi, edge: ApiClient) -> None:
    """The line has method, path template, status and time, no query and no body."""
    api.faults.add(ACCOUNT, Drop())
    call = account(api)
    with capture_logs() as lines:
        await edge.call(call)

    assert [line.pop("ms") >= 0 for line in lines] == [True, True]
    common = {"event": "sapp.called", "log_level": "info", "method": "GET", "path": "/auth/user"}
    assert lines == [
        common | {"status": None, "problem": "ServerDisconnectedError"},
        common | {"status": 200, "problem": None},
    ]


async def test_a_cancelled_call_is_cancelled(api: SappApi, edge: ApiClient) -> None:
    """Cancelling is neither swallowed nor turned into an error, and frees the connection."""
    call = account(api)
    held = api.faults.add(ACCOUNT, Hold())
    task = asyncio.create_task(edge.call(call))
    await held.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await edge.call(call)).email == "ann@mail.test"


async def test_a_closed_client_says_so() -> None:
    """Using the client outside its `async with` is a mistake of ours, not the API's."""
    with pytest.raises(RuntimeError, match="not open"):
        await ApiClient("http://127.0.0.1:9").call(calls.ping())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.test",
        "ftp://api.test",
        "http://",
        "http://u:canary@api.test",
        "http://a:b:c",
        "http://api.test/?key=canary",
        "http://[::1",
        "http://api.test:99999",
    ],
)
def test_a_wrong_address_is_a_configuration_error(url: str) -> None:
    """An address that cannot be used is named by its setting, never quoted."""
    with pytest.raises(ConfigError, match="SAPP_API_URL") as caught:
        ApiClient(url)

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("tail", ["", "/", "/api/v1", "/api/v1/"])
async def test_the_address_may_have_the_prefix(api: SappApi, tail: str) -> None:
    """The address works with and without /api/v1."""
    async with ApiClient(api.url + tail) as edge:
        await edge.call(calls.ping())
