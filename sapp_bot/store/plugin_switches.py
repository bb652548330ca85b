"""State of the plugin host in Redis: disabled plugins, and leases of periodic tasks.

Names of plugins and of their functions are not secret, so they are stored in clear.
"""

from __future__ import annotations

import secrets

from .fenced import FencedScripts


class RedisSwitches:
    """Implements `ports.PluginSwitches`.

    Each call raises `StoreAway` and `AlreadyRunning` as `FencedScripts.run` does.
    """

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    async def off(self) -> frozenset[str]:
        """Return the names of the disabled plugins."""
        scripts = self._scripts
        # The script `timers` is a plain HGETALL, which fits this hash too.
        answer = await scripts.run(scripts.call("timers", (scripts.keys.plugins,)))
        wishes = zip(answer[1][::2], answer[1][1::2], strict=True)
        return frozenset(name.decode() for name, wish in wishes if wish.endswith(b" off"))

    async def set_enabled(self, plugin: str, *, on: bool) -> None:
        """Enable or disable a plugin, for this and all later processes."""
        scripts = self._scripts
        now_ms = int(scripts.now().timestamp() * 1000)
        wish = "on" if on else "off"
        await scripts.run(scripts.call("turn", (scripts.keys.plugins,), plugin, now_ms, wish))


class RedisLeases:
    """Implements `ports.Leases`.

    Each call raises `StoreAway` and `AlreadyRunning` as `FencedScripts.run` does.
    """

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    async def take(self, name: str, span: int, *, keep_s: int) -> bool:
        """Take the lease of one time slot of a periodic task.

        Args:
            name: Name of the task.
            span: Number of the slot; later slots have larger numbers.
            keep_s: Seconds for which the lease is remembered.

        Returns:
            Whether this process has the lease; False if the slot or a later one was taken before.

        """
        scripts = self._scripts
        # The token lets a repeat of this call, after a lost answer, recognise its own lease.
        offer = secrets.token_hex(8)
        call = scripts.call("lease", (scripts.keys.lease(name),), span, offer, keep_s)
        answer = await scripts.run(call)
        return bool(answer[1])
