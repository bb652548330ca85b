"""How long the API is left alone after failures: the longer, the more of them."""

from datetime import datetime, timedelta

from sapp_bot.services import (
    Clock,
    KeyRefused,
    NoClientYet,
    NoReadsLeft,
    NotSignedIn,
    SappBotError,
    SessionExpired,
)

FAILED_PAUSE = timedelta(seconds=30)
MOST_DOUBLED = 4
LONGEST_PAUSE = timedelta(minutes=8)
"""After a failure nothing is asked for so long, after each further one for twice as long: the API
counts a read also when it fails, and somebody may press Refresh all the time."""


class FailurePause:
    """Remembers the failures of one kind of reading. `error` is the last one, None after a success.

    `is_on` says whether the API is left alone just now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._failed_at: datetime | None = None
        self.error: SappBotError | None = None

    @property
    def is_on(self) -> bool:
        """Whether so little time has passed since the last failure. A clock set back ends it."""
        if self._failed_at is None:
            return False
        doubled = FAILED_PAUSE * (1 << min(self._failures - 1, MOST_DOUBLED))
        passed = self._clock.now() - self._failed_at
        return timedelta(0) <= passed < min(doubled, LONGEST_PAUSE)

    def failed(self, error: SappBotError | None = None) -> None:
        """Note a failure: its error, or None for a reading that was given up."""
        self._failed_at = self._clock.now()
        self._failures += 1
        self.error = error

    def succeeded(self) -> None:
        """Forget all failures."""
        self._failed_at = self.error = None
        self._failures = 0


def is_about_payer(error: BaseException) -> bool:
    """Return whether a reading failed only because of who asked: nobody else is kept from it."""
    return isinstance(error, (NotSignedIn, SessionExpired, NoClientYet, NoReadsLeft, KeyRefused))
