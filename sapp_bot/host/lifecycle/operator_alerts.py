"""Sends operators alerts about plugins. Decides not when: that is the manager."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import structlog

from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.state import PersonState
from sapp_bot.errors import SappBotError
from sapp_bot.i18n import Languages, choose

log = structlog.get_logger(__name__)

LONGEST_REASON = 700
"""Characters of a reason in an alert: the start of an error says what is wrong."""


class OperatorAlerts:
    """Sender of alerts to the operators' private chats, in each one's language.

    Args:
        operators: Telegram user ids.
        languages: Translates the alerts.
        read_person_state: Reads a person's stored state, by Telegram user id.
        push: Stores and sends a reply.

    """

    def __init__(
        self,
        operators: Iterable[int],
        languages: Languages,
        read_person_state: Callable[[int], Awaitable[PersonState]],
        push: Callable[[QueuedReply], Awaitable[None]],
    ) -> None:
        self._operators = sorted(operators)
        self._languages = languages
        self._read_person_state = read_person_state
        self._push = push

    async def broken(self, about: str, name: str, reason: str, *, answering: bool) -> None:
        """Send that a plugin could not be loaded.

        Args:
            about: Name of the event; alerts with the same name are sent once.
            name: The plugin's name.
            reason: Why, without secrets.
            answering: Whether the version before is still running.

        """
        if answering:
            text = (
                "The plugin {name} has changed, and cannot be used as it is now; the version "
                "before goes on answering.\n{reason}"
            )
        else:
            text = "The plugin {name} cannot be used:\n{reason}"
        await self._send(about, text, name=name, reason=reason[:LONGEST_REASON])

    async def rests(self, about: str, name: str, reason: str, minutes: int) -> None:
        """Send that a plugin is quarantined for some minutes; for `about` see `refused`."""
        text = (
            "I took the plugin {name} off, as it failed again and again; last: {reason}\nI try "
            "again in {minutes} minutes. /plugin reload {name} does so at once."
        )
        await self._send(about, text, name=name, reason=reason[:LONGEST_REASON], minutes=minutes)

    async def left_out(self, about: str) -> None:
        """Send that a message of no known plugin ended the process; for `about` see `refused`."""
        text = (
            "A message ended my process each time I worked on it, so I left it out; which plugin "
            "it was for is not known. The log has it as update.given_up."
        )
        await self._send(f"left_out:{about}", text)

    async def _send(self, about: str, text: str, **values: object) -> None:
        for person in self._operators:
            try:
                person_state = await self._read_person_state(person)
                translator = self._languages.translator(choose(person_state.profile.language))
                said = translator.text(text, **values)
                await self._push(QueuedReply(f"plugins:{about}:{person}", Send(person, said)))
            except SappBotError as error:
                log.warning("operator.not_told", about=about, reason=str(error))
