"""`Locks`: what only one process of the bot does at a time."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sapp_bot.domain.ports import LockStore
from sapp_bot.errors import PluginError

from .providers import Factory

LONGEST_S = 300
"""A lock that its holder forgets to give back must not last longer than people wait."""


class Locks:
    """The locks of one plugin: names that another plugin uses are others.

    ```python
    async with locks.hold("live", ttl_s=15) as is_mine:
        if is_mine:
            ...  # ask the API
        else:
            ...  # somebody else is asking: look again in a moment
    ```
    """

    def __init__(self, store: LockStore, plugin: str) -> None:
        self._store = store
        self._plugin = plugin

    @asynccontextmanager
    async def hold(self, name: str, *, ttl_s: int) -> AsyncIterator[bool]:
        """Try to take a lock, once; yields whether it was taken. It is given back at the end.

        Args:
            name: The lock's name within the plugin.
            ttl_s: Seconds after which it ends by itself, should this process die: 1 to 300.

        Raises:
            PluginError: `ttl_s` is out of range.
            StoreAway: Redis does not answer.

        """
        if not 1 <= ttl_s <= LONGEST_S:
            raise PluginError(f"a lock lasts 1 to {LONGEST_S} seconds, not {ttl_s}")
        whole, token = f"{self._plugin}:{name}", secrets.token_hex(8)
        is_mine = await self._store.acquire(whole, token, ttl_s=ttl_s)
        try:
            yield is_mine
        finally:
            if is_mine:
                await self._store.release(whole, token)


class LockProvider:
    """Gives each plugin its `Locks`. Without a store, as in a check, it only looks at the type."""

    def __init__(self, store: LockStore | None) -> None:
        self._store = store

    def bind(self, plugin: str, kind: type) -> Factory:  # noqa: ARG002  # there is one kind only
        """Return the factory of a plugin's locks."""
        store = self._store

        def make(_turn: object) -> Locks:
            if store is None:
                raise PluginError("there are no locks in a check")
            return Locks(store, plugin)

        return make
