"""What an operator has told one worker, the others follow: plugin switches and maintenance."""

from __future__ import annotations

from contextlib import suppress
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock, PluginSwitches
from sapp_bot.errors import StoreAway
from sapp_bot.host.lifecycle.manager import PluginManager
from sapp_bot.host.lifecycle.record import PluginState
from sapp_bot.host.operators.maintenance import Maintenance

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How often Redis is asked what an operator wishes, in seconds."""


class FollowedSwitches:
    """Implements `ports.PluginSwitches`: writes only what Redis does not say already.

    So a worker that follows a wish does not wish it anew, over a newer one.

    Args:
        switches: In Redis.

    """

    def __init__(self, switches: PluginSwitches) -> None:
        self._switches = switches
        self._off: frozenset[str] = frozenset()

    async def off(self) -> frozenset[str]:
        """Return the names of the plugins that are switched off."""
        self._off = await self._switches.off()
        return self._off

    async def set_enabled(self, plugin: str, *, on: bool) -> None:
        """Switch a plugin on or off, for this and all other workers."""
        if (plugin in self._off) is on:
            await self._switches.set_enabled(plugin, on=on)
            self._off = self._off - {plugin} if on else self._off | {plugin}


class Following:
    """Looks what an operator has told another worker, and does the same.

    Args:
        switches: What is switched off.
        plugins: Returns the plugins of this worker.
        maintenance: Whether the bot is closed to people.
        clock: Times the looks.

    """

    def __init__(
        self,
        switches: FollowedSwitches,
        plugins: PluginManager,
        maintenance: Maintenance,
        clock: Clock,
    ) -> None:
        self._switches = switches
        self._plugins = plugins
        self._maintenance = maintenance
        self._clock = clock

    async def run(self) -> NoReturn:
        """Look for ever; while Redis is away everything stays as it is."""
        while True:
            await self._clock.sleep(LOOK_S)
            with suppress(StoreAway):
                was_on = self._maintenance.is_on
                await self._maintenance.load()
                if self._maintenance.is_on is not was_on:
                    log.warning("maintenance.followed", on=self._maintenance.is_on)
                await self._follow(await self._switches.off())

    async def _follow(self, off: frozenset[str]) -> None:
        for record in self._plugins.records:
            is_off = record.state is PluginState.DISABLED
            if is_off is not (record.name in off):
                await self._plugins.set_enabled(record, on=is_off)
                log.info("plugin.followed", plugin=record.name, on=is_off)
