"""Failed attempts in Redis, by hashed key, within a window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from .fenced import FencedScripts


class RedisAttempts:
    """Implements `ports.Attempts`: neither an e-mail nor an attempt can be read in Redis."""

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    async def note(self, key: str, attempt: str, *, window_s: int) -> None:
        """Count one failure; the same `attempt` counts once."""
        scripts = self._scripts
        now = scripts.now().timestamp()
        digest = scripts.sealer.digest(f"attempt {attempt}")
        oldest = repr(now - window_s)
        await scripts.run(
            scripts.call("note", (self._name(key),), digest, repr(now), window_s, oldest)
        )

    async def recent(self, key: str, *, window_s: int) -> Sequence[datetime]:
        """List the failures within the window, oldest first."""
        scripts = self._scripts
        oldest = repr(scripts.now().timestamp() - window_s)
        answer = await scripts.run(scripts.call("recent", (self._name(key),), oldest))
        return [datetime.fromtimestamp(float(score), UTC) for score in answer[1][1::2]]

    async def clear(self, key: str) -> None:
        """Forget the failures."""
        await self._scripts.run(self._scripts.call("clear", (self._name(key),)))

    def _name(self, key: str) -> str:
        return self._scripts.keys.attempts(self._scripts.sealer.digest(f"attempts {key}"))
