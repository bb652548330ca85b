"""Opens all that others see of the bot: the metrics, its health, and the server before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from platform import python_version
from typing import NoReturn

import structlog

from sapp_bot.observability.heartbeat import HealthReport
from sapp_bot.observability.metrics import Metrics

from .endpoints import serve_endpoints
from .health import Health
from .prometheus import PrometheusMetrics

LAG_EVERY_S = 0.25
"""Seconds between two looks at how late the event loop is."""

PluginStates = Callable[[], Mapping[str, str]]
"""Returns the state of each plugin, by name."""

log = structlog.get_logger(__name__)


class Monitor:
    """What the bot tells of itself while it runs.

    Attributes:
        metrics: Takes what it measures.

    Args:
        build: The version of the bot.
        states: The states that a plugin can have.

    """

    def __init__(self, build: str, states: tuple[str, ...]) -> None:
        self.metrics = PrometheusMetrics()
        self.health = Health()
        self._states = states
        self._plugins: PluginStates = dict
        self.metrics.gauge(
            "build_info", 1, version=build, python=python_version(), telethon=version("telethon")
        )

    def note(self, report: HealthReport) -> None:
        """Take a sign of life."""
        self.health.note(report)

    def look_at(self, plugins: PluginStates) -> None:
        """Ask this for the plugins' states from now on."""
        self._plugins = plugins

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return the metrics, with the present states in them, and their content type.

        The text is put together in a thread: 2,000 lines take longer than a person's answer may be
        held up.
        """
        rows = (
            ({"plugin": plugin, "state": state}, float(state == found))
            for plugin, found in self._plugins().items()
            for state in self._states
        )
        self.metrics.replace("plugin_state", rows)
        self.metrics.gauge("ready", not self.health.missing)
        self.metrics.gauge("maintenance", self.health.in_maintenance)
        return await asyncio.to_thread(self.metrics.exposition, accept)


@asynccontextmanager
async def open_monitor(
    host: str, port: int, *, build: str, states: tuple[str, ...]
) -> AsyncIterator[Monitor]:
    """Serve at an address until the block ends; yields what is to be told.

    Raises:
        ConfigError: nothing can listen there.

    """
    monitor = Monitor(build, states)
    async with serve_endpoints(host, port, monitor.health, monitor.exposition) as found:
        log.info("monitoring.open", host=host, port=found)
        lag = asyncio.create_task(measure_lag(monitor.metrics), name="loop lag")
        try:
            yield monitor
        finally:
            lag.cancel()


async def measure_lag(metrics: Metrics) -> NoReturn:
    """Measure for ever how much later than asked the event loop runs something."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        late_s = loop.time() - due
        metrics.observe("loop_lag_seconds", max(0.0, late_s))
