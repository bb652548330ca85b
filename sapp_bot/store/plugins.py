"""What Redis keeps for the plugin host: who is switched off, and which timers have been served.

Names of plugins and of their functions are no secrets, so they stand there in clear.
"""

from __future__ import annotations

import secrets

from .ledger import Ledger


class RedisSwitches:
    """The protocol `ports.Switches`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def off(self) -> frozenset[str]:
        """Name the plugins that are switched off."""
        ledger = self._ledger
        # The script `timers` reads any hash.
        answer = await ledger.run(ledger.call("timers", (ledger.keys.plugins,)))
        wishes = zip(answer[1][::2], answer[1][1::2], strict=True)
        return frozenset(name.decode() for name, wish in wishes if wish.endswith(b" off"))

    async def turn(self, plugin: str, *, on: bool) -> None:
        """Switch one on or off."""
        ledger = self._ledger
        now_ms = int(ledger.now().timestamp() * 1000)
        wish = "on" if on else "off"
        await ledger.run(ledger.call("turn", (ledger.keys.plugins,), plugin, now_ms, wish))


class RedisLeases:
    """The protocol `ports.Leases`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def take(self, name: str, span: int, *, keep_s: int) -> bool:
        """Take a span, unless it or a later one was taken before."""
        ledger = self._ledger
        # The offer makes a repeat of this very call find its own answer.
        offer = secrets.token_hex(8)
        call = ledger.call("lease", (ledger.keys.lease(name),), span, offer, keep_s)
        answer = await ledger.run(call)
        return bool(answer[1])
