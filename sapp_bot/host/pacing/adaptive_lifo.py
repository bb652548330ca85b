"""The order in which those who wait come to their turn: by turns the longest, and who asked last.

In the order of arrival alone, a crowd would stand before everybody who comes after it: a thousand
answers at 25 a second are 40 s, for a single /help, too. So every second turn is for whoever asked
last and is calm, that is has little else under way. A crowd waits twice as long at most, and hardly
longer where few come after it. Servers with more to do than they can do so, too: "adaptive LIFO".
Source: B. Maurer, Fail at Scale, ACM Queue 13 (8), 2015.
"""

from __future__ import annotations

import asyncio
import heapq

Waiter = asyncio.Future[None]

_SWEEP = 1_000
"""How many may be noted who have had their turn, before they are forgotten."""


class AdaptiveLifo:
    """Those who wait."""

    def __init__(self) -> None:
        self._waiting: dict[Waiter, None] = {}
        self._calm: list[tuple[int, int, Waiter]] = []
        self._count = 0
        self._is_newest_next = True

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def add(self, waiter: Waiter, *, asked: int | None) -> None:
        """Let somebody wait.

        Args:
            waiter: Who waits.
            asked: When that was asked for: a number that grows. None if whoever asks is not calm,
                or nobody has asked: then it comes before no other.

        """
        self._waiting[waiter] = None
        if asked is None:
            return
        self._count += 1
        heapq.heappush(self._calm, (-asked, -self._count, waiter))
        if len(self._calm) > 2 * len(self._waiting) + _SWEEP:  # most have had their turn
            self._calm = [entry for entry in self._calm if entry[2] in self._waiting]
            heapq.heapify(self._calm)

    def discard(self, waiter: Waiter) -> None:
        """Let somebody wait no longer, if they do."""
        self._waiting.pop(waiter, None)

    def note_newest(self) -> None:
        """Note that who asked last has had a turn otherwise: the next is for the longest."""
        self._is_newest_next = False

    def pop(self) -> Waiter:
        """Take out and return whose turn it is.

        Raises:
            StopIteration: nobody waits.

        """
        waiter = self._next()
        del self._waiting[waiter]
        if not self._waiting:
            self._calm.clear()
        return waiter

    def _next(self) -> Waiter:
        newest, self._is_newest_next = self._is_newest_next, not self._is_newest_next
        while newest and self._calm:
            waiter = heapq.heappop(self._calm)[2]
            if waiter in self._waiting:  # else it has had its turn, as the one who waited longest
                return waiter
        return next(iter(self._waiting))
