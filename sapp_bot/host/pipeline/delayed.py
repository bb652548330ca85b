"""Delayed presses (`ctx.later`): buttons that press themselves in time, also after a restart.

Not APScheduler: a timer is stored in the same step as the turn that sets it, and taken off in the
same step as the update that it becomes; a job store of its own could do neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sapp_bot.domain.ports import Clock, Timer
from sapp_bot.domain.updates import Due, Update


class DelayedPresses:
    """Timers of `ctx.later`: stored with the turn that set them, kept ticking here."""

    def __init__(self, clock: Clock, receive: Callable[[Update], None]) -> None:
        self._clock = clock
        self._receive = receive
        self._timers: dict[str, Timer] = {}

    def restore(self, left: Iterable[Due]) -> None:
        """Take up the timers an earlier process left; those overdue come up at once."""
        for due in left:
            self.set(due)

    def set(self, due: Due) -> None:
        """Let a timer come up at its time."""
        wait_s = max(0.0, (due.due_at - self._clock.now()).total_seconds())
        self._timers[due.id] = self._clock.call_later(wait_s, lambda: self._ring(due))

    def stop(self) -> None:
        """Let nothing come up any more; what is stored stays for the next process."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _ring(self, due: Due) -> None:
        self._timers.pop(due.id, None)
        self._receive(due)
