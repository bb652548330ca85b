"""What everybody together pays for: few reads, however many people ask, and none for the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from plugins.rates.cache import LiveCache, LiveRates
from plugins.rates.money.convert import Rates, convert
from sapp_bot import Store
from sapp_bot.clock import SystemClock
from sapp_bot.domain.ports import Clock
from sapp_bot.host.authoring.locks import Locks
from sapp_bot.host.authoring.storage import StoreProvider
from sapp_bot.sandbox.faults import Delay
from sapp_bot.sandbox.sapp_api.market import USUAL
from sapp_bot.sandbox.sapp_api.server import SappApi
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.models import Live
from sapp_bot.sapp.service_account import ServiceAccount, ServiceLogin
from sapp_bot.sapp.services import Auth, Clients
from sapp_bot.sapp.services import Rates as SoldRates
from sapp_bot.store import KeyRing, make_key, open_store
from sapp_bot.testing import ManualClock, Stage
from tests.plugins.people import with_client
from tests.plugins.rates.kit import CountedApi

TEXTS = ("100 usd to eur", "1.5k usd", "$100", "250 gbp in jpy", "eur", "10 kzt to rub and cny")
CLOSE = Decimal("1e-9")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the built-in plugins with a service account of 1,000 reads."""
    async with Stage(service_reads=1000) as stage:
        yield stage


def reads(stage: Stage) -> int:
    """Count the metered calls so far."""
    return stage.api.count("*/service/*")


@pytest.mark.parametrize(
    ("people", "times"), [(10, 10), pytest.param(100, 10, marks=pytest.mark.long)]
)
async def test_conversions_within_the_hour_are_one_read(
    stage: Stage, people: int, times: int
) -> None:
    """Many conversions by many people cost one read; the next hour costs one more."""
    crowd = [stage.person(f"P{number}") for number in range(people)]
    for turn in range(times):
        for number, person in enumerate(crowd):
            await person.says(TEXTS[(turn + number) % len(TEXTS)])
            assert person.sees(" =")
        await stage.passes(3000 / times)
    assert reads(stage) == 1
    await stage.passes(3600)
    await crowd[0].says("100 usd to eur")

    assert reads(stage) == 2


@pytest.mark.parametrize(("command", "key"), [("/rates", "⟳"), ("/rate EUR", "Refresh")])
async def test_refreshing_all_the_time_costs_nothing(stage: Stage, command: str, key: str) -> None:
    """Thirty presses within a minute read nothing; each is told how old the rates are."""
    ann = stage.person("Ann")
    await ann.says(command)
    for _ in range(30):
        await stage.passes(2)
        await ann.presses(key)
        assert ann.last_popup.text.startswith("Rates of ")

    assert reads(stage) == 1


async def test_who_pays_alone_is_told_before_it_adds_up() -> None:
    """Without a service account thirty presses are one read of the presser's client, and said."""
    async with Stage() as stage:
        ann = await with_client(stage, "Ann")
        await ann.says("/rates")
        await stage.passes(3600)
        await ann.presses("⟳")
        assert "This cost 1 read of your client" in ann.last_popup.text
        for _ in range(29):
            await ann.presses("⟳")
            assert "cost" not in ann.last_popup.text
        assert reads(stage) == 2


async def test_a_read_that_failed_is_no_secret() -> None:
    """Who pays alone hears that the try for newer rates may have cost a read, too."""
    async with Stage() as stage:
        ann = await with_client(stage, "Ann")
        await ann.says("/rates")
        await stage.passes(3600)
        stage.api.database_away = True
        await ann.presses("⟳")

        assert ann.sees("⚠ Rates of ")
        assert "even if they do not come" in ann.last_popup.text


async def test_a_crowd_over_two_processes_on_one_redis_is_one_read(redis_url: str) -> None:
    """Fifty people at once, over two caches that share nothing but a real Redis, are one."""
    clock, ring = ManualClock(), KeyRing([make_key()])
    api = CountedApi(clock)
    api.gate = asyncio.Event()
    async with open_store(redis_url, ring, account=7, clock=clock) as store:
        provider = StoreProvider(store.plugin_storage, clock)
        live: Store[LiveRates] = provider.bind("rates", Store[LiveRates])(None)  # type: ignore[assignment]  # of this model
        caches = [LiveCache(live, Locks(store.locks, "rates"), clock) for _ in range(2)]
        done = asyncio.gather(*(cache.get(api.live) for cache in caches for _ in range(25)))
        async with asyncio.timeout(20):
            while not api.live_reads:
                await asyncio.sleep(0.001)
            api.gate.set()
            while not done.done():
                await clock.advance(0.25)
                await asyncio.sleep(0.001)

    assert len(await done) == 50
    assert api.live_reads == 1


async def test_an_outage_is_answered_within_100_ms_of_the_clock(stage: Stage) -> None:
    """Old rates with their age come without any wait for an API that fails."""
    ann = stage.person("Ann")
    await ann.says("100 usd to eur")
    await stage.passes(2 * 3600)
    stage.api.database_away = True
    before = stage.clock.now()
    await ann.says("100 usd to eur")

    assert ann.sees("⚠ Rates of ")
    assert stage.clock.now() - before <= timedelta(milliseconds=100)


class AheadClock(SystemClock):
    """The machine's clock, some days ahead: time passes as it does."""

    days = 0

    def now(self) -> datetime:
        """Return the time there."""
        return super().now() + timedelta(days=self.days)


@asynccontextmanager
async def one_process(redis_url: str, edge: ApiClient, clock: Clock) -> AsyncIterator[LiveCache]:
    """Run the cache of one process on a real Redis."""
    async with open_store(redis_url, KeyRing([make_key()]), account=7, clock=clock) as store:
        provider = StoreProvider(store.plugin_storage, clock)
        live: Store[LiveRates] = provider.bind("rates", Store[LiveRates])(None)  # type: ignore[assignment]  # of this model
        yield LiveCache(live, Locks(store.locks, "rates"), clock, lambda: edge.unanswered)


def payer(api: SappApi, edge: ApiClient, clock: Clock) -> Callable[[], Awaitable[Live]]:
    """Return what reads live rates as a service account of 100 reads."""
    user = api.database.add_user("service@example.com", "shared")
    api.database.add_client(user, name="Shared rates", available=100)
    login = ServiceLogin("service@example.com", SecretStr("shared"))
    account = ServiceAccount(Auth(edge), Clients(edge), clock, login)
    return lambda: account.spend(lambda payer: SoldRates(edge).live(payer.me, payer.client))


async def test_who_asks_once_a_day_has_fresh_rates_from_a_slow_api(redis_url: str) -> None:
    """On the machine's own clock, from an API that takes 250 ms, no day's rates are of another."""
    clock = AheadClock()
    async with (
        SappApi() as api,
        ApiClient(api.url) as edge,
        one_process(redis_url, edge, clock) as cache,
    ):
        read = payer(api, edge, clock)
        for clock.days in range(3):
            api.faults.add("GET /service/live", Delay(0.25))
            snapshot = await cache.get(read)

            assert not snapshot.is_stale
            assert clock.now() - snapshot.read_at < timedelta(minutes=1)


async def test_an_api_that_is_gone_is_found_out_within_100_ms(redis_url: str) -> None:
    """Old rates come after the first try without an answer; the tries that follow keep nobody."""
    clock = ManualClock()
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(SappApi())
        edge = await stack.enter_async_context(ApiClient(api.url))
        cache = await stack.enter_async_context(one_process(redis_url, edge, clock))
        read = payer(api, edge, clock)
        await cache.get(read)
        await clock.advance(24 * 3600)
        await api.__aexit__(None, None, None)
        asked = clock.now()
        asking = asyncio.create_task(cache.get(read))
        async with asyncio.timeout(20):
            while not edge.unanswered:
                await asyncio.sleep(0.001)
            await clock.advance(0.1)
            assert (await asking).is_stale

        assert clock.now() - asked <= timedelta(milliseconds=100)


async def test_a_chart_that_is_asked_for_again_costs_nothing(stage: Stage) -> None:
    """The same chart, by anybody, and a shorter one, are drawn of what was read."""
    ann, bob = stage.person("Ann"), stage.person("Bob")
    await ann.says("/chart EUR GBP 90d")
    before = reads(stage)
    for person in (ann, bob):
        await person.says("/chart EUR GBP 90d")
        await person.says("/chart GBP 30d")
        await person.presses("7 d")

    assert reads(stage) == before


@pytest.mark.parametrize(
    "codes",
    [
        ("BTC", "EUR", "IRR", "JPY", "KWD", "USD", "VND", "XAU"),
        pytest.param(tuple(USUAL), marks=pytest.mark.long),
    ],
)
async def test_pairs_are_what_the_api_makes_of_them(stage: Stage, codes: tuple[str, ...]) -> None:
    """Every pair is converted as the API's own `GET /service/convert` does it."""
    market = stage.api.database.rates
    _, values = market.live()
    assert values is not None
    rates = Rates("USD", {code: Decimal(repr(value)) for code, value in values.items()})
    withdrawn = {"ANG", "BGN", "CUC", "HRK"}
    for source in set(codes) - withdrawn:
        for target in set(codes) - withdrawn:
            theirs = Decimal(repr(market.convert(target, source, 1000.0)))
            ours = convert(Decimal(1000), source, target, rates)
            assert abs(ours - theirs) <= CLOSE * theirs, (source, target)
