"""The outbox of a worker: what it stores is sent by the gateway, which is told of it."""

from __future__ import annotations

from collections.abc import Callable

from sapp_bot.domain.replies import QueuedReply
from sapp_bot.store.fenced import FencedScripts
from sapp_bot.store.outbox import RedisOutbox

from .worker_inbox import Ticket


class WorkerOutbox(RedisOutbox):
    """Implements `ports.OutboxStore` for a process that sends nothing itself.

    Args:
        scripts: Runs the Lua scripts.
        worker: Name of this worker in the consumer group.
        ticket_of: Returns the ticket under which an update is in work here, by the update's key;
            None for what is no update of a person's. A reply to an update is added only while
            that ticket is this worker's: else another one has answered already, perhaps.

    """

    def __init__(
        self, scripts: FencedScripts, worker: str, ticket_of: Callable[[str], Ticket | None]
    ) -> None:
        super().__init__(scripts)
        self._worker = worker
        self._ticket_of = ticket_of

    def _push(self, queued: QueuedReply) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        keys = self._scripts.keys
        ticket = self._ticket_of(queued.id.rpartition("/")[0])
        if ticket is None:
            return "push_out", (keys.outgoing,), ()
        return "push_held", (keys.ready, keys.outgoing), (ticket.entry, self._worker)

    def _tell(self) -> tuple[str, tuple[str, ...]]:
        return "tell_out", (self._scripts.keys.outgoing,)
