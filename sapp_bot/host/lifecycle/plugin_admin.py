"""The service `Plugins`, by which operators list, reload and switch plugins."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from sapp_bot.domain.ports import PluginElsewhere, PluginPeers
from sapp_bot.errors import NextStep, UserError
from sapp_bot.host.built_in import built_in_plugins
from sapp_bot.values import dataclass

from .manager import PluginManager
from .record import PluginRecord, PluginState

NEEDED = frozenset({"start", "help", "cancel"})
"""Commands that the host's own texts name: a plugin with one of them cannot be switched off."""


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """State of one plugin for operators.

    Attributes:
        name: The plugin's name.
        state: A value of `PluginState`.
        version: Version of the running generation; empty when none runs.
        commands: Names of its commands, without the slash.
        reason: Why it does not run, or why the running version is not the newest.
        errors: Errors of its code since it was loaded.
        load_s: Seconds that the last import took.
        blocked: Where it blocked the event loop, and for how long; empty if it did not.

    """

    name: str
    state: str
    version: str
    commands: tuple[str, ...]
    reason: str
    errors: int
    load_s: float
    blocked: str = ""


class Plugins:
    """Service that manages the bot's plugins; only for handlers with `role="admin"`.

    Args:
        manager: Manages the plugins.
        asked_by: Name of the plugin whose handler asks; it cannot switch itself off.
        peers: The plugins of the bot's other processes; None where it is one.

    """

    def __init__(
        self, manager: PluginManager, asked_by: str, peers: PluginPeers | None = None
    ) -> None:
        self._manager = manager
        self._asked_by = asked_by
        self._peers = peers

    def all(self) -> list[PluginStatus]:
        """Return the state of all plugin files, sorted by name."""
        return [_status(record) for record in self._manager.records]

    async def differing(self) -> list[PluginElsewhere]:
        """Return how plugins are in other processes of the bot, where they are not as here.

        Each difference once, sorted by name; one with the state "" is not there at all. In a bot
        of one process there are none. A reload takes some seconds to reach all.

        Raises:
            StoreAway: the store does not answer.

        """
        if self._peers is None:
            return []
        here = {status.name: _seen_as(status) for status in self.all()}
        found: set[PluginElsewhere] = set()
        for there in await self._peers.elsewhere():
            found |= {plugin for plugin in there if here.get(plugin.name) != plugin}
            found |= {
                PluginElsewhere(name, "", "", "")
                for name in here.keys() - {plugin.name for plugin in there}
            }
        return sorted(found, key=lambda plugin: (plugin.name, plugin.state, plugin.version))

    async def reload(self, name: str) -> PluginStatus:
        """Load a plugin again, in all processes; if that fails, the running version stays.

        Raises:
            UserError: there is no such plugin, or it is switched off.
            StoreAway: the store does not answer; it is loaded again in this process only.

        """
        record = self._find(name)
        if record.state is PluginState.DISABLED:
            raise UserError("{name} is switched off. /plugin enable {name}", name=name)
        status = await self._finish(record, self._manager.reload(record))
        if self._peers is not None:
            await self._peers.reloaded(name)
        return status

    async def enable(self, name: str) -> PluginStatus:
        """Switch a plugin on, for this and all later starts.

        Raises:
            UserError: there is no such plugin.
            StoreAway: the store does not answer; nothing was changed.

        """
        record = self._find(name)
        return await self._finish(record, self._manager.set_enabled(record, on=True))

    async def disable(self, name: str) -> PluginStatus:
        """Switch a plugin off, for this and all later starts.

        Raises:
            UserError: there is no such plugin, or it is the one that asks, or has a command that
                must stay (`NEEDED`).
            StoreAway: the store does not answer; nothing was changed.

        """
        record = self._find(name)
        if name == self._asked_by:
            raise UserError("{name} stays: without it nobody could switch it on again.", name=name)
        if NEEDED & {*record.commands, *built_in_plugins().commands_of(record.path)}:
            raise UserError("{name} stays: /start, /help and /cancel must always work.", name=name)
        return await self._finish(record, self._manager.set_enabled(record, on=False))

    async def run(self, timer: str) -> PluginStatus:
        """Run a timer once, now, whatever its schedule says.

        Args:
            timer: "<plugin>.<function>".

        Raises:
            UserError: there is no such timer; the text names those there are.

        """
        timers = {
            name: (record, record.generation)
            for record in self._manager.records
            if record.generation is not None
            for name in record.generation.timers
        }
        if timer not in timers:
            known = ", ".join(sorted(timers)) or "–"
            raise UserError("There is no timer {name}. There are: {known}", name=timer, known=known)
        record, generation = timers[timer]
        return await self._finish(record, generation.tick(timer))

    async def _finish(self, record: PluginRecord, work: Coroutine[Any, Any, None]) -> PluginStatus:
        await self._manager.finish(work)
        return _status(record)

    def _find(self, name: str) -> PluginRecord:
        records = self._manager.records
        found = next((record for record in records if record.name == name), None)
        if found is None:
            known = ", ".join(record.name for record in records)
            raise UserError(
                "There is no plugin {name}. There are: {known}", name=name, known=known
            ).offer(NextStep("plugins", "Plugins"))
        return found


def _seen_as(status: PluginStatus) -> PluginElsewhere:
    return PluginElsewhere(status.name, status.state, status.version, status.reason)


def _status(record: PluginRecord) -> PluginStatus:
    loaded = record.generation.loaded if record.generation is not None else None
    return PluginStatus(
        name=record.name,
        state=record.state.value,
        version=loaded.version if loaded else "",
        commands=tuple(c.name for c in loaded.commands if not c.hidden) if loaded else (),
        reason=record.reason,
        errors=record.errors,
        load_s=record.load_s,
        blocked=record.blocked,
    )
