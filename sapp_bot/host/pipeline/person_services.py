"""Services that the host offers to handlers by type, each bound to the turn of one person.

They change the turn only; what they change is stored with its commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal

import structlog

from sapp_bot.domain.replies import Send
from sapp_bot.domain.setting_rows import SettingRow
from sapp_bot.domain.state import LastLogin, Login, Session
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Message
from sapp_bot.errors import UserError
from sapp_bot.host.authoring.providers import ServiceRegistry
from sapp_bot.host.authoring.turn import BeginCommand, Turn
from sapp_bot.host.routing.arguments import usage
from sapp_bot.host.routing.commands import parse_command
from sapp_bot.host.routing.registry import BoundHandler, Command, RoutingTable
from sapp_bot.i18n import LANGUAGES, Translator
from sapp_bot.values import dataclass, replace
from sapp_bot.zones import read_zone

from .invoke import Invoker

log = structlog.get_logger(__name__)


class Sessions:
    """Service that logs the person in and out; takes effect with the commit of the turn."""

    def __init__(self, turn: Turn, translator: Translator) -> None:
        self._turn = turn
        self._translator = translator

    @property
    def current(self) -> Session | None:
        """The login; None without one, or when it has expired."""
        return self._turn.session

    @property
    def ended(self) -> LastLogin | None:
        """The login that expired by itself; None when somebody is logged in, or nobody was."""
        return None if self._turn.session else self._turn.profile.account

    def open(self, login: Login) -> Session:
        """Store a login and return its session; close what an earlier one left in the chat."""
        self._close_screens()
        return self._turn.open_session(login)

    def close(self) -> None:
        """Delete the login, and the memory of an expired one; close what it left in the chat."""
        self._close_screens()
        self._turn.close_session()

    def _close_screens(self) -> None:
        text = "This was shown under a login that has ended. /start shows where you are."
        self._turn.close_login_screens(self._translator.text(text))


class Preferences:
    """Service that reads and stores the person's choices."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    @property
    def language(self) -> str:
        """Code of the chosen language; empty when it follows the Telegram client."""
        return self._turn.profile.language

    @property
    def languages(self) -> Mapping[str, str]:
        """Languages that the bot speaks: each one's own name, by code."""
        return {code: Translator(code).name for code in LANGUAGES}

    def set_language(self, language: str) -> None:
        """Store a language for all later messages.

        Args:
            language: A code of `languages`; empty follows the Telegram client.

        Raises:
            UserError: the bot does not speak the language.

        """
        if language and language not in LANGUAGES:
            raise UserError("I speak {known} only.", known=", ".join(LANGUAGES))
        self._turn.choose_language(language)

    @property
    def takes_news(self) -> bool:
        """Whether the person takes news of the operators."""
        return self._turn.profile.takes_news

    def set_news(self, *, takes: bool) -> None:
        """Store whether the person takes news of the operators."""
        self._turn.choose_news(takes=takes)

    @property
    def zone(self) -> str:
        """Name of the chosen time zone in the IANA database; empty for none: times are in UTC."""
        return self._turn.profile.zone

    def set_zone(self, name: str) -> None:
        """Store the time zone that all later texts to the person show their times in.

        Args:
            name: A name of `zone_names()`; empty for UTC.

        Raises:
            UserError: there is no such zone.

        """
        if name and read_zone(name) is None:
            raise UserError(
                "“{name}” is no time zone. Please write it as Europe/Moscow.", name=name
            )
        self._turn.profile = replace(self._turn.profile, zone=name)

    def greet(self, text: Rich) -> None:
        """Send a text to a person who was never greeted; does nothing later on, or in user mode.

        It takes away the keyboard that another program left below the chat, on the same account.
        After a press it waits for a message: a screen that is turned in place gets no text below.
        """
        turn = self._turn
        is_message = isinstance(turn.update, Message)
        if turn.profile.is_greeted or turn.settings.mode == "user" or not is_message:
            return
        turn.profile = replace(turn.profile, is_greeted=True)
        turn.send(Send(turn.update.chat_id, text, removes_keyboard=True))


@dataclass(frozen=True, slots=True)
class CommandInfo:
    """A command as a person sees it.

    Attributes:
        name: The name without the slash.
        aliases: Other names without the slash.
        usage: The command line to type, with its arguments.
        example: A command line that can be typed as it is; "" where there is none but the usage.
        summary: First line of the handler's docstring, translated.
        plugin: Name of its plugin.
        heading: Title of its plugin, translated.
        begins: Whether a button can begin it: it needs no arguments, and a form to be open neither.
        role: "anyone", "user" or "admin".

    """

    name: str
    aliases: tuple[str, ...]
    usage: str
    summary: str
    plugin: str
    role: str
    heading: str = ""
    begins: bool = True
    example: str = ""


class Commands:
    """Service that lists and starts the loaded commands that the person may use."""

    def __init__(self, turn: Turn, table: RoutingTable, translators: dict[str, Translator]) -> None:
        self._turn = turn
        self._table = table
        self._translators = translators

    def visible(self) -> list[CommandInfo]:
        """Return the commands that are of use here and now, in the order of plugins.

        In a group those for the private chat are left out.
        """
        signed_in = self._turn.session is not None
        found = self._table.visible(
            signed_in=signed_in, admin=self._turn.is_admin, settings=self._turn.settings
        )
        titles = {plugin.name: plugin.title for plugin in self._table.plugins}
        return [
            self._entry(c, titles.get(c.plugin, ""))
            for c in found
            if not (signed_in and c.guests) and (self._turn.update.private or not c.private)
        ]

    def lacks(self, name: str) -> Literal["login", "logout", "private chat", ""]:
        """Return what the person would have to do for a command that is not listed here and now.

        "" is for one that they cannot use at all, and for one that does not exist.
        """
        command, turn = self._table.commands.get(name), self._turn
        if command is None or command.hidden or (command.role == "admin" and not turn.is_admin):
            return ""
        if command.needs_setting and not getattr(turn.settings, command.needs_setting):
            return ""
        if command.private and not turn.update.private:
            return "private chat"
        if command.role == "user" and turn.session is None:
            return "login"
        return "logout" if command.guests and turn.session is not None else ""

    def offers(self, name: str) -> bool:
        """Return whether a command of this name can be begun by a button."""
        command = self._table.commands.get(name)
        return command is not None and not command.hidden

    def start(self, name: str, *, words: str = "", linked: bool = False) -> bool:
        """Start a command once the handler of this turn has ended.

        Args:
            name: Name or alias, without the slash.
            words: What stands behind it, as if it were typed.
            linked: Whether the name came with a link. Anybody can make a link, so it starts only
                commands that ask before they act: private ones, and those with a form.

        Returns:
            False when there is no such command, or it cannot be started without arguments.

        """
        call = parse_command(f"/{name}")
        command = self._table.commands.get(call.name) if call else None
        if command is None or command.hidden:
            return False
        if not words and any(p.required for p in command.signature.arguments):
            return False
        if linked and not (command.private or command.signature.form):
            return False
        self._turn.begin = BeginCommand(command.handler, {}, words)
        return True

    def _entry(self, command: Command, title: str) -> CommandInfo:
        translator = self._translators[command.plugin]
        return CommandInfo(
            name=command.name,
            aliases=command.aliases,
            usage=usage(command, translator),
            example=_example(command),
            summary=translator.text(command.summary).plain,
            plugin=command.plugin,
            role=command.role,
            heading=translator.text(title).plain,
            begins=not command.controls_form
            and not any(p.required for p in command.signature.arguments),
        )


def _example(command: Command) -> str:
    """Return a command line that shows more than the usage: an example with arguments; else "".

    A form asks for what is not given, so the name alone will do.
    """
    given = (line for line in command.examples if line.startswith(f"/{command.name} "))
    return next(given, f"/{command.name}" if command.signature.form else "")


class FormControl:
    """Service that controls the open form; the host sends the result after the handler."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    @property
    def open(self) -> bool:
        """Return whether a form is open, besides the one that the handler was called with."""
        return bool(self._turn.forms)

    def cancel(self) -> None:
        """Close the form on top; the one below is resumed."""
        self._turn.form_action = "cancel"

    def back(self) -> None:
        """Ask the previous question again."""
        self._turn.form_action = "back"

    def skip(self) -> None:
        """Answer the open question with its default."""
        self._turn.form_action = "skip"

    def retry(self) -> None:
        """Submit the complete answers again."""
        self._turn.form_action = "retry"

    def resume(self) -> None:
        """Show the open question again."""
        self._turn.form_action = "continue"


class SettingsPage:
    """The lines that plugins add to the /settings page."""

    def __init__(self, invoker: Invoker) -> None:
        self._invoker = invoker

    async def rows(self) -> list[SettingRow]:
        """Return all lines, by plugin, for the person who looks. One that fails is left out."""
        plugins = self._invoker.table.plugins
        asked = [(plugin.name, setting) for plugin in plugins for setting in plugin.settings]
        # Together, so that what the rows read of Redis is one round trip.
        rows = await asyncio.gather(*(self._row(plugin, setting) for plugin, setting in asked))
        return [row for row in rows if row is not None]

    async def _row(self, plugin: str, setting: BoundHandler) -> SettingRow | None:
        values = self._invoker.values(plugin, setting.signature)
        try:
            row = await setting.handler(**values)
        except Exception:  # a border: the page must not go with one line of it
            log.exception("setting.failed", plugin=plugin)
            return None
        if isinstance(row, SettingRow):
            return row
        log.error("setting.failed", plugin=plugin, hint="return a SettingRow")
        return None


def provide_person_services(services: ServiceRegistry[Invoker]) -> None:
    """Register the services of this module."""
    services.provide(Sessions, lambda call: Sessions(call.turn, call.translator()), personal=True)
    services.provide(Preferences, lambda call: Preferences(call.turn), personal=True)
    services.provide(Commands, _commands, personal=True)
    services.provide(SettingsPage, SettingsPage, personal=True)
    services.provide(FormControl, lambda call: FormControl(call.turn), personal=True)


def _commands(call: Invoker) -> Commands:
    translators = {name: call.translator(name) for name in call.table.catalogues}
    return Commands(call.turn, call.table, translators)
