"""What operators may do with the plugins: the host's side of the service `Plugins`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from sapp_bot.errors import UserError

from .life import Life, State
from .operators import Status
from .shelf import Shelf


class Ruling:
    """Implements `operators.Ruled`. What was begun is ended, even if nobody waits for it."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._under_way: set[asyncio.Task[None]] = set()

    def all(self) -> list[Status]:
        """List all plugins, by name."""
        return [_status(life) for life in self._shelf.lives]

    async def reload(self, name: str) -> Status:
        """Read a plugin anew."""
        life = self._find(name)
        if life.state is State.DISABLED:
            raise UserError("{name} is switched off. /plugin enable {name}", name=name)
        return await self._do(life, self._shelf.reload(life))

    async def enable(self, name: str) -> Status:
        """Switch a plugin on."""
        life = self._find(name)
        return await self._do(life, self._shelf.turn(life, on=True))

    async def disable(self, name: str, *, asked_by: str) -> Status:
        """Switch a plugin off, but the one that asks: nobody could switch it on again."""
        life = self._find(name)
        if name == asked_by:
            raise UserError("{name} stays: without it nobody could switch it on again.", name=name)
        return await self._do(life, self._shelf.turn(life, on=False))

    async def _do(self, life: Life, work: Coroutine[Any, Any, None]) -> Status:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.shield(task)
        return _status(life)

    def _find(self, name: str) -> Life:
        lives = self._shelf.lives
        found = next((life for life in lives if life.name == name), None)
        if found is None:
            known = ", ".join(life.name for life in lives)
            raise UserError("There is no plugin {name}. There are: {known}", name=name, known=known)
        return found


def _status(life: Life) -> Status:
    loaded = life.generation.loaded if life.generation is not None else None
    return Status(
        name=life.name,
        state=life.state.value,
        version=loaded.version if loaded else "",
        commands=tuple(c.name for c in loaded.commands) if loaded else (),
        reason=life.reason,
        errors=life.errors,
        load_s=life.load_s,
        blocked=life.blocked,
    )
