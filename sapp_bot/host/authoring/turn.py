"""One update being handled: what was known before, and what is to be committed after.

Everything a handler does is collected here and leaves with the turn; nothing is sent yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, assert_never

from sapp_bot.domain.ports import Commit, StorageWrite
from sapp_bot.domain.replies import QueuedReply, Reply
from sapp_bot.domain.state import Login, OpenForm, PastLogin, PersonState, Profile, Session
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Due, Message, Person, Press, Update
from sapp_bot.errors import NotSignedIn, PluginError, SessionExpired
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import choose

from .button_codec import ButtonOwner
from .buttons import Button

FormAction = Literal["cancel", "back", "skip", "retry"]
NOBODY = Person(0)


@dataclass(frozen=True, slots=True)
class SystemTrigger:
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
class BeginCommand:
    """Wish of a handler to go on with a command, some of its form answered already."""

    handler: Callable[..., Any]
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Wish of a form's handler to have one field answered anew."""

    field: str
    because: Rich


@dataclass(slots=True)
class PendingWrites:
    """What a turn will write into stores, by collection and key, until it is over."""

    writes: dict[tuple[str, str | int], StorageWrite] = field(default_factory=dict)
    is_over: bool = False


@dataclass(slots=True)
class Turn:
    """The working copy of one update's handling.

    `again` tells that this update was being handled when the process died, so that its effects on
    the API may have happened already. `plugin` is whose handler was called last.
    `screen_is_picture` tells what kind `screen_message` is.
    """

    update: Update | SystemTrigger
    before: PersonState
    settings: HostSettings
    now: datetime
    again: bool = False
    typed_templates: Mapping[type[Button], str] = field(default_factory=dict)
    session: Session | None = None
    profile: Profile = field(default_factory=Profile)
    forms: list[OpenForm] = field(default_factory=list)
    replies: list[QueuedReply] = field(default_factory=list)
    later: list[Due] = field(default_factory=list)
    changes: PendingWrites = field(default_factory=PendingWrites)
    toast: Rich | None = None
    alert: bool = False
    begin: BeginCommand | None = None
    ask_again: AskAgain | None = None
    form_action: FormAction | None = None
    found_screen: int | None = None
    screen_is_picture: bool = False
    plugin: str = ""

    @classmethod
    def of(
        cls,
        update: Update | SystemTrigger,
        person_state: PersonState,
        settings: HostSettings,
        now: datetime,
    ) -> Turn:
        """Begin a turn with what is stored, the login and forms that ran out left behind."""
        turn = cls(update, person_state, settings, now)
        turn.profile = person_state.profile
        if person_state.session is not None and person_state.session.expires_at > now:
            turn.session = person_state.session
        turn.forms = [f for f in person_state.forms if f.expires_at > now]
        return turn

    @property
    def language(self) -> str:
        """The person's choice, else their Telegram's language, else English."""
        return choose(self.profile.language, self.update.sender.language)

    @property
    def is_admin(self) -> bool:
        """Tell whether the person is an operator."""
        return self.update.sender.id in self.settings.admins

    @property
    def button_owner(self) -> ButtonOwner:
        """Whom the buttons of this turn are made for."""
        return ButtonOwner(self.settings.account, self.update.sender.id, self.profile.generation)

    @property
    def screen_message(self) -> int | None:
        """The message a screen of this turn belongs to; None makes a new one."""
        match self.update:
            case Due():
                return self.update.message_id or self.found_screen
            case Press():
                return self.update.message_id
            case Message() | SystemTrigger():
                return None
            case _:
                assert_never(self.update)

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
        account = PastLogin(login.user_id, login.email, login.expires_at)
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
        self.begin = BeginCommand(handler, answers or {})

    def towards(self, person: int, person_state: PersonState) -> Turn:
        """Give a view of another person, whose words leave together with this turn's."""
        language = person_state.profile.language
        trigger = SystemTrigger(self.update.key, Person(person, language=language))
        there = Turn(
            trigger, person_state, self.settings, self.now, self.again, self.typed_templates
        )
        there.profile, there.replies = person_state.profile, self.replies
        return there

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Take back what a handler wrote into stores when it raises."""
        before = dict(self.changes.writes)
        try:
            yield
        except BaseException:
            self.changes.is_over = True  # a task that goes on writes for itself
            self.changes = PendingWrites(before)
            raise

    def send(self, reply: Reply) -> None:
        """Put a reply at the end of what this update says.

        Raises:
            PluginError: nobody is there to hear it.

        """
        if self.update.sender is NOBODY:
            raise PluginError("nobody wrote, so say it to somebody: `await ctx.to(person)`")
        self.replies.append(QueuedReply(f"{self.update.key}/{len(self.replies)}", reply))

    def to_commit(self) -> Commit:
        """Sum up what is to be committed."""
        assert not isinstance(self.update, SystemTrigger)  # noqa: S101  # it has no turn, see timers
        after = PersonState(self.session, self.profile, tuple(self.forms))
        self.changes.is_over = True
        writes = tuple(self.changes.writes.values())
        return Commit(
            self.update, self.before, after, tuple(self.replies), tuple(self.later), writes
        )
