"""Failed attempts in Redis, by hashed key, within a window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from .ledger import Ledger


class RedisAttempts:
    """The protocol `ports.Attempts`: neither an e-mail nor an attempt can be read in Redis."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def note(self, key: str, attempt: str, *, window_s: int) -> None:
        """Count one failure; the same `attempt` counts once."""
        ledger = self._ledger
        now = ledger.now().timestamp()
        digest = ledger.sealer.digest(f"attempt {attempt}")
        oldest = repr(now - window_s)
        await ledger.run(
            ledger.call("note", (self._name(key),), digest, repr(now), window_s, oldest)
        )

    async def recent(self, key: str, *, window_s: int) -> Sequence[datetime]:
        """List the failures within the window, oldest first."""
        ledger = self._ledger
        oldest = repr(ledger.now().timestamp() - window_s)
        answer = await ledger.run(ledger.call("recent", (self._name(key),), oldest))
        return [datetime.fromtimestamp(float(score), UTC) for score in answer[1][1::2]]

    async def clear(self, key: str) -> None:
        """Forget the failures."""
        await self._ledger.run(self._ledger.call("clear", (self._name(key),)))

    def _name(self, key: str) -> str:
        return self._ledger.keys.attempts(self._ledger.sealer.digest(f"attempts {key}"))
