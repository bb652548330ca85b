"""Running a handler: within a time limit, with a sign of life when it takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, Protocol

import structlog

from sapp_bot.errors import SappBotError
from sapp_bot.ports import Clock, Telegram
from sapp_bot.replies import Parcel, Send
from sapp_bot.text import Rich
from sapp_bot.updates import Press

from .visit import Visit

log = structlog.get_logger(__name__)


class TooSlow(SappBotError):
    """A handler did not end within its limit."""

    reply = "That took too long, so I stopped waiting. Please look whether it was done, or retry."
    retry = True


class HandlerExit(SappBotError):
    """A handler called `sys.exit`, which would have ended the bot."""


class Notices(Protocol):
    """Where a reply goes that cannot wait for the end of the turn."""

    async def push(self, parcel: Parcel) -> None:
        """Store the reply and send it."""


class Runner:
    """Runs handlers; one for all."""

    def __init__(self, telegram: Telegram, notices: Notices, clock: Clock) -> None:
        self._telegram = telegram
        self._notices = notices
        self._clock = clock
        self._asides: set[asyncio.Task[None]] = set()

    async def run(self, work: Coroutine[Any, Any, None], visit: Visit, still: Rich) -> None:
        """Run a handler to its end; `still` is what the person hears when it takes long.

        Raises:
            TooSlow: it did not end in time and was cancelled.
            HandlerExit: it tried to end the process.

        """
        task = asyncio.create_task(_contained(work))
        late = False

        def stop() -> None:
            nonlocal late
            late = True
            task.cancel()

        settings = visit.settings
        timers = [
            self._clock.call_later(settings.typing_after_s, lambda: self._typing(visit)),
            self._clock.call_later(settings.notice_after_s, lambda: self._notice(visit, still)),
            self._clock.call_later(settings.handler_limit_s, stop),
        ]
        try:
            await task
        except asyncio.CancelledError as error:
            if late and not _is_cancelled():
                raise TooSlow(f"no end after {settings.handler_limit_s} s") from error
            task.cancel()
            raise
        finally:
            for timer in timers:
                timer.cancel()

    def _typing(self, visit: Visit) -> None:
        self._aside(self._telegram.typing(visit.update.chat_id))

    def _notice(self, visit: Visit, still: Rich) -> None:
        if not isinstance(visit.update, Press):  # a press gets its sign as a pop-up
            notice = Send(visit.update.chat_id, still)
            self._aside(self._notices.push(Parcel(f"{visit.update.key}/still", notice)))

    def _aside(self, work: Awaitable[None]) -> None:
        task = asyncio.create_task(_quietly(work))
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _contained(work: Coroutine[Any, Any, None]) -> None:
    # A task that ends with SystemExit takes the whole event loop with it.
    try:
        await work
    except SystemExit as error:
        raise HandlerExit(f"sys.exit({error.code!r}) in a handler") from error


async def _quietly(work: Awaitable[None]) -> None:
    try:
        await work
    except SappBotError as error:
        log.warning("notice.failed", reason=str(error))
