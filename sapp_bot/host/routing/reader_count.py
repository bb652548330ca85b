"""Counts the updates that one routing table handles, so that its plugins are not unloaded yet."""

from __future__ import annotations

import asyncio


class ReaderCount:
    """Number of updates that are being handled by one routing table.

    An old generation may be unloaded only when nobody uses its table any more.
    """

    def __init__(self) -> None:
        self._count = 0
        self._gone = asyncio.Event()
        self._gone.set()

    def __enter__(self) -> None:
        """Count an update."""
        self._count += 1
        self._gone.clear()

    def __exit__(self, *_: object) -> None:
        """Stop counting the update."""
        self._count -= 1
        if not self._count:
            self._gone.set()

    @property
    def any(self) -> bool:
        """Whether an update is being handled."""
        return self._count > 0

    async def gone(self) -> None:
        """Wait until no update is being handled. A table that was replaced gets no new ones."""
        await self._gone.wait()
