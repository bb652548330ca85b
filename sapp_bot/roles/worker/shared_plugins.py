"""How the plugins are in all workers, and reloads that all of them follow.

Each worker keeps in Redis how its plugins are, for as long as it lives, and looks every second
whether another one was told to read a plugin anew.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock, PluginElsewhere, PluginStorage, StorageWrite, StoredValue
from sapp_bot.errors import StoreAway
from sapp_bot.host.lifecycle.manager import PluginManager
from sapp_bot.host.lifecycle.record import PluginState

log = structlog.get_logger(__name__)

STATES, RELOADS = "worker:plugins", "worker:reloads"
"""Collections: how plugins are, by worker; the mark of the last reload, by plugin."""

LOOK_S = 1.0
"""How often it is looked whether there was a reload, in seconds."""

SHOWN = timedelta(seconds=5)
"""How often a worker says again how its plugins are, when nothing changes."""

STANDS = timedelta(seconds=12)
"""How long that counts: a worker that has not said it for so long is gone."""

RELOAD_STANDS = timedelta(days=1)


class SharedPlugins:
    """Implements `ports.PluginPeers`.

    Args:
        worker: Name of this worker.
        storage: Where workers say how their plugins are.
        clock: Times it.

    """

    def __init__(self, worker: str, storage: PluginStorage, clock: Clock) -> None:
        self._worker = worker
        self._storage = storage
        self._clock = clock
        self._reloads: dict[str, str] = {}
        self._said, self._said_at = "", datetime.min.replace(tzinfo=clock.now().tzinfo)

    async def reloaded(self, plugin: str) -> None:
        """Have the other workers read a plugin anew."""
        mark = self._reloads[plugin] = secrets.token_hex(4)
        await self._keep(RELOADS, plugin, [plugin, mark], RELOAD_STANDS)

    async def elsewhere(self) -> Sequence[Sequence[PluginElsewhere]]:
        """Return how the plugins are in each other worker."""
        found = [json.loads(kept.text) async for kept in self._storage.all(STATES)]
        return [
            [PluginElsewhere(**plugin) for plugin in plugins]
            for worker, plugins in found
            if worker != self._worker
        ]

    async def follow(self, plugins: PluginManager) -> NoReturn:
        """Say for ever how the plugins are here, and read anew what another worker has."""
        is_first = True
        while True:
            with suppress(StoreAway):
                await self._say(plugins)
                new = await self._new_reloads()
                if not is_first:  # what was read anew before is read already
                    await self._reload(plugins, new)
                is_first = False
            await self._clock.sleep(LOOK_S)

    async def _say(self, plugins: PluginManager) -> None:
        states = [
            PluginElsewhere(
                record.name,
                record.state.value,
                record.generation.loaded.version if record.generation is not None else "",
                record.reason,
            )
            for record in plugins.records
        ]
        said = json.dumps([self._worker, [asdict(state) for state in states]])
        now = self._clock.now()
        if said != self._said or now - self._said_at >= SHOWN:
            await self._keep(STATES, self._worker, json.loads(said), STANDS)
            self._said, self._said_at = said, now

    async def _new_reloads(self) -> list[str]:
        """Return the plugins that another worker has read anew since it was looked last."""
        found = [json.loads(kept.text) async for kept in self._storage.all(RELOADS)]
        new = [name for name, mark in found if self._reloads.get(name) != mark]
        self._reloads |= dict(found)
        return new

    async def _reload(self, plugins: PluginManager, names: Sequence[str]) -> None:
        for record in plugins.records:
            if record.name in names and record.state is not PluginState.DISABLED:
                log.info("plugin.reload_followed", plugin=record.name)
                await plugins.reload(record)

    async def _keep(self, collection: str, key: str, value: object, lasts: timedelta) -> None:
        kept = StoredValue(key, 1, json.dumps(value), self._clock.now() + lasts)
        await self._storage.write([StorageWrite(collection, key, kept)])
