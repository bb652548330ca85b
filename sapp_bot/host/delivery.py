"""Replies on their way out: in order per chat, until they arrive or never can."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

import structlog

from sapp_bot.errors import ChatPaused, StoreAway, TelegramAway, Undeliverable
from sapp_bot.ports import Clock, Outbox, Telegram, Write
from sapp_bot.replies import Parcel

log = structlog.get_logger(__name__)

RETRY_S = 0.5

LONGEST_RETRY_S = 5.0
"""Each further try of one reply waits twice as long, up to this: what Telegram cannot do for one
message now it may not be able to do for long."""


class Delivery:
    """Sends what was committed. Chats do not wait for each other."""

    def __init__(self, outbox: Outbox, telegram: Telegram, clock: Clock) -> None:
        self._outbox = outbox
        self._telegram = telegram
        self._clock = clock
        self._chats: dict[int, deque[Parcel]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._is_over = asyncio.Event()
        self._calm = asyncio.Event()
        self._calm.set()

    async def run(self, left: Iterable[Parcel] = ()) -> None:
        """Send what an earlier process left, then work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for parcel in left:
                self.send(parcel)
            await self._is_over.wait()

    async def drain(self) -> None:
        """Wait until everything was sent."""
        await self._calm.wait()

    async def push(self, parcel: Parcel) -> None:
        """Store a reply that cannot wait for the end of a turn, and send it."""
        await self._outbox.push(parcel)
        self.send(parcel)

    async def tell(self, name: str, parcels: Sequence[Parcel], writes: Sequence[Write]) -> None:
        """Store what a timer says and keeps, in one step however long that takes, and send it."""
        while True:
            try:
                await self._outbox.tell(name, parcels, writes)
            except StoreAway as error:
                log.warning("store.away", reason=str(error))
                await self._clock.sleep(RETRY_S)
            else:
                break
        for parcel in parcels:
            self.send(parcel)

    def send(self, parcel: Parcel) -> None:
        """Send a stored reply behind the chat's others; never waits."""
        if self._tasks is None:
            return  # it is stored: the next run takes it up
        chat_id = parcel.reply.chat_id
        queue = self._chats.get(chat_id)
        if queue is not None:
            queue.append(parcel)
            return
        self._chats[chat_id] = deque([parcel])
        self._calm.clear()
        self._tasks.create_task(self._work(chat_id))

    async def _work(self, chat_id: int) -> None:
        queue = self._chats[chat_id]
        while queue:
            parcel = queue[0]
            message_id = await self._deliver(parcel)
            await self._note(parcel, message_id)
            queue.popleft()
        del self._chats[chat_id]
        if not self._chats:
            self._calm.set()

    async def _deliver(self, parcel: Parcel) -> int | None:
        """Try until it arrived; None when it never can."""
        pause_s = RETRY_S
        while True:
            try:
                return await self._telegram.deliver(parcel.reply, parcel.random_id)
            except Undeliverable as error:
                log.warning("reply.dropped", reason=str(error))
                return None
            except ChatPaused as error:
                log.info("chat.paused", s=error.wait_s)
                await self._clock.sleep(error.wait_s)
            except TelegramAway as error:
                log.info("reply.waits", reason=str(error))
                await self._clock.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_RETRY_S)

    async def _note(self, parcel: Parcel, message_id: int | None) -> None:
        while True:
            try:
                await self._outbox.sent(parcel, message_id)
            except StoreAway as error:
                log.warning("store.away", reason=str(error))
                await self._clock.sleep(RETRY_S)
            else:
                return
