"""/livez, /readyz and /metrics over HTTP, with a bot that says how it is."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from sapp_bot.errors import ConfigError
from sapp_bot.monitoring.health import STARTING, Health
from sapp_bot.monitoring.monitor import Monitor, measure_lag, open_monitor
from sapp_bot.observability.heartbeat import STALE, HealthReport
from sapp_bot.settings.parsers import Address, read_listen_address
from sapp_bot.testing import RecordingMetrics

WELL = {"redis": True, "telegram": True, "api": True}
LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Find a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class Watcher:
    """Asks the endpoints, as a machine does."""

    def __init__(self, monitor: Monitor, http: aiohttp.ClientSession, port: int) -> None:
        self.monitor = monitor
        self._http = http
        self._port = port

    async def asks(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Give the status and the body."""
        url = f"http://{LOOPBACK}:{self._port}{path}"
        async with self._http.request(method, url) as answer:
            return answer.status, await answer.text()

    async def ready(self) -> tuple[int, dict[str, Any]]:
        """Give what /readyz says."""
        async with self._http.get(f"http://{LOOPBACK}:{self._port}/readyz") as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def watched() -> AsyncIterator[Watcher]:
    """Open a monitor at a free port."""
    port = free_port()
    async with (
        open_monitor(LOOPBACK, port, build="1.2.3", states=("ready", "failed")) as monitor,
        aiohttp.ClientSession() as http,
    ):
        yield Watcher(monitor, http, port)


async def test_a_bot_that_starts_is_alive_and_not_ready() -> None:
    """It may wait for Telegram for hours: a restart would only prolong that."""
    async with watched() as watcher:
        assert await watcher.asks("/livez") == (200, '{"alive": true}')
        status, body = await watcher.ready()

    assert (status, body["ready"], body["missing"]) == (503, False, [STARTING])


async def test_what_is_missing_is_said_in_words() -> None:
    """Each neighbour that does not answer, and the plugins; the API is told and does not count."""
    async with watched() as watcher:
        watcher.monitor.note(HealthReport({**WELL, "redis": False}, is_open=False))
        ill, what = await watcher.ready()
        watcher.monitor.note(HealthReport({**WELL, "api": False}, in_maintenance=True))
        well, rest = await watcher.ready()
        _, text = await watcher.asks("/metrics")

    assert (ill, well) == (503, 200)
    assert what["missing"] == ["Redis does not answer.", "The plugins are not open yet."]
    assert rest == {
        "ready": True,
        "missing": [],
        "answers": {**WELL, "api": False},
        "maintenance": True,
    }
    assert "\nsapp_bot_ready 1.0\n" in text
    assert "\nsapp_bot_maintenance 1.0\n" in text


def test_without_signs_of_life_it_is_not_alive() -> None:
    """As long as `health` waits for a heartbeat; with the next one it is alive again."""
    now = [0.0]
    health = Health(lambda: now[0])
    health.note(HealthReport(WELL))
    now[0] = STALE.total_seconds()
    assert health.is_alive
    now[0] += 1
    assert not health.is_alive
    assert health.missing == ("There was no sign of life for 31 s.",)
    health.note(HealthReport(WELL))
    assert health.missing == ()


async def test_plugins_and_the_build_are_in_the_metrics() -> None:
    """Each plugin has 1 in the state it is in, and 0 in the others."""
    async with watched() as watcher:
        watcher.monitor.look_at(lambda: {"tea": "ready"})
        status, text = await watcher.asks("/metrics")

    assert status == 200
    assert 'sapp_bot_plugin_state{plugin="tea",state="ready"} 1.0' in text
    assert 'sapp_bot_plugin_state{plugin="tea",state="failed"} 0.0' in text
    assert 'version="1.2.3"' in text


async def test_there_is_nothing_else_to_ask_or_to_change() -> None:
    """Other paths and methods are refused."""
    async with watched() as watcher:
        assert (await watcher.asks("/"))[0] == 404
        assert (await watcher.asks("/metrics", "POST"))[0] == 405


async def test_a_port_that_is_taken_is_a_wrong_setting() -> None:
    """The error names the variable and the address."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"SAPP_MONITORING: cannot listen at .*:{port}"):
            async with open_monitor(LOOPBACK, port, build="", states=()):
                raise AssertionError("not reached")


async def test_the_lag_of_the_loop_is_measured() -> None:
    """It is never less than nothing."""
    twice = Twice()
    with pytest.raises(EnoughError):
        await measure_lag(twice)

    assert all(lag >= 0 for lag in twice.observed("loop_lag_seconds"))


class EnoughError(Exception):
    """Ends what is endless."""


class Twice(RecordingMetrics):
    """Takes two durations."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Keep one, and end with the second."""
        super().observe(name, seconds, **labels)
        if len(self.durations) == 2:
            raise EnoughError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9464", Address(LOOPBACK, 9464)),
        ("0.0.0.0:9464", Address("0.0.0.0", 9464)),  # noqa: S104  # what an operator may want
        ("[::1]:80", Address("::1", 80)),
    ],
)
def test_a_port_alone_is_on_loopback(text: str, address: Address) -> None:
    """Whoever wants others to look has to say so."""
    assert read_listen_address(text) == address


@pytest.mark.parametrize("text", ["0", "70000", ":9464", "localhost", "host:"])
def test_what_is_no_place_to_listen_is_refused(text: str) -> None:
    """With how it should look."""
    with pytest.raises(ValueError, match="host:port"):
        read_listen_address(text)
