"""The limits of the aiohttp edge: time, size and connections."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from sapp_bot.sandbox.faults import Fail, Hang, Hold
from sapp_bot.sandbox.sapp_api import Body, Cut, Drip, SappApi, huge
from sapp_bot.sapp import calls
from sapp_bot.sapp.client import CONNECTIONS, ApiClient, CallLimits
from sapp_bot.sapp.errors import BadAnswer, UpstreamUnreachable
from sapp_bot.sapp.wire import BODY_BYTES
from tests.sapp_bodies import USER
from tests.sapp_calls import Naps, account, failure, live, register

SHORT = CallLimits(budget_s=0.8, connect_s=0.3, free_try_s=0.35, write_s=0.6)
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
        Body(gzip.compress(bytes(64 * BODY_BYTES), 1), headers={"Content-Encoding": "gzip"}),
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
    admin = api.database.log_in(api.database.admin.email, api.database.admin.password)
    rows = b"[" + b",".join([USER.encode()] * 8_000) + b"]"
    assert len(rows) > BODY_BYTES
    api.faults.add("GET /users/", Body(rows))

    assert len(await edge.call(calls.users(SecretStr(api.database.token_for(admin))))) == 8_000


@pytest.mark.long
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
