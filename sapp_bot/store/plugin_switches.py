"""What Redis keeps for the plugin host: who is switched off, and which timers have been served.

Names of plugins and of their functions are no secrets, so they stand there in clear.
"""

from __future__ import annotations

import secrets

from .fenced import FencedScripts


class RedisSwitches:
    """Implements `ports.PluginSwitches`."""

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    async def off(self) -> frozenset[str]:
        """Name the plugins that are switched off."""
        scripts = self._scripts
        # The script `timers` reads any hash.
        answer = await scripts.run(scripts.call("timers", (scripts.keys.plugins,)))
        wishes = zip(answer[1][::2], answer[1][1::2], strict=True)
        return frozenset(name.decode() for name, wish in wishes if wish.endswith(b" off"))

    async def set_enabled(self, plugin: str, *, on: bool) -> None:
        """Switch one on or off."""
        scripts = self._scripts
        now_ms = int(scripts.now().timestamp() * 1000)
        wish = "on" if on else "off"
        await scripts.run(scripts.call("turn", (scripts.keys.plugins,), plugin, now_ms, wish))


class RedisLeases:
    """Implements `ports.Leases`."""

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    async def take(self, name: str, span: int, *, keep_s: int) -> bool:
        """Take a span, unless it or a later one was taken before."""
        scripts = self._scripts
        # The offer makes a repeat of this very call find its own answer.
        offer = secrets.token_hex(8)
        call = scripts.call("lease", (scripts.keys.lease(name),), span, offer, keep_s)
        answer = await scripts.run(call)
        return bool(answer[1])
