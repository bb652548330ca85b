"""What is remembered of a person between two messages: session, profile, open forms.

Frozen values; the store seals them, the host changes them by making new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Login:
    """What the API answered to a login: the account, and its token until `expires_at`."""

    user_id: int
    email: str
    role: str
    token: SecretStr
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A login: who this Telegram user is at the SAPP API, until `expires_at` (aware UTC).

    `token` is the JWT; it is shown to nobody and stored sealed.
    `generation` counts logins: buttons made under another login are refused.
    """

    telegram_id: int
    user_id: int
    email: str
    role: str
    token: SecretStr
    expires_at: datetime
    generation: int


@dataclass(frozen=True, slots=True)
class PastLogin:
    """What stays of a login after it ended, so that "expired" is not "never logged in"."""

    user_id: int
    email: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TypedChoices:
    """What the numbers under the newest screen stand for, where there are no buttons: user mode.

    `keys` is the data of the buttons, signed as under a button; `screen` names the screen.
    """

    screen: str
    keys: tuple[bytes, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """What outlives a login. `language` is the person's choice, empty for Telegram's own.

    `account` is the last login that ran out by itself; a logout clears it.
    """

    language: str = ""
    generation: int = 0
    account: PastLogin | None = None
    choices: TypedChoices | None = None


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form that was begun: which command, what was answered, what is asked now.

    `answers` are the raw texts by field (secret ones too: the store seals them).
    `shapes` are the fields' definitions at the time, so that a changed field is asked again.
    `asking` is the field being asked; empty when all is answered and only [Retry] is left.
    `sapp_user` is who was logged in at the first question, if anybody had to be.
    """

    command: str
    answers: Mapping[str, str] = field(repr=False)
    shapes: Mapping[str, str]
    asking: str
    sapp_user: int | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PersonState:
    """All that is known of a person when a message is handled. The last form is on top."""

    session: Session | None = None
    profile: Profile = field(default_factory=Profile)
    forms: tuple[OpenForm, ...] = ()
