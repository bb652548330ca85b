"""What fences the scripts of a gateway and of its workers, in a bot of several processes."""

from __future__ import annotations

from typing import Any

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import StoreAway, WorkTaken
from sapp_bot.store.command_pipeline import CommandPipeline, PipelinedCall
from sapp_bot.store.fenced import FencedScripts
from sapp_bot.store.keys import Keys
from sapp_bot.store.sealing import Sealer

from .scripts import WORD


class GatewayScripts(FencedScripts):
    """Scripts of the process that has the account; its claim lets workers work."""

    def _claiming(self) -> PipelinedCall:
        keys = self.keys
        return PipelinedCall(
            "lead",
            (keys.owner, keys.workers, keys.ready, keys.calls, keys.arrived),
            (self.token,),
        )


class WorkerScripts(FencedScripts):
    """Scripts of a worker: they go through as long as some gateway has the account."""

    def __init__(self, pipeline: CommandPipeline, keys: Keys, sealer: Sealer, clock: Clock) -> None:
        super().__init__(pipeline, keys, sealer, clock)
        self._fence, self.token = keys.workers, WORD

    async def run(self, call: PipelinedCall) -> list[Any]:
        """Run a call as `FencedScripts.run` does.

        Raises:
            WorkTaken: the person's updates are another worker's by now.

        """
        answer = await super().run(call)
        if answer[0] == b"taken":
            raise WorkTaken
        return answer

    async def claim(self) -> None:
        """Do nothing: a worker works for an account that its gateway has claimed."""

    async def _regain(self) -> None:
        raise StoreAway("no gateway has begun to work with this Redis yet")
