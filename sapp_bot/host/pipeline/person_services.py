"""Services the host itself offers to handlers, by type, bound to the update being handled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sapp_bot.domain.state import Login, PastLogin, Session
from sapp_bot.errors import UserError
from sapp_bot.host.authoring.providers import ServiceRegistry
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.routing.commands import parse_command
from sapp_bot.host.routing.registry import Command, RoutingTable
from sapp_bot.i18n import LANGUAGES, Translator

from .invoke import Invoker


class Sessions:
    """Log the person in and out. It takes effect together with the end of the message."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    @property
    def current(self) -> Session | None:
        """The login, if there is one that has not run out."""
        return self._turn.session

    @property
    def ended(self) -> PastLogin | None:
        """Whose login ran out by itself, if that is why nobody is logged in."""
        return None if self._turn.session else self._turn.profile.account

    def open(self, login: Login) -> Session:
        """Log in; every button of an earlier login is out of date from now on."""
        return self._turn.open_session(login)

    def close(self) -> None:
        """Log out, and forget who it was."""
        self._turn.close_session()


class Preferences:
    """What the person chose for themselves."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    @property
    def language(self) -> str:
        """The chosen language, or empty: Telegram's own."""
        return self._turn.profile.language

    @property
    def languages(self) -> Mapping[str, str]:
        """All languages that the bot speaks: their names in themselves, by code."""
        return {code: Translator(code).name for code in LANGUAGES}

    def set_language(self, language: str) -> None:
        """Choose a language for all later messages; empty goes back to Telegram's own.

        Raises:
            UserError: it is not one the bot speaks.

        """
        if language and language not in LANGUAGES:
            raise UserError("I speak {known} only.", known=", ".join(LANGUAGES))
        self._turn.choose_language(language)


@dataclass(frozen=True, slots=True)
class CommandInfo:
    """A command as a person sees it; `summary` is translated."""

    name: str
    aliases: tuple[str, ...]
    usage: str
    summary: str
    plugin: str
    role: str


class Commands:
    """The commands that are loaded, as far as the person may use them."""

    def __init__(self, turn: Turn, table: RoutingTable, translators: dict[str, Translator]) -> None:
        self._turn = turn
        self._table = table
        self._translators = translators

    def visible(self) -> list[CommandInfo]:
        """List the commands for the person, in the order of plugins."""
        signed_in = self._turn.session is not None
        found = self._table.visible(signed_in=signed_in, admin=self._turn.is_admin)
        return [self._entry(c) for c in found]

    def start(self, name: str, *, linked: bool = False) -> bool:
        """Go on with a command, by its name; tells whether that can be.

        `linked` is for names that came with a link, which anybody can make: only commands that
        ask before they act, the private ones and those with a form, can be begun that way.
        """
        call = parse_command(f"/{name}")
        command = self._table.commands.get(call.name) if call else None
        if command is None or command.hidden:
            return False
        if any(p.required for p in command.signature.arguments):
            return False
        if linked and not (command.private or command.signature.form):
            return False
        self._turn.start(command.handler)
        return True

    def _entry(self, command: Command) -> CommandInfo:
        translator = self._translators[command.plugin]
        return CommandInfo(
            name=command.name,
            aliases=command.aliases,
            usage=command.usage,
            summary=translator.text(command.summary).plain,
            plugin=command.plugin,
            role=command.role,
        )


class FormControl:
    """Control the form the person is in. The host says what came of it."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    @property
    def open(self) -> bool:
        """Tell whether a form is open."""
        return bool(self._turn.forms)

    def cancel(self) -> None:
        """Leave the form; one below it goes on."""
        self._turn.form_action = "cancel"

    def back(self) -> None:
        """Ask the question before again."""
        self._turn.form_action = "back"

    def skip(self) -> None:
        """Answer the question with its default."""
        self._turn.form_action = "skip"

    def retry(self) -> None:
        """Try the last step again, with the answers given."""
        self._turn.form_action = "retry"


def provide_person_services(services: ServiceRegistry[Invoker]) -> None:
    """Offer what the host itself knows of the person who wrote."""
    services.provide(Sessions, lambda call: Sessions(call.turn), personal=True)
    services.provide(Preferences, lambda call: Preferences(call.turn), personal=True)
    services.provide(Commands, _commands, personal=True)
    services.provide(FormControl, lambda call: FormControl(call.turn), personal=True)


def _commands(call: Invoker) -> Commands:
    translators = {name: call.translator(name) for name in call.table.catalogues}
    return Commands(call.turn, call.table, translators)
