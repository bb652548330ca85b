"""Measures for how long no call has been in flight, and whether anybody looked meanwhile."""

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


IDLE_LOOKS = 4
"""So many looks in a row find nothing at work: then nothing follows any more."""

IDLE_SHARE = 0.2
"""Share of a processor that a bot takes at most that has nothing to do: it looks for changed files,
and its connections are kept open."""


class IdleLooks:
    """Counts looks in a row that found nothing at work; one who could not look counts nothing."""

    def __init__(self) -> None:
        self._looks = 0

    def look(self, *, since_s: float, quiet_s: float, share: float | None) -> bool:
        """Count a look, and return whether nothing is at work.

        Args:
            since_s: Seconds since the look before.
            quiet_s: Seconds for which no call was made or in flight.
            share: Share of a processor that the bot wanted since then; None if unknown.

        """
        is_idle = share is not None and share < IDLE_SHARE and quiet_s >= since_s
        self._looks = self._looks + 1 if is_idle else 0
        return self._looks >= IDLE_LOOKS
