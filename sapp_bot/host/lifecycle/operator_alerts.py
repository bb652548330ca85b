"""What operators can ask of the plugin host, and what they are told without asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog

from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.state import PersonState
from sapp_bot.errors import SappBotError
from sapp_bot.i18n import Languages, choose

log = structlog.get_logger(__name__)

LONGEST_REASON = 700
"""Characters of a reason: the start of an error says what it is, a page of it says no more."""


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """One plugin as an operator sees it.

    `state` is a word of `PluginState`; `commands` are names without the slash. `reason` says why it
    does not answer, or why a version that answers is not the newest. `blocked` is where it held up
    everybody else.
    """

    name: str
    state: str
    version: str
    commands: tuple[str, ...]
    reason: str
    errors: int
    load_s: float
    blocked: str = ""


class Ruled(Protocol):
    """The host's side of `Plugins`; see there."""

    def all(self) -> list[PluginStatus]:
        """List all plugins."""

    async def reload(self, name: str) -> PluginStatus:
        """Read a plugin anew."""

    async def enable(self, name: str) -> PluginStatus:
        """Switch a plugin on."""

    async def disable(self, name: str, *, asked_by: str) -> PluginStatus:
        """Switch a plugin off, but the one that asks."""


class Plugins:
    """The plugins of this bot. Only handlers with `role="admin"` can ask for this service.

    Each call raises `UserError` for a name that is not there.
    """

    def __init__(self, ruled: Ruled, asked_by: str) -> None:
        self._ruled = ruled
        self._asked_by = asked_by

    def all(self) -> list[PluginStatus]:
        """List all plugin files, by name, whatever their state."""
        return self._ruled.all()

    async def reload(self, name: str) -> PluginStatus:
        """Read a plugin anew; if that fails, the version before goes on answering."""
        return await self._ruled.reload(name)

    async def enable(self, name: str) -> PluginStatus:
        """Switch a plugin on, for this and all later starts."""
        return await self._ruled.enable(name)

    async def disable(self, name: str) -> PluginStatus:
        """Switch a plugin off, for this and all later starts; never the one that asks for it."""
        return await self._ruled.disable(name, asked_by=self._asked_by)


class OperatorAlerts:
    """Tells the operators in their private chats, each in their language."""

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

    async def refused(self, about: str, name: str, reason: str, *, answering: bool) -> None:
        """Tell that a plugin could not be used. `about` names the event: it is told once."""
        if answering:
            text = (
                "The plugin {name} has changed, and cannot be used as it is now; the version "
                "before goes on answering.\n{reason}"
            )
        else:
            text = "The plugin {name} cannot be used:\n{reason}"
        await self._tell(about, text, name=name, reason=reason[:LONGEST_REASON])

    async def rests(self, about: str, name: str, reason: str, minutes: int) -> None:
        """Tell that a plugin was taken off for a while."""
        text = (
            "I took the plugin {name} off, as it failed again and again; last: {reason}\nI try "
            "again in {minutes} minutes. /plugin reload {name} does so at once."
        )
        await self._tell(about, text, name=name, reason=reason[:LONGEST_REASON], minutes=minutes)

    async def _tell(self, about: str, text: str, **values: object) -> None:
        for person in self._operators:
            try:
                person_state = await self._read_person_state(person)
                translator = self._languages.translator(choose(person_state.profile.language))
                said = translator.text(text, **values)
                await self._push(QueuedReply(f"plugins:{about}:{person}", Send(person, said)))
            except SappBotError as error:
                log.warning("operator.not_told", about=about, reason=str(error))
