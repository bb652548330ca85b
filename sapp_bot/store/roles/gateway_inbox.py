"""The inbox of a gateway: it stores what arrives, and tells the workers whom they have to serve."""

from __future__ import annotations

from sapp_bot.domain.ports import Accepted
from sapp_bot.domain.updates import Update
from sapp_bot.store.command_pipeline import PipelinedCall
from sapp_bot.store.fenced import FencedScripts
from sapp_bot.store.inbox import Lane, RedisInbox


class GatewayInbox(RedisInbox):
    """Implements `ports.InboxStore` for a process that handles nothing itself."""

    def __init__(self, scripts: FencedScripts, lane: Lane, *, limit: int) -> None:
        super().__init__(scripts, lane, limit=limit)
        self._lane_name = lane.name

    async def accept(self, update: Update) -> Accepted:
        """Store an update as `RedisInbox.accept` does, and put its person before the workers.

        Returns:
            Never that the update is there to be handled: a worker does that.

        """
        accepted = await super().accept(update)
        return accepted if accepted.full else Accepted(fresh=False)

    async def announce(self) -> None:
        """Put everybody before the workers whose updates wait; those of an earlier bot, too.

        Raises:
            StoreAway: Redis did not answer in time.
            AlreadyRunning: another process has claimed the account.

        """
        scripts, keys = self._scripts, self._scripts.keys
        places = (self._lane.people, keys.ready, keys.queued)
        await scripts.run(scripts.call("announce", places, self._lane_name))

    def _offered(self, update: Update) -> PipelinedCall:
        keys = self._scripts.keys
        who = f"{self._lane_name}:{update.sender.id}"
        now_ms = str(round(self._scripts.now().timestamp() * 1000))
        more_keys = (keys.ready, keys.queued, keys.arrived)
        return self._offer(update, "offer", more_keys, (who, now_ms))
