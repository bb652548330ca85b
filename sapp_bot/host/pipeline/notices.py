"""Notices outside of any turn: the store is away, or a person's queue is full. Never stored."""

from __future__ import annotations

import structlog

from sapp_bot.domain.ports import TelegramPort
from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Update
from sapp_bot.errors import TelegramError
from sapp_bot.host.routing.commands import is_command
from sapp_bot.i18n import Languages, choose

from .invoke import ReadPersonState

log = structlog.get_logger(__name__)


class Apologies:
    """Texts that stand for replies which Telegram refuses in any form.

    Args:
        languages: Translates them.
        read_person_state: Reads the language that a person chose.

    """

    def __init__(self, languages: Languages, read_person_state: ReadPersonState) -> None:
        self._languages = languages
        self._read_person_state = read_person_state

    async def text(self, chat_id: int) -> Rich:
        """Return the text for a chat; a private chat has the id of its person."""
        language = (await self._read_person_state(chat_id)).profile.speaks
        translator = self._languages.translator(choose(language))
        return translator.text("I could not show that. The operators of this bot can see why.")


class OutOfBandNotices:
    """Implements `inbox_worker.Notices`: sends notices straight to Telegram, past the outbox.

    The language is that of the person's Telegram client: the chosen language is in the store.

    Args:
        telegram: Delivers the notices.
        languages: Translates them.
        quiet: Send only to people who sent a command: in user mode all else may be for a human.

    """

    def __init__(
        self, telegram: TelegramPort, languages: Languages, *, quiet: bool = False
    ) -> None:
        self._telegram = telegram
        self._languages = languages
        self._quiet = quiet

    def are_for(self, update: Update) -> bool:
        """Return whether the sender may get notices (with `quiet`: only for commands)."""
        return not self._quiet or is_command(update)

    async def store_away(self, update: Update) -> None:
        """Send that the message was received, but cannot be handled now."""
        text = (
            "I have your message. Something on our side is away just now; I will answer as soon as "
            "it is back."
        )
        await self._say(update, text, "away")

    async def slow_down(self, update: Update) -> None:
        """Send that the message was dropped."""
        text = "That was too much at once, so I left out your latest messages. Please slow down."
        await self._say(update, text, "full")

    async def _say(self, update: Update, text: str, about: str) -> None:
        if not self.are_for(update):
            return
        translator = self._languages.translator(choose(update.sender.language))
        # Its random id comes from the update's key, so Telegram drops a notice that is sent twice.
        notice = QueuedReply(f"{update.key}/{about}", Send(update.chat_id, translator.text(text)))
        try:
            await self._telegram.deliver(notice.reply, notice.random_id)
        except TelegramError as error:
            log.info("notice.dropped", about=about, reason=str(error))
