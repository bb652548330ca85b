"""The reads of an API client, as the ledger and the API's administrator speak of them."""

from __future__ import annotations

from sapp_bot.values import dataclass


@dataclass(frozen=True, slots=True)
class ClientReads:
    """The two counters of an API client; what is left is their difference."""

    available: int
    used: int

    @property
    def left(self) -> int:
        """Reads that can still be made, below 0 when more were taken back than were left."""
        return self.available - self.used
