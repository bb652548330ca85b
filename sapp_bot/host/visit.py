"""One update being handled: what was known before, and what is to be committed after.

Everything a handler does is collected here and leaves with the turn; nothing is sent yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sapp_bot.errors import NotSignedIn, PluginError, SessionExpired
from sapp_bot.languages import choose
from sapp_bot.ports import Turn, Write
from sapp_bot.replies import Parcel, Reply
from sapp_bot.state import Account, Login, OpenForm, Profile, Session, Standing
from sapp_bot.text import Rich
from sapp_bot.updates import Due, Person, Press, Update

from .buttons import Button, Holder

Steer = Literal["cancel", "back", "skip", "retry"]
NOBODY = Person(0)


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What the host and, as `ctx.settings`, every handler may know. Nothing secret.

    Times are seconds. `admins` are Telegram ids.
    """

    account: int = 0
    bot_name: str = ""
    mode: Literal["bot", "user"] = "bot"
    admins: frozenset[int] = frozenset()
    docs_url: str = ""
    support: str = ""
    key_shown_s: float = 60
    handler_limit_s: float = 15
    typing_after_s: float = 0.3
    notice_after_s: float = 2
    form_lives_s: float = 3600
    retry_lives_s: float = 600


@dataclass(frozen=True, slots=True)
class Impulse:
    """Stands in the place of an update where nobody wrote: the bot speaks first.

    `sender` is whom it speaks to, nobody (id 0) at first. `commits`: what is kept meanwhile is
    committed together with what is said, as for an update.
    """

    key: str
    sender: Person = NOBODY
    private: bool = True
    commits: bool = False

    @property
    def chat_id(self) -> int:
        """The person's private chat."""
        return self.sender.id


@dataclass(frozen=True, slots=True)
class Begin:
    """Wish of a handler to go on with a command, some of its form answered already."""

    handler: Callable[..., Any]
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Wish of a form's handler to have one field answered anew."""

    field: str
    because: Rich


@dataclass(slots=True)
class Changes:
    """What a turn will write into stores, by drawer and key, until it is over."""

    writes: dict[tuple[str, str | int], Write] = field(default_factory=dict)
    is_over: bool = False


@dataclass(slots=True)
class Visit:
    """The working copy of one update's handling.

    `again` tells that this update was being handled when the process died, so that its effects on
    the API may have happened already. `plugin` is whose handler was called last.
    """

    update: Update | Impulse
    before: Standing
    settings: HostSettings
    now: datetime
    again: bool = False
    twins: Mapping[type[Button], str] = field(default_factory=dict)
    session: Session | None = None
    profile: Profile = field(default_factory=Profile)
    forms: list[OpenForm] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    later: list[Due] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    toast: Rich | None = None
    alert: bool = False
    begin: Begin | None = None
    ask_again: AskAgain | None = None
    steer: Steer | None = None
    found_screen: int | None = None
    plugin: str = ""

    @classmethod
    def of(cls, update: Update, standing: Standing, settings: HostSettings, now: datetime) -> Visit:
        """Begin a visit with what is stored, the login and forms that ran out left behind."""
        visit = cls(update, standing, settings, now)
        visit.profile = standing.profile
        if standing.session is not None and standing.session.expires_at > now:
            visit.session = standing.session
        visit.forms = [f for f in standing.forms if f.expires_at > now]
        return visit

    @property
    def language(self) -> str:
        """The person's choice, else their Telegram's language, else English."""
        return choose(self.profile.language, self.update.sender.language)

    @property
    def is_admin(self) -> bool:
        """Tell whether the person is an operator."""
        return self.update.sender.id in self.settings.admins

    @property
    def holder(self) -> Holder:
        """Whom the buttons of this visit are made for."""
        return Holder(self.settings.account, self.update.sender.id, self.profile.generation)

    @property
    def screen_message(self) -> int | None:
        """The message a screen of this visit belongs to; None makes a new one."""
        if isinstance(self.update, Due):
            return self.update.message_id or self.found_screen
        return self.update.message_id if isinstance(self.update, Press) else None

    def signed_in(self) -> Session:
        """Give the login.

        Raises:
            SessionExpired: there was one, and it ran out.
            NotSignedIn: there is none.

        """
        if self.session is not None:
            return self.session
        if self.profile.account is not None:
            raise SessionExpired
        raise NotSignedIn

    def open_session(self, login: Login) -> Session:
        """Log the person in; buttons of an earlier login end here."""
        generation = self.profile.generation + 1
        self.session = Session(
            telegram_id=self.update.sender.id,
            user_id=login.user_id,
            email=login.email,
            role=login.role,
            token=login.token,
            expires_at=login.expires_at,
            generation=generation,
        )
        account = Account(login.user_id, login.email, login.expires_at)
        self.profile = replace(self.profile, generation=generation, account=account)
        return self.session

    def close_session(self) -> None:
        """Log the person out; buttons of this login end here."""
        self.session = None
        generation = self.profile.generation + 1
        self.profile = replace(self.profile, generation=generation, account=None)

    def drop_session(self) -> None:
        """Note that the API takes the login no more; who it was stays known."""
        self.session = None

    def choose_language(self, language: str) -> None:
        """Keep the person's choice."""
        self.profile = replace(self.profile, language=language)

    def start(self, handler: Callable[..., Any], answers: Mapping[str, str] | None = None) -> None:
        """Note the command to go on with when this handler ends."""
        self.begin = Begin(handler, answers or {})

    def towards(self, person: int, standing: Standing) -> Visit:
        """Give a view of another person, whose words leave together with this visit's."""
        language = standing.profile.language
        impulse = Impulse(self.update.key, Person(person, language=language))
        there = Visit(impulse, standing, self.settings, self.now, self.again, self.twins)
        there.profile, there.parcels = standing.profile, self.parcels
        return there

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Take back what a handler wrote into stores when it raises."""
        before = dict(self.changes.writes)
        try:
            yield
        except BaseException:
            self.changes.is_over = True  # a task that goes on writes for itself
            self.changes = Changes(before)
            raise

    def send(self, reply: Reply) -> None:
        """Put a reply at the end of what this update says.

        Raises:
            PluginError: nobody is there to hear it.

        """
        if self.update.sender is NOBODY:
            raise PluginError("nobody wrote, so say it to somebody: `await ctx.to(person)`")
        self.parcels.append(Parcel(f"{self.update.key}/{len(self.parcels)}", reply))

    def turn(self) -> Turn:
        """Sum up what is to be committed."""
        assert not isinstance(self.update, Impulse)  # noqa: S101  # it has no turn, see timers
        after = Standing(self.session, self.profile, tuple(self.forms))
        self.changes.is_over = True
        writes = tuple(self.changes.writes.values())
        return Turn(self.update, self.before, after, tuple(self.parcels), tuple(self.later), writes)
