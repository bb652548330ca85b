"""Token bucket: an average rate with bursts, by times that the caller gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_ROUNDING = 0.001
"""Share of a token that may be missing: times are whole microseconds, waits are not."""


@dataclass(slots=True)
class TokenBucket:
    """Bucket that begins full and gains tokens until it is full again.

    Not aiolimiter: it reads the event loop's own clock, which tests cannot turn.

    Attributes:
        per_s: Tokens gained in a second.
        burst: Most tokens that it holds.
        tokens: Tokens that it held at `at`; below zero after `take` in advance.
        at: Time of the last change, aware UTC.

    """

    per_s: float
    burst: float
    tokens: float
    at: datetime

    @classmethod
    def full(cls, per_s: float, burst: float, now: datetime) -> TokenBucket:
        """Return a full bucket."""
        return cls(per_s, burst, burst, now)

    def level(self, now: datetime) -> float:
        """Return the tokens that the bucket holds now."""
        # A clock that was set back gains nothing, and is followed from there on.
        gained_s = max(0.0, (now - self.at).total_seconds())
        self.tokens = min(self.burst, self.tokens + gained_s * self.per_s)
        self.at = now
        return self.tokens

    def wait_s(self, now: datetime) -> float:
        """Return the seconds until the bucket holds one token, 0 if it does now."""
        missing = 1 - self.level(now)
        return missing / self.per_s if missing > _ROUNDING else 0.0

    def take(self, now: datetime) -> None:
        """Take one token, whether there is one or not."""
        self.tokens = self.level(now) - 1
