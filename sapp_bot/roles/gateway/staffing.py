"""Looks whether any worker lives, and tells people who write while none does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.domain.updates import Message, Update
from sapp_bot.errors import StoreAway
from sapp_bot.host.pipeline.inbox_worker import Notices
from sapp_bot.host.runtime.background import BackgroundTasks

log = structlog.get_logger(__name__)

LOOK_S = 2.0
"""How often it is looked, in seconds."""

ALONE_S = 10.0
"""How long no worker must have lived until people are told: a restart is over sooner."""


class Staffing:
    """Knows whether any worker lives.

    Args:
        look: Returns whether any worker has shown lately that it lives.
        notices: Tells people that they are answered later.
        clock: Times it.

    """

    def __init__(self, look: Callable[[], Awaitable[bool]], notices: Notices, clock: Clock) -> None:
        self._ask = look
        self._notices = notices
        self._clock = clock
        self._alone_since: datetime | None = clock.now()
        self._told: set[int] = set()
        self._telling = BackgroundTasks()

    @property
    def has_workers(self) -> bool:
        """Whether a worker lived when it was looked last."""
        return self._alone_since is None

    async def run(self) -> NoReturn:
        """Look for ever."""
        while True:
            await self._look()
            await self._clock.sleep(LOOK_S)

    def arrived(self, update: Update) -> None:
        """Tell who writes while no worker lives, once in a chat, that the answer comes later."""
        since = self._alone_since
        if since is None or self._clock.now() - since < timedelta(seconds=ALONE_S):
            return
        if isinstance(update, Message) and update.chat_id not in self._told:
            self._told.add(update.chat_id)
            self._telling.do(self._notices.store_away(update))

    async def _look(self) -> None:
        try:
            is_there = await self._ask()
        except StoreAway:
            return  # people hear of that by itself
        if is_there:
            if self._told:
                log.info("workers.back")
            self._alone_since = None
            self._told.clear()
        elif self._alone_since is None:
            log.warning("workers.away", hint="messages are kept until a worker is started")
            self._alone_since = self._clock.now()
