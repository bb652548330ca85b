"""Sees what other processes have noted for the one that keeps the ledger: work, and checkouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NoReturn

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import StoreAway
from sapp_bot.ledger.books.repository import Books

LOOK_S = 0.5
"""How often it is looked, in seconds: so late is delivered what another process has booked."""


class NotedWork:
    """Looks for marks that are new since the last look.

    Args:
        books: Have the marks.
        clock: Times the looks.
        wake: Called with each client that has a new one.
        checkout: Called when a checkout was let through.

    """

    def __init__(
        self,
        books: Books,
        clock: Clock,
        wake: Callable[[int], None],
        checkout: Callable[[], None],
    ) -> None:
        self._books = books
        self._clock = clock
        self._wake = wake
        self._checkout = checkout
        self._known: Mapping[int, str] = {}
        self._last_checkout: str | None = None

    async def run(self) -> NoReturn:
        """Look for ever; while the store is away nothing new is known."""
        while True:
            await self._clock.sleep(LOOK_S)
            with suppress(StoreAway):
                await self._look()

    async def _look(self) -> None:
        marks = await self._books.marks()
        for client, mark in marks.items():
            if self._known.get(client) != mark:
                self._wake(client)
        self._known = marks
        checkout = await self._books.last_checkout()
        if checkout != self._last_checkout:
            self._last_checkout = checkout
            self._checkout()
