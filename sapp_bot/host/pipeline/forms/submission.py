"""Calls a command's handler with its complete form; what comes of it is a value for the flow."""

from __future__ import annotations

from sapp_bot.errors import SappBotError, SessionExpired
from sapp_bot.host.authoring.forms import Form
from sapp_bot.host.authoring.turn import AskAgain, Turn
from sapp_bot.host.pipeline.invoke import Invoker
from sapp_bot.host.routing.registry import Command
from sapp_bot.values import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """The handler has ended, and wants nothing more of the form."""


@dataclass(frozen=True, slots=True)
class LoginEnded:
    """The login has expired meanwhile; the form waits for the next one."""

    error: SessionExpired


@dataclass(frozen=True, slots=True)
class MayRetry:
    """The handler failed with an error that says that a retry may help."""

    error: SappBotError


SubmissionResult = Done | AskAgain | LoginEnded | MayRetry


async def submit(turn: Turn, invoker: Invoker, command: Command, form: Form) -> SubmissionResult:
    """Call the command's handler with the complete form, and return what is to follow.

    Raises:
        SappBotError: any of our errors that a retry does not help.
        Exception: whatever the handler raised.

    """
    # An earlier handler of the turn may have set it, for a form of its own.
    turn.ask_again = None
    try:
        invoker.permit(command.role)
        await invoker.run(command, given=form)
    except SessionExpired as error:
        return LoginEnded(error)
    except SappBotError as error:
        if not error.retry:
            raise
        return MayRetry(error)
    return turn.ask_again or Done()
