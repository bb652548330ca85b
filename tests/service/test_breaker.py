"""An API that does not answer is left alone for a while, and people hear so at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from sapp_bot.sandbox.faults import Drop, Fail, Hold
from sapp_bot.sandbox.sapp_api import SappApi
from sapp_bot.sapp.breaker import FAILURES, REST_S
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.errors import UpstreamFailed, UpstreamUnreachable
from tests.sapp_calls import Naps, account, failure, live, register

REGISTER = "POST /auth/register"


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        """Give the time."""
        return self.s


@pytest.fixture
async def api() -> AsyncIterator[SappApi]:
    """Give the stand-in."""
    async with SappApi(seed=1) as running:
        yield running


@pytest.fixture
def clock() -> Hands:
    """Give the clock of the client."""
    return Hands()


@pytest.fixture
async def edge(api: SappApi, clock: Hands) -> AsyncIterator[ApiClient]:
    """Give a client of that clock that does not wait between tries."""
    async with ApiClient(api.url, sleep=Naps(), monotonic=clock) as opened:
        yield opened


async def fail(api: SappApi, edge: ApiClient, times: int) -> None:
    """Let writes meet an API that closes the connection; each is sent once."""
    api.faults.add(REGISTER, Drop("before"), times=times)
    for _ in range(times):
        assert isinstance(await failure(edge, register()), UpstreamUnreachable)


async def test_the_next_is_not_sent(api: SappApi, edge: ApiClient) -> None:
    """After five calls in a row without an answer the sixth is refused at once, for certain."""
    await fail(api, edge, FAILURES)
    sent = api.counts.total()

    found = await failure(edge, register())

    assert isinstance(found, UpstreamUnreachable)
    assert not found.sent
    assert not found.uncertain
    assert api.counts.total() == sent


async def test_one_tries_after_the_rest(api: SappApi, edge: ApiClient, clock: Hands) -> None:
    """When the rest is over one call goes out; until it is answered the others are refused."""
    await fail(api, edge, FAILURES)
    clock.s += REST_S
    held = api.faults.add(REGISTER, Hold())
    first = asyncio.create_task(edge.call(register()))
    await held.held.wait()

    other = account(api)
    assert isinstance(await failure(edge, other), UpstreamUnreachable)
    held.release()
    await first
    await edge.call(other)


async def test_a_trial_that_fails_means_another_rest(
    api: SappApi, edge: ApiClient, clock: Hands
) -> None:
    """An API that does not answer the one that tries rests as long again."""
    await fail(api, edge, FAILURES)
    clock.s += REST_S
    await fail(api, edge, 1)
    sent = api.counts.total()
    clock.s += REST_S / 2
    await failure(edge, register())
    assert api.counts.total() == sent

    clock.s += REST_S / 2
    await edge.call(register())


async def test_a_trial_that_is_given_up_lets_another_try(
    api: SappApi, edge: ApiClient, clock: Hands
) -> None:
    """A person who does not wait for the trial's end does not close the way for good."""
    await fail(api, edge, FAILURES)
    clock.s += REST_S
    held = api.faults.add(REGISTER, Hold())
    first = asyncio.create_task(edge.call(register()))
    await held.held.wait()
    first.cancel()
    await asyncio.wait([first])
    held.release()

    await edge.call(account(api))


async def test_any_answer_counts_as_one(api: SappApi, edge: ApiClient) -> None:
    """An API that answers with errors is there: what one person sends closes the way for none."""
    api.faults.add(REGISTER, Fail(500), times=2 * FAILURES)
    for _ in range(2 * FAILURES):
        assert isinstance(await failure(edge, register()), UpstreamFailed)

    await edge.call(register())


async def test_a_slow_read_of_one_person_is_theirs(api: SappApi, edge: ApiClient) -> None:
    """Reads of rates that are cut off after they were sent close the way for nobody."""
    reading = live(api)
    api.faults.add("GET /service/live", Drop("before"), times=2 * FAILURES)
    for _ in range(2 * FAILURES):
        assert isinstance(await failure(edge, reading), UpstreamUnreachable)

    await edge.call(register())


async def test_failures_in_between_are_forgiven(api: SappApi, edge: ApiClient) -> None:
    """Only calls in a row count: an answer in between proves that the API is there."""
    await fail(api, edge, FAILURES - 1)
    await edge.call(account(api))
    await fail(api, edge, FAILURES - 1)

    await edge.call(register())
