"""Runs a handler with a deadline, and shows "typing" and a notice when it takes long."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from sapp_bot.domain.ports import Clock, TelegramPort
from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Press
from sapp_bot.errors import SappBotError
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.runtime.background import BackgroundTasks
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.host.runtime.threads import in_thread
from sapp_bot.observability.metrics import NO_METRICS, Metrics

log = structlog.get_logger(__name__)

T = TypeVar("T")


class HandlerTimeout(SappBotError):
    """A handler did not end within its limit."""

    reply = "That took too long, so I stopped waiting. Please look whether it was done, or retry."
    retry = True


class ReplyQueue(Protocol):
    """Outbox for replies that cannot wait for the end of the turn."""

    async def push(self, queued: QueuedReply) -> None:
        """Store and send a reply."""


class Runner:
    """Runner of all handlers.

    Args:
        telegram: Shows "typing".
        notices: Sends the "still working" notice at once.
        clock: Times the handlers.
        metrics: Records their durations.

    """

    def __init__(
        self,
        telegram: TelegramPort,
        notices: ReplyQueue,
        clock: Clock,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._telegram = telegram
        self._notices = notices
        self._clock = clock
        self._metrics = metrics
        self._background = BackgroundTasks()

    async def run(
        self,
        work: Coroutine[Any, Any, T],
        turn: Turn,
        still: Callable[[], Rich],
        owner: TaskOwner | None = None,
    ) -> T:
        """Run a handler to its end and return its result.

        Args:
            work: The handler's coroutine.
            turn: The turn that it handles, with the time limits in its settings.
            still: Returns the text of the notice; called when the handler takes long.
            owner: Owner of the tasks that the handler starts; they end with its plugin.

        Raises:
            HandlerTimeout: the handler did not end in time and was cancelled.
            HandlerExit: the handler tried to end the process, or cancelled itself.

        """
        settings, began, outcome = turn.settings, self._clock.now(), "failed"
        timers = [
            self._clock.call_later(settings.typing_after_s, lambda: self._typing(turn)),
            self._clock.call_later(settings.notice_after_s, lambda: self._notice(turn, still)),
        ]
        try:
            limit_s = settings.handler_limit_s
            result = await run_with_deadline(self._clock, limit_s, work, owner=owner)
            outcome = "done"
        except DeadlineExceeded as error:
            raise HandlerTimeout(str(error)) from error
        else:
            return result
        finally:
            taken_s = (self._clock.now() - began).total_seconds()
            self._metrics.observe("handler_seconds", taken_s, plugin=turn.plugin, outcome=outcome)
            for timer in timers:
                timer.cancel()

    def _typing(self, turn: Turn) -> None:
        self._in_background(self._telegram.typing(turn.update.chat_id))

    def _notice(self, turn: Turn, still: Callable[[], Rich]) -> None:
        if not isinstance(
            turn.update, Press
        ):  # its answer is a pop-up: a message would stay in the chat
            notice = Send(turn.update.chat_id, still())
            self._in_background(self._notices.push(QueuedReply(f"{turn.update.key}/still", notice)))

    def _in_background(self, work: Awaitable[None]) -> None:
        self._background.do(_log_errors(work))


async def _log_errors(work: Awaitable[None]) -> None:
    try:
        await work
    except SappBotError as error:
        log.warning("notice.failed", reason=str(error))


async def in_its_thread(
    handler: Callable[..., T], values: Mapping[str, Any], owner: TaskOwner | None
) -> T:
    """Call a plain function in a thread, so that it cannot block the event loop.

    The owner's semaphore limits the threads of one plugin: a hanging plugin must not take them all.

    Args:
        handler: The function to call.
        values: Its arguments, by name.
        owner: Task owner of its plugin; None sets no limit.

    """
    if owner is None:
        return await in_thread(partial(handler, **values), name="plugin")
    thread, has_ended = object(), threading.Event()

    def call() -> T:
        try:
            return handler(**values)
        finally:
            has_ended.set()
            owner.hanging.pop(thread, None)

    async with owner.threads:
        try:
            return await in_thread(call, name=f"plugin {owner.plugin}")
        except asyncio.CancelledError:
            owner.hanging[thread] = handler.__name__
            if has_ended.is_set():  # meanwhile
                owner.hanging.pop(thread, None)
            raise
