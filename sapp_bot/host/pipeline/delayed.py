"""Timers of delayed presses (`ctx.later`), which survive a restart. Stores nothing itself.

Not APScheduler: a timer is stored in the commit of the turn that sets it, and deleted in the commit
of the update that it becomes. A separate job store could be part of neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sapp_bot.domain.ports import Clock, Timer
from sapp_bot.domain.updates import Due, Update


class DelayedPresses:
    """Running timers of the delayed presses that the store holds.

    Args:
        clock: Its `call_later` runs the timers.
        receive: Receives a delayed press as an update when its time has come.

    """

    def __init__(self, clock: Clock, receive: Callable[[Update], None]) -> None:
        self._clock = clock
        self._receive = receive
        self._timers: dict[str, Timer] = {}

    def restore(self, unfinished: Iterable[Due]) -> None:
        """Set the stored timers of an earlier process; an overdue one fires at once."""
        for due in unfinished:
            self.set(due)

    def set(self, due: Due) -> None:
        """Set the timer of a delayed press, which fires at `due.due_at` (aware UTC)."""
        wait_s = max(0.0, (due.due_at - self._clock.now()).total_seconds())
        self._timers[due.id] = self._clock.call_later(wait_s, lambda: self._fire(due))

    def stop(self) -> None:
        """Cancel all timers of this process; the store keeps them for the next process."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _fire(self, due: Due) -> None:
        self._timers.pop(due.id, None)
        self._receive(due)
