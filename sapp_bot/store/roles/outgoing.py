"""What workers have stored for Telegram, as the gateway sees it."""

from __future__ import annotations

from sapp_bot.domain.replies import QueuedReply
from sapp_bot.domain.updates import Due
from sapp_bot.store.fenced import FencedScripts

from .streams import Entry


class Outgoing:
    """The replies and timers that workers have committed since the gateway began.

    They lie in the outbox and among the timers, and stay there until they are done; the stream only
    tells of them, so that what it holds may be dropped at any time when those are read anew.
    """

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts

    @property
    def stream(self) -> str:
        """Redis key of the stream."""
        return self._scripts.keys.outgoing

    async def empty(self) -> None:
        """Drop what the stream holds, before outbox and timers are read.

        Raises:
            StoreAway: Redis did not answer in time.
            AlreadyRunning: another process has claimed the account.

        """
        await self._scripts.run(self._scripts.call("empty", (self.stream,)))

    async def has_workers(self) -> bool:
        """Return whether any worker has shown lately that it lives; raises as `empty`."""
        scripts = self._scripts
        answer = await scripts.run(scripts.call("staff", (scripts.keys.staff,)))
        return bool(answer[1])

    async def read(self, entry: Entry) -> QueuedReply | Due | None:
        """Return what an entry tells of; None if it cannot be read: then it is dropped."""
        scripts, (_, fields) = self._scripts, entry
        kind, name, _, blob = fields
        if kind == b"timer":
            place = scripts.keys.timers
            return scripts.sealer.get(blob, f"{place} {name.decode()}", Due)
        chat = int(name)
        place = scripts.keys.out(chat)
        queued = scripts.sealer.unpack(blob, place, QueuedReply)
        if queued is None:
            await scripts.drop(blob, place, scripts.keys.chats, chat)
        return queued
