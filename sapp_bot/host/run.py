"""Running a handler: within a time limit, with a sign of life when it takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from sapp_bot.errors import SappBotError
from sapp_bot.ports import Clock, Telegram
from sapp_bot.replies import Parcel, Send
from sapp_bot.text import Rich
from sapp_bot.updates import Press

from .ownership import Crew
from .patience import OutOfTime, within
from .threads import in_thread
from .visit import Visit

log = structlog.get_logger(__name__)

T = TypeVar("T")


class TooSlow(SappBotError):
    """A handler did not end within its limit."""

    reply = "That took too long, so I stopped waiting. Please look whether it was done, or retry."
    retry = True


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

    async def run(
        self, work: Coroutine[Any, Any, T], visit: Visit, still: Rich, crew: Crew | None = None
    ) -> T:
        """Run a handler to its end; `still` is what the person hears when it takes long.

        What it begins meanwhile belongs to the crew.

        Raises:
            TooSlow: it did not end in time and was cancelled.
            HandlerExit: it tried to end the process, or cancelled itself.

        """
        settings = visit.settings
        timers = [
            self._clock.call_later(settings.typing_after_s, lambda: self._typing(visit)),
            self._clock.call_later(settings.notice_after_s, lambda: self._notice(visit, still)),
        ]
        try:
            return await within(self._clock, settings.handler_limit_s, work, crew=crew)
        except OutOfTime as error:
            raise TooSlow(str(error)) from error
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


async def _quietly(work: Awaitable[None]) -> None:
    try:
        await work
    except SappBotError as error:
        log.warning("notice.failed", reason=str(error))


async def in_its_thread(
    handler: Callable[..., T], values: Mapping[str, Any], crew: Crew | None
) -> T:
    """Call a plain function where it holds up nobody; only so many of one plugin at a time."""
    call = partial(handler, **values)
    if crew is None:
        return await in_thread(call, name="plugin")
    async with crew.threads:
        return await in_thread(call, name=f"plugin {crew.plugin}")
