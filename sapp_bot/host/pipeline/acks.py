"""Button presses are answered within two seconds, also while they wait in the queue."""

from __future__ import annotations

import structlog

from sapp_bot.domain.ports import Clock, TelegramPort, Timer
from sapp_bot.domain.updates import Press
from sapp_bot.errors import TelegramError
from sapp_bot.host.runtime.background import BackgroundTasks

log = structlog.get_logger(__name__)

# Telegram shows a progress bar until the press is answered, and forgets the query after some
# seconds. Source: https://core.telegram.org/bots/api#callbackquery
EARLY_S = 1.5


class PressAcks:
    """Answers each press once: with the handler's words, or with none when it takes long."""

    def __init__(self, telegram: TelegramPort, clock: Clock) -> None:
        self._telegram = telegram
        self._clock = clock
        self._open: dict[int, Timer] = {}
        self._background = BackgroundTasks()

    def arrived(self, press: Press) -> None:
        """Start the time of a press; called when it comes in."""
        query_id = press.query_id
        self._open[query_id] = self._clock.call_later(EARLY_S, lambda: self._early(query_id))

    async def give(self, press: Press, text: str = "", *, alert: bool = False) -> bool:
        """Answer a press; tells False when it was answered without words before."""
        timer = self._open.pop(press.query_id, None)
        if timer is None:
            return False
        timer.cancel()
        return await self._send(press.query_id, text, alert=alert)

    def _early(self, query_id: int) -> None:
        if self._open.pop(query_id, None) is not None:
            self._background.do(self._send(query_id, "", alert=False))

    async def _send(self, query_id: int, text: str, *, alert: bool) -> bool:
        try:
            await self._telegram.acknowledge(query_id, text, alert=alert)
        except TelegramError as error:
            log.info("press.unanswered", reason=str(error))
            return False
        return True
