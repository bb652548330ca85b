"""Measures how long updates wait, from their arrival to the beginning of their handling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sapp_bot.domain.ports import Clock, Commit
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Update
from sapp_bot.observability.metrics import Metrics, NullMetrics

from .inbox_worker import HandleUpdate

MOST_NOTED = 10_000
"""Arrivals that are remembered; what was turned away is never handled, and leaves by this."""


class QueueTimes:
    """Stands around the two ends of the queues. Where nothing is measured it is not there.

    Args:
        metrics: Takes the times; `NullMetrics` leave both ends as they are.
        clock: Gives the times.

    """

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._arrived: dict[str, datetime] = {}
        self._is_off = isinstance(metrics, NullMetrics)

    def receiving(self, receive: Callable[[Update], None]) -> Callable[[Update], None]:
        """Return a receiver that notes when each update came."""

        def noting(update: Update) -> None:
            self._arrived[update.key] = self._clock.now()
            if len(self._arrived) > MOST_NOTED:
                del self._arrived[next(iter(self._arrived))]
            receive(update)

        return receive if self._is_off else noting

    def handling(self, handle: HandleUpdate) -> HandleUpdate:
        """Return a handler that tells how long each update has waited for it.

        What an earlier process has received is not told: nobody knows when that was.
        """

        async def telling(
            update: Update, person_state: PersonState, *, again: bool = False
        ) -> Commit:
            arrived = self._arrived.pop(update.key, None)
            if arrived is not None:
                waited_s = (self._clock.now() - arrived).total_seconds()
                self._metrics.observe("queue_seconds", waited_s, kind=type(update).__name__)
            return await handle(update, person_state, again=again)

        return handle if self._is_off else telling
