"""Fixtures for every test: the network guard, a real redis-server, the stand-ins."""

from __future__ import annotations

import sys

# Each worker would compile the bot and rewrite every test again, and each process that it starts
# the bot, where PYTHONDONTWRITEBYTECODE is set: a minute of a run. They read what one has written.
sys.dont_write_bytecode = False

import gc
import os
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest

from sapp_bot.clock import pin_time_zones
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.sandbox.redis.server import EmbeddedRedis
from sapp_bot.sandbox.sapp_api import SappApi
from sapp_bot.testing.redis import VARIABLE
from tests.architecture import forget_trees
from tests.network import NetworkGuard
from tests.redis_server import RedisServer, find_binary

GUARD = NetworkGuard()

# How long it takes to make an example says how busy the machine is.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")


def pytest_configure() -> None:
    """Close the network before the first test module is imported; nothing of it is garbage."""
    gc.disable()
    GUARD.install()
    pin_time_zones()


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later collection of garbage: it stays anyway.

    What tests leave is collected every now and then only: it was a tenth of their time.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True, scope="module")
def trees() -> Iterator[None]:
    """Leave no syntax trees to the tests of other modules: a reload would take them a second."""
    yield
    forget_trees()


@pytest.fixture(autouse=True)
def network_guard() -> Iterator[NetworkGuard]:
    """Fail the test that tried to leave this machine, even where its error was swallowed."""
    GUARD.refused.clear()
    yield GUARD
    assert not GUARD.refused, f"left this machine: {GUARD.refused}"


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One real redis-server for the whole run; skips where the program is not installed."""
    if find_binary() is None:
        reason = "no redis-server found; install it (Debian: redis-server) or set REDIS_SERVER"
        if os.environ.get("TESTS_NEED_REDIS"):
            pytest.fail(reason)
        pytest.skip(reason)
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def redis_of_stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the stages a real redis-server where there is one: a message costs a fifth then.

    The store's tests run on both kinds, `tests/host/test_defaults.py` on the one in memory.
    """
    if find_binary() is None or VARIABLE in os.environ:
        yield
        return
    with RedisServer(tmp_path_factory.mktemp("stages"), keeps=False) as server:
        os.environ[VARIABLE] = server.url.removesuffix("/0")
        yield
        del os.environ[VARIABLE]


@pytest.fixture
def redis_server(redis_process: RedisServer) -> RedisServer:
    """Give the real redis-server, empty: no data, no scripts."""
    redis_process.flush()
    return redis_process


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """Give the address of the real redis-server, empty."""
    return redis_server.url


@pytest.fixture
async def redis_proxy(redis_server: RedisServer) -> AsyncIterator[RedisProxy]:
    """Give a counting, fault-injecting proxy before the real redis-server."""
    async with RedisProxy(redis_server.url) as proxy:
        yield proxy


@pytest.fixture
async def embedded_redis() -> AsyncIterator[EmbeddedRedis]:
    """Give an embedded Redis, for tests that must run where no redis-server is installed."""
    async with EmbeddedRedis() as server:
        yield server


@pytest.fixture
async def sapp_api() -> AsyncIterator[SappApi]:
    """Give the SAPP API's stand-in, the same keys and rates each time."""
    async with SappApi(seed=1) as api:
        yield api
