"""Root of the error tree, and the bot's own errors. Must not import another module of the bot.

    SappBotError
    ├─ ConfigError            a setting is missing or invalid; exit code 78
    ├─ AlreadyRunning         another process holds this account; exit code 75
    ├─ WorkTaken              another worker has this person's updates by now
    ├─ LedgerLost             Redis has lost the ledger of payments, or holds another one
    │   └─ KeeperReplaced     another worker keeps the ledger by now, or is about to
    ├─ StoreAway              Redis did not answer in time
    │   └─ StoreRefused       Redis refused this one call, and nobody knows why
    ├─ TelegramError
    │   ├─ ChatPaused         Telegram asks to wait, for this chat (.wait_s)
    │   ├─ Undeliverable      this message can never arrive (blocked, deleted, too long)
    │   └─ TelegramAway       not connected at the moment
    ├─ PluginError            a plugin's code is wrong; the author has to change it
    ├─ NotReady               a plugin cannot start yet; the host retries
    ├─ HandlerExit            plugin code tried to end the process
    ├─ UserError              the person's request cannot be done; the reply says what can
    │   ├─ NotSignedIn        nobody is logged in
    │   │   └─ SessionExpired the login has ended; the host closes the session
    │   └─ TooManyTries       a secret was guessed wrong too often
    └─ SappError              see sapp/errors.py

`str(error)` is for the log. `error.reply` is the sentence for the person: an English message id,
whose placeholders are filled with `error.values` after translation. Neither may contain a secret.
"""

from __future__ import annotations

import re
from typing import ClassVar, Self

from .values import dataclass


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command that helps after an error, offered as a button.

    Attributes:
        command: Its name, without the slash.
        label: English message id of the button, or a word that is the same in all languages.
        words: What stands behind the command, as if it was typed; a button has room for about 30
            bytes. Such steps stand above the others.

    """

    command: str
    label: str
    words: str = ""


class SappBotError(Exception):
    """Base of all errors that the bot raises on purpose."""

    reply: str = "Something went wrong on our side. Please try again in a minute."
    """English message id for the person; `{name}` placeholders are filled from `values`."""

    retry: ClassVar[bool] = False
    """Whether the same call may succeed later: an open form then keeps its answers."""

    next_steps: tuple[NextStep, ...] = (NextStep("start", "‹ Home"),)
    """Buttons under the reply: what the person can do now."""

    def __init__(self, message: str = "", /, *, reply: str | None = None, **values: object) -> None:
        super().__init__(message or reply or self.reply)
        self.values = values
        if reply is not None:
            self.reply = reply

    @property
    def uncertain(self) -> bool:
        """Whether what was to be done may be done all the same."""
        return False

    def offer(self, *steps: NextStep) -> Self:
        """Put buttons under the reply, for what the person can do now; return the error."""
        self.next_steps = steps
        return self


class ConfigError(SappBotError):
    """A setting is missing or invalid; the text names it and says what to write instead."""


class AlreadyRunning(SappBotError):
    """Another process has claimed this account."""


class WorkTaken(SappBotError):
    """A worker was taken for dead: another one has the updates that it was handling."""


class StoreAway(SappBotError):
    """Redis did not answer in time, after all retries."""

    reply = "I can't reach my memory just now. Please try again in a minute."
    retry = True

    @property
    def uncertain(self) -> bool:
        """An answer that was lost says nothing of the work, nor of what was done before."""
        return True


class StoreRefused(StoreAway):
    """Redis refused one call with an error that is not known; other calls go on."""


class LedgerLost(SappBotError):
    """Redis has lost the ledger of payments, or holds another one: nothing is credited."""

    reply = "Payments are paused while an operator looks at them. Nothing is lost."


class KeeperReplaced(LedgerLost):
    """Another worker keeps the ledger by now, or is about to: what was begun here has no effect."""

    reply = "The ledger is changing hands. Please do that again in a few seconds."
    retry = True


class TelegramError(SappBotError):
    """A call to Telegram failed."""


class ChatPaused(TelegramError):
    """Telegram asks to wait before the next message to this chat.

    Attributes:
        wait_s: Seconds to wait.

    """

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"flood wait of {wait_s} s")
        self.wait_s = wait_s


class Undeliverable(TelegramError):
    """A message can never arrive: blocked, deleted account, refused content.

    Attributes:
        for_its_form: Whether Telegram refused the message's buttons, formatting or text, so that
            a plainer one may arrive.

    """

    def __init__(self, message: str = "", *, for_its_form: bool = False) -> None:
        super().__init__(message)
        self.for_its_form = for_its_form


class TelegramAway(TelegramError):
    """The connection to Telegram is down; the same call may be repeated."""

    retry = True


class StarsUnavailable(TelegramError):
    """The account is a person's, and only a bot sells for Telegram Stars."""

    reply = "I cannot sell anything here: this is a person's own account, and only bots can."


class PluginError(SappBotError):
    """A plugin's code is wrong; the text names file and line, and says what to write instead."""


class NotReady(SappBotError):
    """A plugin cannot start yet; the host retries with growing waits.

    Plugins raise it while they are imported or in their lifespan: `raise NotReady("no database")`.
    """


class HandlerExit(SappBotError):
    """Plugin code called `sys.exit` or cancelled itself, which would otherwise end the bot."""


class UserError(SappBotError):
    """The person's request cannot be done; `reply` says why and what to do instead.

    Plugins raise it: `raise UserError("…")` sends the text, a message id, and does not count as a
    failure of the plugin. `raise UserError("…").offer(NextStep("login", "Log in"))` puts a
    command under it as a button; without one there is the way home.
    """

    def __init__(self, reply: str | None = None, **values: object) -> None:
        super().__init__("", reply=reply, **values)


class TooManyTries(UserError):
    """A secret was guessed wrong too often; the person has to wait."""

    reply = "Too many wrong tries. Please try again {when}."


class NotSignedIn(UserError):
    """The command needs a login, and the person is not logged in."""

    reply = "Please /login first, or /register if you are new here."
    next_steps: tuple[NextStep, ...] = (
        NextStep("login", "Log in"),
        NextStep("register", "Register"),
    )


class OperatorNotSignedIn(NotSignedIn):
    """The operators' command needs a login, and the operator is not logged in."""

    reply = (
        "Please /login first: operators' commands need an account that is an administrator's at "
        "the SAPP service."
    )
    next_steps: tuple[NextStep, ...] = (NextStep("login", "Log in"),)


class SessionExpired(NotSignedIn):
    """The person's login has ended: it expired, or the API rejected its token."""

    reply = "Your login has ended. Please /login again; nothing else is lost."
    next_steps = (NextStep("login", "Log in"),)


def setting_reason(message: str) -> str:
    """Return a message of pydantic's in a form that can follow a setting's name, in our words.

    "Input should be less than or equal to 600" becomes "is not 600 or less". What is a validator's
    own text stays as it is.
    """
    for pattern, words in _IN_OUR_WORDS:
        if (found := pattern.fullmatch(message)) is not None:
            return found.expand(words)
    reason = message.removeprefix("Value error, ")
    return reason.replace("Input should", "should").replace("Value should", "should")


_IN_OUR_WORDS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"Input should be a valid integer(, .*)?", "is no whole number"),
        (r"Input should be a valid number(, .*)?", "is no number"),
        (r"Input should be a finite number", "is no finite number"),
        (r"Input should be a valid (boolean|bool)(, .*)?", "is neither yes nor no"),
        (r"Input should be greater than or equal to (.+)", r"is not \1 or more"),
        (r"Input should be less than or equal to (.+)", r"is not \1 or less"),
        (r"Input should be greater than (.+)", r"is not above \1"),
        (r"Input should be less than (.+)", r"is not below \1"),
        (r"Input should be ('.+')", r"is not \1"),
        (r"String should have at most (\d+) characters?", r"is longer than \1 characters"),
        (r"String should have at least (\d+) characters?", r"is shorter than \1 characters"),
        (r"(Input should be a valid URL|Input should be a valid date).*", "cannot be read"),
        (r"Field required", "is not set"),
    )
)
"""What pydantic says of a value, and how it is said of a setting."""
