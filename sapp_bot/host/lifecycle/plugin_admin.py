"""What operators may do with the plugins: the host's side of the service `Plugins`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from sapp_bot.errors import UserError

from .manager import PluginManager
from .operator_alerts import PluginStatus
from .record import PluginRecord, PluginState


class Ruling:
    """Implements `operators.Ruled`. What was begun is ended, even if nobody waits for it."""

    def __init__(self, manager: PluginManager) -> None:
        self._manager = manager
        self._under_way: set[asyncio.Task[None]] = set()

    def all(self) -> list[PluginStatus]:
        """List all plugins, by name."""
        return [_status(record) for record in self._manager.records]

    async def reload(self, name: str) -> PluginStatus:
        """Read a plugin anew."""
        record = self._find(name)
        if record.state is PluginState.DISABLED:
            raise UserError("{name} is switched off. /plugin enable {name}", name=name)
        return await self._do(record, self._manager.reload(record))

    async def enable(self, name: str) -> PluginStatus:
        """Switch a plugin on."""
        record = self._find(name)
        return await self._do(record, self._manager.set_enabled(record, on=True))

    async def disable(self, name: str, *, asked_by: str) -> PluginStatus:
        """Switch a plugin off, but the one that asks: nobody could switch it on again."""
        record = self._find(name)
        if name == asked_by:
            raise UserError("{name} stays: without it nobody could switch it on again.", name=name)
        return await self._do(record, self._manager.set_enabled(record, on=False))

    async def _do(self, record: PluginRecord, work: Coroutine[Any, Any, None]) -> PluginStatus:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.shield(task)
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
