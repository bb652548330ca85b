"""What /livez and /readyz say, from the same looks as `python -m sapp_bot health`."""

from __future__ import annotations

import time
from collections.abc import Callable

from sapp_bot.observability.heartbeat import STALE, HealthReport

STARTING = "The bot is starting: it has not reached both Telegram and Redis yet."


class Health:
    """The last sign of life, kept for those who ask.

    Args:
        monotonic: Tells how old it is, in seconds.

    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._report: HealthReport | None = None
        self._at = 0.0

    def note(self, report: HealthReport) -> None:
        """Take a new sign of life."""
        self._report, self._at = report, self._monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether the signs of life still come; before the first one it is a start that waits.

        That it can be asked at all shows that the event loop turns.
        """
        return self._report is None or self._monotonic() - self._at <= STALE.total_seconds()

    @property
    def missing(self) -> tuple[str, ...]:
        """What keeps the bot from answering people, in sentences; empty if nothing does."""
        if self._report is None:
            return (STARTING,)
        if not self.is_alive:
            return (f"There was no sign of life for {self._monotonic() - self._at:.0f} s.",)
        return self._report.missing

    @property
    def in_maintenance(self) -> bool:
        """Whether only operators are answered."""
        return self._report is not None and self._report.in_maintenance

    def readiness(self) -> dict[str, object]:
        """Return the body of /readyz."""
        answers = {} if self._report is None else dict(self._report.answers)
        return {
            "ready": not self.missing,
            "missing": list(self.missing),
            "answers": answers,
            "maintenance": self.in_maintenance,
        }
