"""Locks in Redis: one holder over all processes of the account."""

from __future__ import annotations

from .fenced import FencedScripts


class RedisLocks:
    """The protocol `ports.LockStore`. A lock ends by itself when its holder dies."""

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    async def acquire(self, name: str, token: str, *, ttl_s: int) -> bool:
        """Take the lock for `ttl_s` seconds; False while another token holds it."""
        scripts = self._scripts
        answer = await scripts.run(
            scripts.call("acquire", (scripts.keys.lock(name),), token, ttl_s)
        )
        return bool(answer[1])

    async def release(self, name: str, token: str) -> None:
        """Release the lock, if this token still holds it."""
        scripts = self._scripts
        await scripts.run(scripts.call("release", (scripts.keys.lock(name),), token))
