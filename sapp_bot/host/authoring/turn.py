"""The turn: one update being handled, with the state before and the changes to commit.

A unit of work: handlers' replies and writes are collected here and committed together. Must not
send or store anything itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any, Literal, assert_never

from sapp_bot.domain.ports import Commit, StorageWrite
from sapp_bot.domain.replies import CloseScreens, QueuedReply, Reply, ReplyTo
from sapp_bot.domain.state import (
    LastLogin,
    Login,
    OpenForm,
    PersonState,
    Profile,
    Session,
    TypedSecrets,
)
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import (
    Due,
    Message,
    PaymentReceived,
    PaymentRefunded,
    Person,
    Press,
    Update,
)
from sapp_bot.errors import NotSignedIn, PluginError, SessionExpired
from sapp_bot.host.runtime.wellformed import check
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import choose
from sapp_bot.values import dataclass, field, replace

from .button_codec import ButtonOwner
from .buttons import Button
from .logins import login_write
from .person_index import seen

FormAction = Literal["cancel", "back", "skip", "retry", "continue"]
NOBODY = Person(0)

MOST_LOGIN_SCREENS = 20
"""Most screens of a login that are remembered, to be closed when it ends."""


@dataclass(frozen=True, slots=True)
class SystemTrigger:
    """Takes the place of an update in a call that no queued update caused.

    Those are timers, lifespans, renderers, inline queries, and the chats of `ctx.to`.

    Attributes:
        key: Key of the call, unique as that of an update.
        sender: The person whom replies go to; `NOBODY` in a call that no person caused.
        private: Whether the chat is private.
        commits: Whether writes are committed together with the replies, as those of an update
            and of a timer are.

    """

    key: str
    sender: Person = NOBODY
    private: bool = True
    commits: bool = False

    @property
    def chat_id(self) -> int:
        """Telegram id of the person's private chat, which is that of the person."""
        return self.sender.id


@dataclass(frozen=True, slots=True)
class BeginCommand:
    """Continue with a command; `answers` are raw texts by field, `words` stand behind it."""

    handler: Callable[..., Any]
    answers: Mapping[str, str]
    words: str = ""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Request of a form's handler to ask one field again; `because` says why."""

    field: str
    because: Rich


@dataclass(slots=True)
class PendingWrites:
    """Uncommitted writes of a turn to the plugin storage.

    Attributes:
        writes: The newest write by collection and key.
        is_over: Whether the turn is committed or dropped: later writes would be lost here.

    """

    writes: dict[tuple[str, str | int], StorageWrite] = field(default_factory=dict)
    is_over: bool = False


@dataclass(slots=True)
class Turn:
    """Working copy of a person's state while one update is handled, and the turn's output.

    Attributes:
        update: The update, or what takes its place.
        before: The person's state as it is stored.
        settings: Settings of the host.
        now: Time at which the turn started, aware UTC.
        again: Whether the process died in an earlier turn of this update, so that its effects on
            the API may have happened already.
        typed_templates: `typed_as` templates by button class.
        session: The login now; None if there is none.
        profile: The profile now.
        forms: The open forms now, a stack: the last one is asked.
        replies: Replies so far, in order; `reply_numbers` count them on over all commits.
        later: Delayed presses so far.
        changes: Writes to the plugin storage so far.
        toast: Text of the pop-up that answers a press; None for none.
        alert: Whether the pop-up stays until the person closes it.
        begin: Command to continue with when the handler ends.
        ask_again: Field to ask again when the handler ends.
        form_action: What a command such as /back does to the open form.
        found_screen: Message of a delayed press's screen, looked up by the screen's name.
        screen_is_picture: Whether `screen_message` is a picture.
        is_forgotten: Whether nothing of the person is to be kept, their language neither.
        question_pressed: Whether the press answered a question, whose message stays as it is then.
        plugin: Name of the plugin called last; its catalogue translates an error.
        commit_step: Commits replies and writes so far, in a timer; None in every other turn.

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
    reply_numbers: Iterator[int] = field(default_factory=count)
    later: list[Due] = field(default_factory=list)
    changes: PendingWrites = field(default_factory=PendingWrites)
    toast: Rich | None = None
    alert: bool = False
    begin: BeginCommand | None = None
    ask_again: AskAgain | None = None
    form_action: FormAction | None = None
    found_screen: int | None = None
    screen_is_picture: bool = False
    is_forgotten: bool = False
    question_pressed: bool = False
    plugin: str = ""
    commit_step: Callable[[], Awaitable[None]] | None = None

    @classmethod
    def of(
        cls,
        update: Update | SystemTrigger,
        person_state: PersonState,
        settings: HostSettings,
        now: datetime,
    ) -> Turn:
        """Return a new turn with a person's stored state, without an expired login or form."""
        turn = cls(update, person_state, settings, now)
        turn.profile = person_state.profile
        if person_state.session is not None and person_state.session.expires_at > now:
            turn.session = person_state.session
        turn.forms = [f for f in person_state.forms if f.expires_at > now]
        return turn

    @property
    def language(self) -> str:
        """Language of the person: their choice, else that of their Telegram, else English.

        What Telegram sends in its short form says nothing of the person: then it is the language
        of what they sent before.
        """
        profile, sender = self.profile, self.update.sender
        return choose(profile.language, sender.language, profile.telegram_language)

    @property
    def is_admin(self) -> bool:
        """Whether the person is an operator."""
        return self.update.sender.id in self.settings.admins

    @property
    def button_owner(self) -> ButtonOwner:
        """Owner of the buttons that this turn makes."""
        return ButtonOwner(self.settings.account, self.update.sender.id, self.profile.generation)

    @property
    def screen_message(self) -> int | None:
        """Id of the message that a screen of this turn replaces; None for a new message."""
        if self.question_pressed:
            return None
        match self.update:
            case Due():
                return self.update.message_id or self.found_screen
            case Press():
                return self.update.message_id
            case Message() | PaymentReceived() | PaymentRefunded() | SystemTrigger():
                return None
            case _:
                assert_never(self.update)

    @property
    def reply_to(self) -> ReplyTo | None:
        """What a new message answers: in a group the message or the screen of the update."""
        update = self.update
        if update.private or not isinstance(update, Message | Press | Due):
            return None
        topic = update.topic if isinstance(update, Message) else None
        message_id = update.message_id or self.found_screen
        return ReplyTo(message_id, topic) if message_id is not None else None

    def signed_in(self) -> Session:
        """Return the login.

        Raises:
            SessionExpired: the login has expired.
            NotSignedIn: there is no login.

        """
        if self.session is not None:
            return self.session
        if self.profile.account is not None:
            raise SessionExpired
        raise NotSignedIn

    def open_session(self, login: Login) -> Session:
        """Log the person in, and return the session. Buttons of an earlier login stop working."""
        generation = self._next_generation()
        self.session = Session(
            telegram_id=self.update.sender.id,
            user_id=login.user_id,
            email=login.email,
            role=login.role,
            token=login.token,
            expires_at=login.expires_at,
            generation=generation,
        )
        account = LastLogin(login.user_id, login.email, login.expires_at)
        self.profile = replace(self.profile, generation=generation, account=account)
        return self.session

    def close_session(self) -> None:
        """Log the person out. Buttons and forms of this login stop working."""
        self.session, generation = None, self._next_generation()
        self.forms[:] = [form for form in self.forms if form.sapp_user is None]
        self.profile = replace(self.profile, generation=generation, account=None)

    def _next_generation(self) -> int:
        """Return a number that no login of the person has had, also if the store was emptied.

        Counted from 1 again, it would be that of an earlier login, and so would its buttons.
        """
        return max(self.profile.generation + 1, int(self.now.timestamp()))

    def drop_session(self) -> None:
        """Drop a login whose token the API rejects.

        The profile keeps the account, so that the next handler raises SessionExpired.
        """
        self.session = None

    def login_screen(self, name: str) -> str:
        """Remember a screen of the login, closed when that ends; return what finds its message.

        `name` is its plugin's, which several messages may have. The names that are returned are
        used again after some time, or Redis would keep one for each card that was ever shown.
        """
        known, message = self.profile.login_screens, self.screen_message
        if message is not None:
            self._note_login_screens(f"#{message}")
            return name
        own = f"{name}~"
        last = next((entry for entry in reversed(known) if entry.startswith(own)), f"{own}-1")
        screen = f"{own}{(int(last.removeprefix(own)) + 1) % MOST_LOGIN_SCREENS}"
        self._note_login_screens(screen)
        return screen

    def _note_login_screens(self, entry: str) -> None:
        others = [known for known in self.profile.login_screens if known != entry]
        self.profile = replace(self.profile, login_screens=(*others, entry)[-MOST_LOGIN_SCREENS:])

    def close_login_screens(self, text: Rich) -> None:
        """Replace the screens of a login that ends by a text without buttons."""
        known = self.profile.login_screens
        if known:
            self.profile = replace(self.profile, login_screens=())
            screens = tuple(name for name in known if not name.startswith("#"))
            numbers = tuple(int(name[1:]) for name in known if name.startswith("#"))
            self.send(CloseScreens(self.update.sender.id, screens, text, numbers))

    def choose_language(self, language: str) -> None:
        """Store the person's choice of language: "en" or "ru"."""
        self.profile = replace(self.profile, language=language)

    def choose_news(self, *, takes: bool) -> None:
        """Store whether the person takes news of the operators."""
        self.profile = replace(self.profile, takes_news=takes)

    @property
    def _shows_presence(self) -> bool:
        """Whether the person has come to the bot by this update, in their private chat."""
        update = self.update
        return (
            isinstance(update, Message | Press) and update.private and self.settings.mode == "bot"
        )

    def lock_secrets(self, until: datetime) -> None:
        """Have texts without a command deleted until a time: guesses are refused, yet sent."""
        known = self.profile.secrets
        digests = known.digests if known is not None else ()
        ends = max(until, known.until) if known is not None else until
        self.profile = replace(self.profile, secrets=TypedSecrets(digests, ends, until))

    def start(self, handler: Callable[..., Any], answers: Mapping[str, str] | None = None) -> None:
        """Set the command to continue with when this handler ends; see `Ctx.start`."""
        self.begin = BeginCommand(handler, answers or {})

    def towards(self, person: int, person_state: PersonState) -> Turn:
        """Return a turn for replies to another person, committed together with this turn's.

        Args:
            person: Telegram user id.
            person_state: Stored state of that person; not changed.

        """
        language = person_state.profile.speaks
        trigger = SystemTrigger(self.update.key, Person(person, language=language))
        other = Turn(
            trigger, person_state, self.settings, self.now, self.again, self.typed_templates
        )
        # The same list, not a copy: the replies of both leave in the order in which they were made.
        other.profile, other.replies = person_state.profile, self.replies
        other.reply_numbers, other.commit_step = self.reply_numbers, self.commit_step
        return other

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Drop the storage writes of a handler that raises; keep those of handlers before it."""
        before = dict(self.changes.writes)
        try:
            yield
        except BaseException:  # a cancelled handler, too, must not leave half of its writes
            self.changes.is_over = True  # a task that goes on writes at once
            self.changes = PendingWrites(before)
            raise

    def send(self, reply: Reply) -> None:
        """Append a reply to the turn's replies.

        Raises:
            PluginError: no person wrote, as in a timer, or a value is of a wrong type.

        """
        if self.update.sender is NOBODY:
            raise PluginError("nobody wrote, so say it to somebody: `await ctx.to(person)`")
        check(reply)
        key = f"{self.update.key}/{next(self.reply_numbers)}"
        self.replies.append(QueuedReply(key, reply, self.plugin))

    def to_commit(self) -> Commit:
        """Return the commit of this turn; later storage writes are made at once."""
        assert not isinstance(self.update, SystemTrigger)  # noqa: S101  # timers use OutboxStore.tell
        heard = self.update.sender.language
        if (
            heard
            and not self.is_forgotten
            and (spoken := choose("", heard)) != choose("", self.profile.telegram_language)
        ):
            self.profile = replace(self.profile, telegram_language=spoken)
        self.changes.is_over = True
        writes = tuple(self.changes.writes.values())
        if self._shows_presence:
            sender, profiles = self.update.sender.id, (self.before.profile, self.profile)
            gone = self.is_forgotten
            self.profile, entry = seen(sender, *profiles, self.now, is_forgotten=gone)
            writes = (*writes, *entry)
        after = PersonState(self.session, self.profile, tuple(self.forms))
        if self.session != self.before.session:
            writes = (*writes, login_write(self.update.sender.id, self.session))
        return Commit(
            self.update, self.before, after, tuple(self.replies), tuple(self.later), writes
        )
