"""Words outside of any turn: the store is away, or somebody's queue is full."""

from __future__ import annotations

import structlog

from sapp_bot.domain.ports import TelegramPort
from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.updates import Update
from sapp_bot.errors import TelegramError
from sapp_bot.host.routing.commands import is_command
from sapp_bot.i18n import Languages, choose

log = structlog.get_logger(__name__)


class OutOfBandNotices:
    """Says them straight to Telegram, as the store cannot keep them.

    The language is that of the person's Telegram: their own choice is in the store. `quiet` says
    them only to those who sent a command: in user mode all else may be meant for a human.
    """

    def __init__(
        self, telegram: TelegramPort, languages: Languages, *, quiet: bool = False
    ) -> None:
        self._telegram = telegram
        self._languages = languages
        self._quiet = quiet

    def are_for(self, update: Update) -> bool:
        """Tell whether who sent this is spoken to at all."""
        return not self._quiet or is_command(update)

    async def store_away(self, update: Update) -> None:
        """Tell that the message is kept, but cannot be handled now."""
        text = "I have your message, but my memory is away. I will answer as soon as it is back."
        await self._say(update, text, "away")

    async def queue_full(self, update: Update) -> None:
        """Tell that the message was not taken."""
        text = "That was too much at once, so I left out your latest messages. Please slow down."
        await self._say(update, text, "full")

    async def _say(self, update: Update, text: str, about: str) -> None:
        if not self.are_for(update):
            return
        translator = self._languages.translator(choose(update.sender.language))
        queued = QueuedReply(f"{update.key}/{about}", Send(update.chat_id, translator.text(text)))
        try:
            await self._telegram.deliver(queued.reply, queued.random_id)
        except TelegramError as error:
            log.info("notice.dropped", about=about, reason=str(error))
