"""Counts failed attempts in Redis, by hashed key, within a sliding window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from .fenced import FencedScripts


class RedisAttempts:
    """Implements `ports.Attempts`; keys and attempts are stored as hashes.

    Each call raises `StoreAway` and `AlreadyRunning` as `FencedScripts.run` does.
    """

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    async def note(self, key: str, attempt: str, *, window_s: int) -> None:
        """Count one failure.

        Args:
            key: Whose failures are counted, as an e-mail address.
            attempt: Id of the failure; the same one counts once, so the call may be repeated.
            window_s: Seconds after which failures are forgotten.

        """
        scripts = self._scripts
        now = scripts.now().timestamp()
        digest = scripts.sealer.digest(f"attempt {attempt}")
        oldest = repr(now - window_s)
        await scripts.run(
            scripts.call("note", (self._name(key),), digest, repr(now), window_s, oldest)
        )

    async def recent(self, key: str, *, window_s: int) -> Sequence[datetime]:
        """Return the times (aware UTC) of the failures within `window_s` seconds, oldest first."""
        scripts = self._scripts
        oldest = repr(scripts.now().timestamp() - window_s)
        answer = await scripts.run(scripts.call("recent", (self._name(key),), oldest))
        return [datetime.fromtimestamp(float(score), UTC) for score in answer[1][1::2]]

    async def clear(self, key: str) -> None:
        """Delete the failures counted under a key."""
        await self._scripts.run(self._scripts.call("clear", (self._name(key),)))

    def _name(self, key: str) -> str:
        return self._scripts.keys.attempts(self._scripts.sealer.digest(f"attempts {key}"))
