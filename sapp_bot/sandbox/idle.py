"""Measures for how long no call has been in flight."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

Reading = tuple[int, int]
"""Calls in flight, and calls so far."""


class IdleMeter:
    """Watches counters of calls. Must be asked often: a short call shows only as a higher count.

    Args:
        meters: Functions that return a `Reading`.
        now: Monotonic time in seconds.

    """

    def __init__(
        self,
        meters: Sequence[Callable[[], Reading]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._meters = meters
        self._now = now
        self._last = self._read()
        self._since = now()

    def lasted_s(self) -> float:
        """Return for how many seconds nothing was in flight and nothing was counted."""
        read = self._read()
        if read != self._last or any(in_flight for in_flight, _ in read):
            self._last, self._since = read, self._now()
        return self._now() - self._since

    def _read(self) -> list[Reading]:
        return [meter() for meter in self._meters]
