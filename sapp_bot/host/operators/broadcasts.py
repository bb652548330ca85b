"""`Broadcasts`: one text to many people, slowly, behind all answers, and to each of them once.

Whom it goes to is fixed and kept when it begins, and what came of each copy is kept before more
are sent. A process that dies in between sends the copies under way again, under the same random
id, by which Telegram drops a second one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock, PluginStorage, TelegramPort
from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.text import Rich, italic, lines
from sapp_bot.errors import ChatPaused, TelegramAway, Undeliverable, UserError
from sapp_bot.host.pacing.token_bucket import TokenBucket
from sapp_bot.i18n import Languages
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.retry import Backoff, until_store_answers

from .broadcast_job import BroadcastJob, BroadcastStatus, Outcome

log = structlog.get_logger(__name__)

PER_S = 25
"""Copies in a second: Telegram takes some 30 messages, and answers need room.
Source: https://core.telegram.org/bots/faq, "My bot is hitting limits"."""

UNDER_WAY = 5
"""Copies that may be under way at once, so that the way to Telegram does not slow it down."""

AWAY_BACKOFF = Backoff(first_s=1.0, factor=2.0, longest_s=30.0)

GIVES_WAY_S, GIVES_WAY_TIMES = 0.05, 20
"""A copy waits for answers that are being sent, a second at most: one slow chat must not end it."""


class Broadcasts:
    """Sender of news to many people; only operators may use it.

    Args:
        storage: Keeps the broadcast.
        telegram: Delivers the copies.
        clock: Times them.
        languages: Translates the line below each copy.
        is_answering: Whether answers are being sent, which go first.
        metrics: Takes the waits that Telegram asks for.

    """

    def __init__(
        self,
        storage: PluginStorage,
        telegram: TelegramPort,
        clock: Clock,
        languages: Languages,
        is_answering: Callable[[], bool],
        *,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._storage = storage
        self._telegram = telegram
        self._clock = clock
        self._languages = languages
        self._is_answering = is_answering
        self._metrics = metrics
        self._job: BroadcastJob | None = None
        self._paused_until = clock.now()
        self._tries = 0
        self._bucket = TokenBucket.full(PER_S, 1, clock.now())
        self._begun = asyncio.Event()
        self._changed = asyncio.Event()
        self._saving = asyncio.Lock()
        self._under_way = 0
        self._is_asleep = False
        self._is_stopped = False

    @property
    def status(self) -> BroadcastStatus | None:
        """How far the newest broadcast is; None if there was none."""
        return self._job.status if self._job is not None else None

    async def begin(
        self,
        key: str,
        operator: int,
        texts: Mapping[str, Rich],
        people: Sequence[tuple[int, str]],
    ) -> BroadcastStatus:
        """Begin a broadcast, which goes on by itself, over restarts, too.

        Args:
            key: Its name, as `ctx.key`: begun twice under one name, it is sent once.
            operator: Telegram user id of who sends it.
            texts: The text by language, as "ru"; that of "" goes to all others.
            people: Telegram user id and language of each; somebody who is twice there gets one.

        Raises:
            UserError: another one is being sent.
            StoreAway: Redis does not answer; nothing was begun.

        """
        job = self._job
        if job is not None and job.id == key:
            return job.status
        if job is not None and job.state == "sending":
            raise UserError("A broadcast is being sent. Wait for its end, or cancel it.")
        job = BroadcastJob(key, operator, texts, list(dict(people).items()))
        await self._storage.write(job.all_writes())
        self._job = job
        self._begun.set()
        log.info("broadcast.begun", people=len(job.people))
        return job.status

    async def cancel(self) -> BroadcastStatus | None:
        """End the broadcast; copies that are under way arrive. Returns how far it came.

        Raises:
            StoreAway: Redis does not answer; it goes on.

        """
        job = self._job
        if job is None or job.state != "sending":
            return self.status
        job.state = "cancelled"
        try:
            async with self._saving:
                await self._storage.write([job.progress_write()])
        except BaseException:
            job.state = "sending"
            self._begun.set()
            raise
        log.info("broadcast.cancelled")
        return job.status

    async def run(self) -> NoReturn:
        """Go on with what an earlier process left, then send what is begun, until cancelled."""
        self._job = await until_store_answers(
            self._clock, partial(BroadcastJob.read, self._storage)
        )
        while True:
            job = self._job
            if job is not None and job.state == "sending" and not self._is_stopped:
                await self._send_all(job)
            self._begun.clear()
            self._changed.set()
            await self._begun.wait()

    async def idle(self) -> None:
        """Wait until nothing goes on but waiting for the clock."""
        while self._is_working:
            self._changed.clear()
            await self._changed.wait()

    async def stop(self) -> None:
        """Send no more copies, and wait for those under way."""
        self._is_stopped = True
        while self._under_way:
            self._changed.clear()
            await self._changed.wait()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the clock, as nothing else goes on; `until_store_answers` takes this, too."""
        self._is_asleep = True
        self._changed.set()
        try:
            await self._clock.sleep(seconds)
        finally:
            self._is_asleep = False

    @property
    def _is_working(self) -> bool:
        is_sending = self._job is not None and self._job.state == "sending"
        if self._is_stopped or not (is_sending or self._under_way):
            return False
        return self._under_way > 0 or not self._is_asleep

    async def _send_all(self, job: BroadcastJob) -> None:
        """Send all copies; ends with the last one, or when it is cancelled or stopped."""
        async with asyncio.TaskGroup() as tasks:
            while not self._is_stopped:
                if self._under_way >= UNDER_WAY:
                    await self._change()
                    continue
                index = job.take()
                if index is None and not self._under_way:
                    break
                if index is None:
                    await self._change()
                    continue
                await self._pass_one()
                if job.state != "sending" or self._is_stopped:
                    break
                self._under_way += 1
                tasks.create_task(self._send(job, index))
        if job.state == "sending" and not self._is_stopped:
            job.state = "done"
            await self._save(job)
            status = job.status
            counts = {"sent": status.sent, "unreachable": status.unreachable}
            log.info("broadcast.done", **counts, refused=status.refused)

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _pass_one(self) -> None:
        """Wait until one more copy may go: the rate, a pause of Telegram's, and answers."""
        while wait_s := max(self._pause_s, self._bucket.wait_s(self._clock.now())):
            await self.sleep(wait_s)
        for _ in range(GIVES_WAY_TIMES):
            if not self._is_answering():
                break
            await self.sleep(GIVES_WAY_S)
        self._bucket.take(self._clock.now())

    @property
    def _pause_s(self) -> float:
        return max(0.0, (self._paused_until - self._clock.now()).total_seconds())

    async def _send(self, job: BroadcastJob, index: int) -> None:
        """Send one copy and keep what came of it; when it cannot go now, it is tried again."""
        try:
            outcome = await self._outcome(job, index)
            if outcome is None:
                job.put_back(index)
                return
            job.finish(index, outcome)
            await self._save(job)
        finally:
            self._under_way -= 1
            self._changed.set()

    async def _outcome(self, job: BroadcastJob, index: int) -> Outcome | None:
        """Try to send one copy; return None when it has to wait, with all others."""
        person, language = job.people[index]
        below = self._languages.translator(language or "en").text(
            "You get this because you use this bot. /news off ends it."
        )
        text = lines(job.text_for(language), "", italic(below))
        try:
            return await self._deliver(
                QueuedReply(f"broadcast/{job.id}/{person}", Send(person, text))
            )
        except ChatPaused as error:
            log.info("broadcast.paused", s=error.wait_s)
            self._metrics.observe("flood_wait_seconds", error.wait_s, of="broadcasts")
            self._pause(error.wait_s)
        except TelegramAway:
            self._pause(AWAY_BACKOFF.wait_s(self._tries))
            self._tries += 1
        return None

    async def _deliver(self, queued: QueuedReply) -> Outcome:
        reply = queued.reply
        assert isinstance(reply, Send)  # noqa: S101  # made above
        for form in (reply, Send(reply.chat_id, Rich(reply.text.plain))):
            try:
                await self._telegram.deliver(form, queued.random_id)
            except Undeliverable as error:
                if not error.for_its_form:
                    return "unreachable"
            else:
                self._tries = 0
                return "sent"
        return "refused"

    def _pause(self, seconds: float) -> None:
        until: datetime = self._clock.now() + timedelta(seconds=seconds)
        self._paused_until = max(self._paused_until, until)

    async def _save(self, job: BroadcastJob) -> None:
        async with self._saving:
            write = partial(self._storage.write, [job.progress_write()])
            await until_store_answers(self._clock, write)
