"""Delivers stored replies, in order per chat, until each is delivered or undeliverable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

import structlog

from sapp_bot.domain.ports import Clock, OutboxStore, StorageWrite, TelegramPort
from sapp_bot.domain.replies import (
    CloseScreens,
    Edit,
    FileSource,
    Invoice,
    PictureSource,
    QueuedReply,
    Remove,
    Reply,
    ReplyTo,
    Send,
    WithoutButtons,
)
from sapp_bot.domain.text import Rich, lines
from sapp_bot.errors import ChatPaused, SappBotError, TelegramAway, Undeliverable
from sapp_bot.host.pacing.sending import SendingPace, SendingRates
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.observability.trace import begin_trace
from sapp_bot.retry import Backoff, note_retry, until_store_answers
from sapp_bot.values import replace

log = structlog.get_logger(__name__)

DELIVERY_BACKOFF = Backoff(first_s=0.5, factor=2.0, longest_s=5.0)
"""Waits between the tries of one reply: Telegram may refuse a single message for long."""


async def _in_english(_chat_id: int) -> Rich:
    return Rich("I could not show that.")


class Renderers(Protocol):
    """Renderers of the pictures and files that replies name."""

    async def draw(self, source: PictureSource) -> bytes | None:
        """Return PNG or JPEG bytes; None when the picture can never be drawn."""

    async def write(self, source: FileSource) -> bytes | None:
        """Return the bytes of a file; None when it can never be written."""


class OutboxWorker:
    """Sender of committed replies: one queue per chat, and chats do not wait for each other.

    Args:
        outbox: Holds the replies until they are sent.
        telegram: Delivers them.
        clock: Times the retries.
        renderers: Draws pictures and writes files at the time of delivery.
        metrics: Counts replies and retries.
        rates: How fast replies may go out.
        apology: Returns what stands for a reply that Telegram refuses in any form, by chat id.

    """

    def __init__(
        self,
        outbox: OutboxStore,
        telegram: TelegramPort,
        clock: Clock,
        renderers: Renderers,
        metrics: Metrics = NO_METRICS,
        *,
        rates: SendingRates = SendingRates(),  # noqa: B008  # frozen
        apology: Callable[[int], Awaitable[Rich]] | None = None,
    ) -> None:
        self._apology = apology or _in_english
        self._outbox = outbox
        self._telegram = telegram
        self._clock = clock
        self._renderers = renderers
        self._metrics = metrics
        self._pace = SendingPace(rates, clock)
        self._per_s = rates.per_s
        self._chats: dict[int, list[QueuedReply]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._never = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self, left: Iterable[QueuedReply] = ()) -> None:
        """Send the unsent replies of an earlier process (`left`), then work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for queued in left:
                self.send(queued)
            await self._never.wait()  # keeps the task group open

    async def drain(self) -> None:
        """Wait until every queued reply was sent or dropped."""
        await self._idle.wait()

    @property
    def is_busy(self) -> bool:
        """Whether replies are waiting or being sent."""
        return bool(self._chats)

    @property
    def is_behind(self) -> bool:
        """Whether replies wait in more chats than get one in a second."""
        return 0 < self._per_s < len(self._chats)

    async def push(self, queued: QueuedReply) -> None:
        """Store and send a reply that cannot wait for the end of its turn.

        Raises:
            StoreAway: the store does not answer.

        """
        await self._outbox.push(queued)
        self.send(queued)

    async def tell(
        self, name: str, replies: Sequence[QueuedReply], writes: Sequence[StorageWrite]
    ) -> None:
        """Store a timer's replies and writes in one step, and send the replies.

        Waits for the store however long it is away.

        Args:
            name: Name of the timer's run; a second call with the same name changes nothing.
            replies: What the run says.
            writes: What the run stores.

        """
        tell = partial(self._outbox.tell, name, replies, writes)
        await until_store_answers(self._clock, tell)
        for queued in replies:
            self.send(queued)

    def note_asked(self, chat_id: int) -> None:
        """Note that an answer will be waited for in a chat, after all that was asked before."""
        self._pace.note_asked(chat_id)

    def send(self, queued: QueuedReply) -> None:
        """Queue a stored reply behind the others of its chat; never waits."""
        if self._tasks is None:
            return  # it is stored: `run` gets it with the unsent ones
        chat_id = queued.reply.chat_id
        queue = self._chats.get(chat_id)
        if queue is not None:
            queue.append(queued)
            return
        self._chats[chat_id] = [queued]
        self._idle.clear()
        self._metrics.gauge("chats_waiting", len(self._chats))
        self._tasks.create_task(self._work(chat_id))

    async def _work(self, chat_id: int) -> None:
        queue = self._chats[chat_id]
        closed: list[QueuedReply] = []
        while queue:
            queued = queue[0]
            message_id = await self._deliver(queued)
            if isinstance(queued.reply, CloseScreens) and len(queue) > 1:
                closed.append(queued)  # repeated, it changes nothing: it is marked with the next
            else:
                # Before the next one: a restart in between sends again what is not marked, and
                # Telegram drops the repetition by its random id.
                marks = [self._mark_sent(before, None) for before in closed]
                await asyncio.gather(*marks, self._mark_sent(queued, message_id))
                closed.clear()
            del queue[0]
        del self._chats[chat_id]
        self._metrics.gauge("chats_waiting", len(self._chats))
        if not self._chats:
            self._idle.set()

    async def _deliver(self, queued: QueuedReply) -> int | None:
        """Repeat until the reply is delivered; return its message id, None if undeliverable."""
        retry = 0
        begin_trace(queued.id.rpartition("/")[0])
        reply, content = await self._with_content(queued.reply)
        while True:
            try:
                if isinstance(reply, CloseScreens):
                    reply = await self._found(reply)
                else:
                    await self._pace.pass_one(reply.chat_id)
                message_id = await self._attempt(reply, queued.random_id, content)
            except Undeliverable as error:
                plainer = await self._plainer(reply) if error.for_its_form else None
                if error.for_its_form:
                    reason = str(error)
                    log.error("reply.refused", plugin=queued.plugin, reason=reason)  # noqa: TRY400  # no trace: the reason is all
                if plainer is None:
                    log.warning("reply.dropped", plugin=queued.plugin, reason=str(error))
                    self._metrics.count("replies", outcome="dropped")
                    return None
                reply, content = plainer, None
            except ChatPaused as error:
                log.info("chat.paused", s=error.wait_s)
                self._pace.note_pause(reply.chat_id, error.wait_s)
                self._metrics.count("reply_retries", cause="paused")
                self._metrics.observe("flood_wait_seconds", error.wait_s, of="replies")
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

    async def _plainer(self, reply: Reply) -> Reply | None:
        """Return what to send in place of a refused reply, as its author could not see that.

        First the same as no reply to a message, then without buttons, picture and file, then
        without formatting, then an apology.
        """
        if isinstance(reply, Remove | CloseScreens):
            return None
        if isinstance(reply, Invoice):
            return Send(reply.chat_id, await self._apology(reply.chat_id))
        if isinstance(reply, Edit) and reply.was_picture:
            reply = reply.anew()  # a picture's caption cannot become a text
        if isinstance(reply, Send) and reply.reply_to is not None:
            return replace(reply, reply_to=_wider(reply.reply_to))
        bare = replace(reply, rows=(), picture=None)
        bare = replace(bare, file=None) if isinstance(bare, Send) else bare
        if bare != reply:
            return bare
        if reply.text.entities:
            return replace(reply, text=Rich(reply.text.plain))
        apology = await self._apology(reply.chat_id)
        return None if reply.text == apology else replace(reply, text=apology)

    async def _with_content(self, reply: Reply) -> tuple[Reply, bytes | None]:
        """Return a reply and its picture or file; the reply alone when that cannot be made."""
        if isinstance(reply, WithoutButtons):
            return reply, None
        if isinstance(reply, Send) and reply.file is not None:
            return await self._with_file(reply, reply.file)
        if reply.picture is None:
            return reply, None
        image = await self._renderers.draw(reply.picture)
        return (reply, image) if image is not None else (replace(reply, picture=None), None)

    async def _with_file(self, reply: Send, source: FileSource) -> tuple[Send, bytes | None]:
        content = await self._renderers.write(source)
        if content is not None:
            return reply, content
        # A caption such as "Here is the report" would be wrong alone.
        apology = await self._apology(reply.chat_id)
        return replace(reply, file=None, text=lines(reply.text, apology)), None

    async def _attempt(self, reply: Reply, random_id: int, content: bytes | None) -> int | None:
        """Try once; an edit between text and picture becomes a removal and a new message."""
        if isinstance(reply, Edit) and reply.was_picture != (content is not None):
            await self._telegram.remove(reply.chat_id, reply.message_id)
            reply = reply.anew()
        try:
            return await self._telegram.deliver(reply, random_id, content)
        except SappBotError:
            raise
        except Exception as error:
            # A border: a reply that cannot be made into a request would end the process, now and
            # at each start.
            log.exception("reply.malformed")
            raise Undeliverable(type(error).__name__, for_its_form=True) from error

    async def _found(self, reply: CloseScreens) -> CloseScreens:
        """Return a reply with the messages of its screens: those that show one, each once."""
        found: list[int | None] = [*reply.message_ids]
        for name in reply.screens:
            look = partial(self._outbox.screen, reply.chat_id, name)
            found.append(await until_store_answers(self._clock, look))
        return replace(reply, message_ids=tuple(dict.fromkeys(i for i in found if i is not None)))

    async def _mark_sent(self, queued: QueuedReply, message_id: int | None) -> None:
        await until_store_answers(self._clock, partial(self._outbox.sent, queued, message_id))


def _wider(place: ReplyTo) -> ReplyTo | None:
    """Return where a reply goes when what it answers is deleted: into the topic, or nowhere."""
    topic = place.topic
    return ReplyTo(topic, topic) if topic is not None and topic != place.message_id else None
