"""Replies on their way out: in order per chat, until they arrive or never can."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

import structlog

from sapp_bot.domain.ports import Clock, OutboxStore, StorageWrite, TelegramPort
from sapp_bot.domain.replies import Edit, PictureSource, QueuedReply, Remove, Reply
from sapp_bot.errors import ChatPaused, TelegramAway, Undeliverable
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.retry import Backoff, note_retry, until_store_answers

log = structlog.get_logger(__name__)

DELIVERY_BACKOFF = Backoff(first_s=0.5, factor=2.0, longest_s=5.0)
"""Between the tries of one reply: what Telegram cannot do for a message now it may not be able to
do for long."""


class Renderers(Protocol):
    """Draws the pictures that replies name."""

    async def draw(self, source: PictureSource) -> bytes | None:
        """Return a PNG or JPEG; None when it cannot be drawn, however often one tries."""


class OutboxWorker:
    """Sends what was committed. Chats do not wait for each other."""

    def __init__(
        self,
        outbox: OutboxStore,
        telegram: TelegramPort,
        clock: Clock,
        renderers: Renderers,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._outbox = outbox
        self._telegram = telegram
        self._clock = clock
        self._renderers = renderers
        self._metrics = metrics
        self._chats: dict[int, deque[QueuedReply]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._is_over = asyncio.Event()
        self._calm = asyncio.Event()
        self._calm.set()

    async def run(self, left: Iterable[QueuedReply] = ()) -> None:
        """Send what an earlier process left, then work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for queued in left:
                self.send(queued)
            await self._is_over.wait()

    async def drain(self) -> None:
        """Wait until everything was sent."""
        await self._calm.wait()

    async def push(self, queued: QueuedReply) -> None:
        """Store a reply that cannot wait for the end of a turn, and send it."""
        await self._outbox.push(queued)
        self.send(queued)

    async def tell(
        self, name: str, replies: Sequence[QueuedReply], writes: Sequence[StorageWrite]
    ) -> None:
        """Store what a timer says and keeps, in one step however long that takes, and send it."""
        tell = partial(self._outbox.tell, name, replies, writes)
        await until_store_answers(self._clock, tell)
        for queued in replies:
            self.send(queued)

    def send(self, queued: QueuedReply) -> None:
        """Send a stored reply behind the chat's others; never waits."""
        if self._tasks is None:
            return  # it is stored: the next run takes it up
        chat_id = queued.reply.chat_id
        queue = self._chats.get(chat_id)
        if queue is not None:
            queue.append(queued)
            return
        self._chats[chat_id] = deque([queued])
        self._calm.clear()
        self._metrics.gauge("chats_waiting", len(self._chats))
        self._tasks.create_task(self._work(chat_id))

    async def _work(self, chat_id: int) -> None:
        queue = self._chats[chat_id]
        while queue:
            queued = queue[0]
            message_id = await self._deliver(queued)
            await self._note(queued, message_id)
            queue.popleft()
        del self._chats[chat_id]
        self._metrics.gauge("chats_waiting", len(self._chats))
        if not self._chats:
            self._calm.set()

    async def _deliver(self, queued: QueuedReply) -> int | None:
        """Try until it arrived; None when it never can."""
        retry = 0
        reply, image = await self._drawn(queued.reply)
        while True:
            try:
                message_id = await self._attempt(reply, queued.random_id, image)
            except Undeliverable as error:
                log.warning("reply.dropped", reason=str(error))
                self._metrics.count("replies", outcome="dropped")
                return None
            except ChatPaused as error:
                log.info("chat.paused", s=error.wait_s)
                self._metrics.count("reply_retries", cause="paused")
                await self._clock.sleep(error.wait_s)
            except TelegramAway as error:
                wait_s = DELIVERY_BACKOFF.wait_s(retry)
                note_retry("telegram", error, retry=retry, wait_s=wait_s)
                self._metrics.count("reply_retries", cause="away")
                await self._clock.sleep(wait_s)
                retry += 1
            else:
                self._metrics.count("replies", outcome="sent")
                return message_id

    async def _drawn(self, reply: Reply) -> tuple[Reply, bytes | None]:
        """Draw a reply's picture; one that cannot be drawn leaves its text."""
        if isinstance(reply, Remove) or reply.picture is None:
            return reply, None
        image = await self._renderers.draw(reply.picture)
        return (reply, image) if image is not None else (replace(reply, picture=None), None)

    async def _attempt(self, reply: Reply, random_id: int, image: bytes | None) -> int | None:
        """Try once; a message that is to change its kind is replaced."""
        if isinstance(reply, Edit) and reply.was_picture != (image is not None):
            await self._telegram.remove(reply.chat_id, reply.message_id)
            reply = reply.anew()
        return await self._telegram.deliver(reply, random_id, image)

    async def _note(self, queued: QueuedReply, message_id: int | None) -> None:
        await until_store_answers(self._clock, partial(self._outbox.sent, queued, message_id))
