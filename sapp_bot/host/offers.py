"""Services the host itself offers to handlers, by type, bound to the update being handled."""

from __future__ import annotations

from dataclasses import dataclass

from sapp_bot.errors import UserError
from sapp_bot.languages import LANGUAGES, Speech
from sapp_bot.state import Account, Login, Session

from .route import read_call
from .table import Command, Table
from .visit import Visit


class Sessions:
    """Log the person in and out. It takes effect together with the end of the message."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @property
    def current(self) -> Session | None:
        """The login, if there is one that has not run out."""
        return self._visit.session

    @property
    def ended(self) -> Account | None:
        """Whose login ran out by itself, if that is why nobody is logged in."""
        return None if self._visit.session else self._visit.profile.account

    def open(self, login: Login) -> Session:
        """Log in; every button of an earlier login is out of date from now on."""
        return self._visit.open_session(login)

    def close(self) -> None:
        """Log out, and forget who it was."""
        self._visit.close_session()


class Preferences:
    """What the person chose for themselves."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @property
    def language(self) -> str:
        """The chosen language, or empty: Telegram's own."""
        return self._visit.profile.language

    def set_language(self, language: str) -> None:
        """Choose a language for all later messages; empty goes back to Telegram's own.

        Raises:
            UserError: it is not one the bot speaks.

        """
        if language and language not in LANGUAGES:
            raise UserError("I speak {known} only.", known=", ".join(LANGUAGES))
        self._visit.choose_language(language)


@dataclass(frozen=True, slots=True)
class Entry:
    """A command as a person sees it; `summary` is translated."""

    name: str
    aliases: tuple[str, ...]
    usage: str
    summary: str
    plugin: str
    role: str


class Commands:
    """The commands that are loaded, as far as the person may use them."""

    def __init__(self, visit: Visit, table: Table, speeches: dict[str, Speech]) -> None:
        self._visit = visit
        self._table = table
        self._speeches = speeches

    def visible(self) -> list[Entry]:
        """List the commands for the person, in the order of plugins."""
        signed_in = self._visit.session is not None
        found = self._table.visible(signed_in=signed_in, admin=self._visit.is_admin)
        return [self._entry(c) for c in found]

    def start(self, name: str, *, linked: bool = False) -> bool:
        """Go on with a command, by its name; tells whether that can be.

        `linked` is for names that came with a link, which anybody can make: only commands that
        ask before they act, the private ones and those with a form, can be begun that way.
        """
        call = read_call(f"/{name}")
        command = self._table.commands.get(call.name) if call else None
        if command is None or command.hidden:
            return False
        if any(p.required for p in command.recipe.arguments):
            return False
        if linked and not (command.private or command.recipe.form):
            return False
        self._visit.start(command.handler)
        return True

    def _entry(self, command: Command) -> Entry:
        speech = self._speeches[command.plugin]
        return Entry(
            name=command.name,
            aliases=command.aliases,
            usage=command.usage,
            summary=speech.text(command.summary).plain,
            plugin=command.plugin,
            role=command.role,
        )


class Dialogues:
    """Steer the form the person is in. The host says what came of it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @property
    def open(self) -> bool:
        """Tell whether a form is open."""
        return bool(self._visit.forms)

    def cancel(self) -> None:
        """Leave the form; one below it goes on."""
        self._visit.steer = "cancel"

    def back(self) -> None:
        """Ask the question before again."""
        self._visit.steer = "back"

    def skip(self) -> None:
        """Answer the question with its default."""
        self._visit.steer = "skip"

    def retry(self) -> None:
        """Try the last step again, with the answers given."""
        self._visit.steer = "retry"
