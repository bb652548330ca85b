"""Frozen values of a person's state between two updates: session, profile, open forms.

The store encrypts the values; the host changes a state by making a new one. Who a person is
(e-mail, ids, answers) stays out of every `repr`: a plugin may log a value or raise with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from sapp_bot.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """The API's answer to a login: the account, and its JWT until `expires_at` (aware UTC)."""

    user_id: int = field(repr=False)
    email: str = field(repr=False)
    role: str
    token: SecretStr
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A login of a Telegram user at the SAPP API.

    Attributes:
        telegram_id: Telegram user id.
        user_id: Id of the account at the API.
        email: Address of the account.
        role: Role of the account, in the API's words.
        token: JWT for the API's calls; never shown, and encrypted where it is stored.
        expires_at: When the token expires, aware UTC.
        generation: Number of the login, which the profile must have, too. Buttons made under
            another generation are refused.

    """

    telegram_id: int = field(repr=False)
    user_id: int = field(repr=False)
    email: str = field(repr=False)
    role: str
    token: SecretStr
    expires_at: datetime
    generation: int


@dataclass(frozen=True, slots=True)
class LastLogin:
    """The last login after it ended: "expired" and "never logged in" need different answers."""

    user_id: int = field(repr=False)
    email: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TypedChoices:
    """Meaning of the numbers under the newest screen in user mode, which has no buttons.

    Attributes:
        screen: Name of the screen.
        keys: Callback data of the buttons, signed; the first one is typed as 1.
        expires_at: When the numbers stop working, aware UTC.

    """

    screen: str
    keys: tuple[bytes, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TypedSecrets:
    """Traces of secrets that a person typed lately, so that no repeat of one stays in the chat.

    Attributes:
        digests: Keyed digests of the texts, the newest last.
        until: When they are forgotten, aware UTC.
        locked_until: Until when any text may be a secret, as guesses are refused; None for no
            lock. Aware UTC.

    """

    digests: tuple[bytes, ...]
    until: datetime
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cooldown:
    """A command that the person may not use again before `until` (aware UTC).

    Attributes:
        command: Its key: "<plugin>.<command>".

    """

    command: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """The part of a person's state that outlives a login.

    Attributes:
        language: The person's choice; "" for the language of their Telegram.
        generation: Number of the last login or logout: rises with each, 0 before the first.
        account: The newest login, current or expired; a logout clears it.
        choices: Numbers under the newest screen; user mode only.
        secrets: Traces of secrets that were typed in the last minutes; None for none.
        telegram_language: Language of their Telegram when they last wrote, for what is said while
            they are away: "ru"; "" for English.
        login_screens: What shows in the private chat what belongs to the login, the newest last,
            to be closed when it ends: names of screens, and "#<message id>".
        album: Number of the newest album, whose further parts are not answered again.
        seen_on: The last day (UTC) on which they wrote to the bot, "2026-11-30"; "" for none.
        takes_news: Whether they take news of the operators.
        cooldowns: Commands that were used a short time ago.
        zone: Chosen time zone, a name of the IANA database; "" for none: times are in UTC.
        is_greeted: Whether they were greeted; what a former program left below the chat is gone
            since then.

    """

    language: str = ""
    generation: int = 0
    account: LastLogin | None = None
    choices: TypedChoices | None = None
    secrets: TypedSecrets | None = None
    telegram_language: str = ""
    login_screens: tuple[str, ...] = ()
    album: int | None = None
    seen_on: str = ""
    takes_news: bool = True
    cooldowns: tuple[Cooldown, ...] = ()
    zone: str = ""
    is_greeted: bool = False

    @property
    def speaks(self) -> str:
        """Language for what is said to a person who is away; "" for English."""
        return self.language or self.telegram_language


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form that is being filled in.

    Attributes:
        command: Key of the command that the form belongs to: "<plugin>.<command>".
        answers: Raw texts by field name, secrets included: the store encrypts them.
        shapes: Digests of the fields' definitions when they were answered: after a reload, a
            field whose definition changed is asked again.
        asking: Name of the field that is asked. If all are answered: "?" while the summary waits
            for a yes, "" when only [Retry] is left.
        sapp_user: Account id of the login at the first question; None if none was needed.
        expires_at: When the form is dropped, aware UTC.
        is_aside: Whether something else was answered since the question was shown, and the line
            that leads back to it was said.
        may_be_done: Whether the form was submitted, and may have taken effect although that failed.
        told_of: Field or mark in `asking` at which that line was said; None if it was not.
        refused: How often in a row the repeated answer differed from what it repeats.

    """

    command: str
    answers: Mapping[str, str] = field(repr=False)
    shapes: Mapping[str, str]
    asking: str
    sapp_user: int | None = field(repr=False)
    expires_at: datetime
    is_aside: bool = False
    may_be_done: bool = False
    told_of: str | None = None
    refused: int = 0


@dataclass(frozen=True, slots=True)
class PersonState:
    """Stored state of one person.

    Attributes:
        session: The login; None if there is none. It may have expired.
        profile: The part that outlives a login.
        forms: Open forms, a stack: the last one is asked.

    """

    session: Session | None = None
    profile: Profile = field(default_factory=Profile)
    forms: tuple[OpenForm, ...] = ()
