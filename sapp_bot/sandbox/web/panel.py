"""What the side panel tells an author: plugins, troubles, the API's calls, faults."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from sapp_bot.sandbox.console.stage import SandboxProcesses

from .hub import Hub
from .shown import Shown

EVERY_S = 0.5
_CALLS = 30
_MS = 1000


class AuthorPanel:
    """Tells the pages what happens behind the chats, whenever it changes.

    Args:
        stage: The servers and the bot, running.
        hub: The pages.

    """

    def __init__(self, stage: SandboxProcesses, hub: Hub) -> None:
        self._stage = stage
        self._hub = hub
        self._told: Shown = {}

    def read(self) -> Shown:
        """Return the panel as it is now."""
        log = self._stage.bot_log
        log.read()
        switches = self._stage.switches
        return {
            "type": "panel",
            "plugins": [asdict(plugin) for plugin in log.plugins],
            "troubles": [asdict(trouble) for trouble in reversed(log.troubles)],
            "calls": [
                {
                    "name": call.name,
                    "status": call.status,
                    "ms": None if call.took_s is None else round(call.took_s * _MS),
                }
                for call in reversed(self._stage.api_calls()[-_CALLS:])
            ],
            "switches": [
                {"name": name, "on": on, "about": switches.about(name)}
                for name, on in switches.states().items()
            ],
        }

    async def watch(self) -> None:
        """Tell the pages at each change. Ends when cancelled."""
        while True:
            panel = self.read()
            if panel != self._told:
                self._told = self._hub.panel = panel
                self._hub.publish(panel)
            await asyncio.sleep(EVERY_S)
