"""The root of the error tree, and the bot's own errors. Imports nothing of ours.

    SappBotError
    ├─ ConfigError            a setting is missing or wrong; exit code 78
    ├─ AlreadyRunning         another process holds this account; exit code 75
    ├─ StoreAway              Redis did not answer in time
    ├─ TelegramError
    │   ├─ ChatPaused         Telegram asks to wait, for this chat (.wait_s)
    │   ├─ Undeliverable      this message can never arrive (blocked, deleted, too long)
    │   └─ TelegramAway       not connected just now
    ├─ PluginError            a plugin file cannot be used as it stands
    ├─ NotReady               a plugin cannot begin yet; the host tries again
    ├─ HandlerExit            plugin code tried to end the process
    ├─ UserError              what the person did cannot be done; the reply says what can
    │   └─ NotSignedIn        nobody is logged in
    │       └─ SessionExpired the login is over; the host closes the session
    └─ SappError              see sapp/errors.py

`str(error)` is for the log.
`error.reply` is the sentence for the person: an English message id, filled with `error.values`
after translation. Neither may hold a secret.
"""

from __future__ import annotations

from typing import ClassVar


class SappBotError(Exception):
    """Everything this project raises on purpose."""

    reply: str = "Something went wrong on our side. Please try again in a minute."
    """English message id for the person; `{name}` places are filled from `values`."""

    retry: ClassVar[bool] = False
    """Whether doing the same thing again later can help: an open form then keeps its answers."""

    def __init__(self, message: str = "", /, *, reply: str | None = None, **values: object) -> None:
        super().__init__(message or reply or self.reply)
        self.values = values
        if reply is not None:
            self.reply = reply


class ConfigError(SappBotError):
    """A setting is missing or wrong; the text says which and how to mend it."""


class AlreadyRunning(SappBotError):
    """Another process works for this account."""


class StoreAway(SappBotError):
    """Redis did not answer in time, after all repeats."""

    reply = "I can't reach my memory just now. Please try again in a minute."
    retry = True


class TelegramError(SappBotError):
    """Telegram did not do what was asked."""


class ChatPaused(TelegramError):
    """Telegram asks to wait before the next message to this chat."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"flood wait of {wait_s} s")
        self.wait_s = wait_s


class Undeliverable(TelegramError):
    """This message can never arrive: blocked, deleted account, refused content."""


class TelegramAway(TelegramError):
    """The connection is down; the same call can be made again."""

    retry = True


class PluginError(SappBotError):
    """A plugin cannot be used as it stands; the text names file, line and mend."""


class NotReady(SappBotError):
    """A plugin cannot begin yet: what it needs is not there. The host tries again, less and less.

    Plugins raise it while they are imported or in their lifespan: `raise NotReady("no database")`.
    """


class HandlerExit(SappBotError):
    """Plugin code called `sys.exit`, or was cancelled by itself, which would have ended the bot."""


class UserError(SappBotError):
    """What the person asked cannot be done; `reply` says why and what to do instead.

    Plugins raise it: `raise UserError("…")` shows the text, and is never counted as a failure.
    """

    def __init__(self, reply: str | None = None, **values: object) -> None:
        super().__init__("", reply=reply, **values)


class NotSignedIn(UserError):
    """The command needs a login and nobody is logged in."""

    reply = "Please /login first, or /register if you are new here."


class SessionExpired(NotSignedIn):
    """There was a login, and it is over: its time ran out or the API no longer takes it."""

    reply = "Your login has ended. Please /login again; nothing else is lost."


def setting_reason(message: str) -> str:
    """Return pydantic's message so that it goes on behind a setting's name.

    "Input should be a valid integer" becomes "should be a valid integer".
    """
    reason = message.removeprefix("Value error, ")
    return reason.replace("Input should", "should").replace("Value should", "should")
