"""Finds what plain words mean: a command's title, and the labels of what begins it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from sapp_bot.domain.typed_text import choice_key
from sapp_bot.i18n import Catalogue


class NamedCommand(Protocol):
    """A command, by what it is called."""

    @property
    def name(self) -> str:
        """Its name without the slash."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its other names."""

    @property
    def hidden(self) -> bool:
        """Whether nobody is to type it."""

    @property
    def summary(self) -> str:
        """The first line of its docstring, a message id."""

    @property
    def words(self) -> tuple[str, ...]:
        """What else means it, message ids."""


class LabelledButton(Protocol):
    """A button's handler, by what stands on the button."""

    @property
    def typed_as(self) -> str:
        """The command line that does the same."""

    @property
    def words(self) -> tuple[str, ...]:
        """What means that, message ids."""


class Speaking(Protocol):
    """A plugin, by what it calls its commands."""

    @property
    def commands(self) -> tuple[NamedCommand, ...]:
        """Its commands."""

    @property
    def button_routes(self) -> tuple[LabelledButton, ...]:
        """Its buttons' handlers."""

    @property
    def catalogues(self) -> Mapping[str, Catalogue]:
        """Its translations by language."""


def read_words(plugin: Speaking) -> Mapping[str, str]:
    """Return command lines without their slash, by the `choice_key` of what means them.

    A command is meant by its names with blanks for underscores, by the first line of its docstring
    and by its `words`; a button's command line by the button's. Each counts in every language that
    the plugin has a catalogue for, whoever types it. Of two equal ones the first is meant.
    """
    found: dict[str, str] = {}
    catalogues = plugin.catalogues.values()
    for message, line in _messages(plugin):
        for text in (message, *(c.gettext(message) for c in catalogues)):
            found.setdefault(choice_key(text), line)
    return found


def _messages(plugin: Speaking) -> Iterator[tuple[str, str]]:
    """Yield each message id of a plugin that means a command line."""
    for command in plugin.commands:
        if command.hidden:
            continue
        names = (name.replace("_", " ") for name in (command.name, *command.aliases))
        for message in (*names, command.summary, *command.words):
            yield message, command.name
    for route in plugin.button_routes:
        for message in route.words:
            yield message, route.typed_as.removeprefix("/")
