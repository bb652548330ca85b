"""The aiohttp edge against the API's stand-in: what is repeated, what is not, and for how long."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from sapp_bot.errors import ConfigError, SappBotError
from sapp_bot.sandbox.faults import Action, Drop, Fail, Hang, Hold
from sapp_bot.sandbox.sapp_api import Body, Cut, Drip, SappApi, garbage, huge, web_page
from sapp_bot.sapp import calls
from sapp_bot.sapp.client import CONNECTIONS, ApiClient, Limits
from sapp_bot.sapp.errors import BadAnswer, SappError, UpstreamFailed, UpstreamUnreachable
from sapp_bot.sapp.wire import BODY_BYTES, Call, Request
from tests.sapp_bodies import USER, client

SHORT = Limits(budget_s=0.8, connect_s=0.3, free_try_s=0.35, write_s=0.6)
LIVE = "GET /service/live"
ACCOUNT = "GET /auth/user"


class Naps:
    """A sleep that does not wait, and remembers."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Note a nap."""
        self.slept_s.append(seconds)


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


def account(api: SappApi) -> Call[Any]:
    """Make a free call that works."""
    user = api.ledger.add_user("ann@mail.test", "secret")
    return calls.user(SecretStr(api.ledger.token_for(user)))


def live(api: SappApi, *, domains: str = "*", reads: int = 5_000) -> Call[Any]:
    """Make a metered call that works."""
    user = api.ledger.add_user("bob@mail.test", "secret")
    row = api.ledger.add_client(user, available=reads, domains=domains)
    return calls.live(client(key=row.api_key, domains=domains))


def register(email: str = "new@mail.test") -> Call[Any]:
    """Make a write that works."""
    return calls.register(email, SecretStr("secret"))


async def failure(edge: ApiClient, call: Call[Any]) -> SappError:
    """Make a call that fails."""
    with pytest.raises(SappError) as caught:
        await edge.call(call)
    return caught.value


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


async def test_a_refusal_is_not_repeated(api: SappApi, edge: ApiClient) -> None:
    """A clear "no" is final, for a free GET too."""
    with pytest.raises(SappBotError):
        await edge.call(calls.user(SecretStr("forged")))

    assert api.counts[ACCOUNT] == 1


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


@pytest.mark.parametrize("make", [live, account, lambda _: register()])
@pytest.mark.parametrize(
    "fault",
    [Hang(), Drip(USER.encode(), every_s=0.05)],
    ids=["hang", "drip"],
)
async def test_no_answer_ends_within_the_budget(api: SappApi, make: Any, fault: Any) -> None:
    """Neither silence nor a body that trickles in keeps a person waiting beyond the budget."""
    api.faults.add("*", fault, times=None)
    began = time.monotonic()
    async with ApiClient(api.url, limits=SHORT) as edge:
        found = await failure(edge, make(api))

    assert isinstance(found, UpstreamUnreachable)
    assert found.sent
    assert time.monotonic() - began < SHORT.budget_s + 1


async def test_calls_of_one_intent_share_their_time(api: SappApi, edge: ApiClient) -> None:
    """A call whose budget was used up by others is not even sent, on a kept connection either."""
    call = live(api)
    await edge.call(call)
    clock = [100.0]
    async with ApiClient(api.url, monotonic=lambda: clock[0]) as late:
        budget = late.budget()
        await late.call(call, budget)
        clock[0] += 7.5
        with pytest.raises(UpstreamUnreachable) as caught:
            await late.call(call, budget)

    assert not caught.value.sent
    assert api.counts[LIVE] == 2


async def test_the_wait_for_a_try_is_cut_by_the_budget(api: SappApi, naps: Naps) -> None:
    """A try that could not be finished in time is not begun."""
    clock = [0.0]

    async def nap(seconds: float) -> None:
        await naps(seconds)
        clock[0] += 6.0

    api.faults.add(ACCOUNT, Fail(500), times=None)
    async with ApiClient(api.url, sleep=nap, monotonic=lambda: clock[0]) as edge:
        await failure(edge, account(api))

    assert api.counts[ACCOUNT] == 2
    assert len(naps.slept_s) == 1


async def test_who_gets_no_connection_is_not_sent(api: SappApi) -> None:
    """While all connections hang, a further metered call fails unsent: no read is lost to it."""
    call = live(api)
    held = api.faults.add(LIVE, Hold(), times=None)
    async with ApiClient(api.url, limits=SHORT) as edge:
        first = [asyncio.create_task(failure(edge, call)) for _ in range(CONNECTIONS)]
        await held.reached.wait()
        found = await failure(edge, call)
        await asyncio.gather(*first)

    assert isinstance(found, UpstreamUnreachable)
    assert not found.sent
    assert api.counts[LIVE] == CONNECTIONS


@pytest.mark.parametrize(
    "fault",
    [
        huge(),
        Body(gzip.compress(bytes(64 * BODY_BYTES)), headers={"Content-Encoding": "gzip"}),
        Drip(b" " * (2 * BODY_BYTES), every_s=0.001, size=BODY_BYTES // 2),
    ],
    ids=["13 MB", "gzip bomb", "long drip"],
)
async def test_a_body_too_long_is_not_read(api: SappApi, edge: ApiClient, fault: Any) -> None:
    """At most 1 MiB is read, unpacked; the next call works again."""
    call = live(api)
    api.faults.add(LIVE, fault)
    found = await failure(edge, call)
    await edge.call(call)

    assert isinstance(found, BadAnswer)
    assert found.detail == f"over {BODY_BYTES} bytes"


@pytest.mark.parametrize(
    "fault",
    [Body(b"no gzip", headers={"Content-Encoding": "gzip"}), Cut(USER.encode(), 30)],
    ids=["broken gzip", "cut"],
)
async def test_a_broken_body_is_a_bad_answer(api: SappApi, edge: ApiClient, fault: Any) -> None:
    """A body that ends early or cannot be unpacked is a bad answer; the next call works again."""
    call = live(api)
    api.faults.add(LIVE, fault)
    found = await failure(edge, call)
    await edge.call(call)

    assert isinstance(found, BadAnswer)


async def test_a_packed_answer_is_read(api: SappApi, edge: ApiClient) -> None:
    """A proxy may pack what the API answers."""
    call = account(api)
    packed = gzip.compress(USER.encode())
    api.faults.add(ACCOUNT, Body(packed, headers={"Content-Encoding": "gzip"}))

    assert (await edge.call(call)).id == 7


async def test_lists_may_be_longer(api: SappApi, edge: ApiClient) -> None:
    """The list of all users has no pages, so it may be longer than other answers."""
    admin = api.ledger.log_in(api.ledger.admin.email, api.ledger.admin.password)
    rows = b"[" + b",".join([USER.encode()] * 8_000) + b"]"
    assert len(rows) > BODY_BYTES
    api.faults.add("GET /users/", Body(rows))

    assert len(await edge.call(calls.users(SecretStr(api.ledger.token_for(admin))))) == 8_000


async def test_redirects_are_not_followed(api: SappApi, edge: ApiClient) -> None:
    """A redirect is a bad answer: a token or a key goes nowhere else."""
    away = Body(b"", 302, headers={"Location": f"{api.url}/api/v1/auth/user"})
    call = live(api)
    api.faults.add(LIVE, away)

    assert isinstance(await failure(edge, call), BadAnswer)
    assert isinstance(await failure(edge, Call(Request("POST", "/users"), print)), BadAnswer)
    assert api.counts[ACCOUNT] == 0


async def test_the_origin_of_the_client_is_sent(api: SappApi, edge: ApiClient) -> None:
    """A client bound to domains is used with the first of them as its Origin."""
    rates = await edge.call(live(api, domains="https://desk.test, shop.test"))

    assert rates.base == "USD"


async def test_two_thousand_calls_open_few_connections(api: SappApi, edge: ApiClient) -> None:
    """2,000 calls of all kinds, 100 at a time, share at most 20 connections."""
    kinds = [account(api), live(api, reads=5_000)]

    async def person(number: int) -> None:
        for step in range(20):
            await edge.call(kinds[(number + step) % 2])

    with capture_logs():
        await asyncio.gather(*(person(number) for number in range(100)))

    assert sum(api.counts.values()) == 2_000
    assert api.connections <= 20


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
