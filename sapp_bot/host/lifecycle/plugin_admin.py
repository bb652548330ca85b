"""What operators may do with the plugins: the service `Plugins`."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from sapp_bot.errors import UserError
from sapp_bot.host.built_in import built_in_plugins

from .manager import PluginManager
from .record import PluginRecord, PluginState

NEEDED = frozenset({"start", "help", "cancel"})
"""Commands that the host's own words lead to: whoever has them cannot be switched off."""


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """One plugin as an operator sees it.

    `state` is a word of `PluginState`; `commands` are names without the slash. `reason` says why it
    does not answer, or why a version that answers is not the newest. `blocked` is where it held up
    everybody else.
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
    """The plugins of this bot. Only handlers with `role="admin"` can ask for this service.

    Each call raises `UserError` for a name that is not there. `asked_by` is the plugin that asks.
    """

    def __init__(self, manager: PluginManager, asked_by: str) -> None:
        self._manager = manager
        self._asked_by = asked_by

    def all(self) -> list[PluginStatus]:
        """List all plugin files, by name, whatever their state."""
        return [_status(record) for record in self._manager.records]

    async def reload(self, name: str) -> PluginStatus:
        """Read a plugin anew; if that fails, the version before goes on answering."""
        record = self._find(name)
        if record.state is PluginState.DISABLED:
            raise UserError("{name} is switched off. /plugin enable {name}", name=name)
        return await self._do(record, self._manager.reload(record))

    async def enable(self, name: str) -> PluginStatus:
        """Switch a plugin on, for this and all later starts."""
        record = self._find(name)
        return await self._do(record, self._manager.set_enabled(record, on=True))

    async def disable(self, name: str) -> PluginStatus:
        """Switch a plugin off, for this and all later starts.

        Raises:
            UserError: it is the one that asks, or one that the host needs.

        """
        record = self._find(name)
        if name == self._asked_by:
            raise UserError("{name} stays: without it nobody could switch it on again.", name=name)
        if NEEDED & {*record.commands, *built_in_plugins().commands_of(record.path)}:
            raise UserError("{name} stays: /start, /help and /cancel must always work.", name=name)
        return await self._do(record, self._manager.set_enabled(record, on=False))

    async def _do(self, record: PluginRecord, work: Coroutine[Any, Any, None]) -> PluginStatus:
        await self._manager.finish(work)
        return _status(record)

    def _find(self, name: str) -> PluginRecord:
        records = self._manager.records
        found = next((record for record in records if record.name == name), None)
        if found is None:
            known = ", ".join(record.name for record in records)
            raise UserError("There is no plugin {name}. There are: {known}", name=name, known=known)
        return found


def _status(record: PluginRecord) -> PluginStatus:
    loaded = record.generation.loaded if record.generation is not None else None
    return PluginStatus(
        name=record.name,
        state=record.state.value,
        version=loaded.version if loaded else "",
        commands=tuple(c.name for c in loaded.commands) if loaded else (),
        reason=record.reason,
        errors=record.errors,
        load_s=record.load_s,
        blocked=record.blocked,
    )
