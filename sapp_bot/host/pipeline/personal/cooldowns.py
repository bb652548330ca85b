"""Lets each person use a command again only after its `cooldown_s` seconds."""

from __future__ import annotations

from datetime import timedelta

from sapp_bot.domain.state import Cooldown
from sapp_bot.errors import NextStep, UserError
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.routing.registry import Command
from sapp_bot.i18n import Translator
from sapp_bot.values import replace


class CoolingDown(UserError):
    """The person has used the command a moment ago."""

    reply = "You can use /{name} again {when}."
    next_steps = (NextStep("help", "Help"), NextStep("start", "‹ Home"))


def check_cooldown(turn: Turn, command: Command, translator: Translator) -> None:
    """Check that the person may use a command now.

    Raises:
        CoolingDown: they used it too short a time ago; the text says when it is there again.

    """
    for cooldown in turn.profile.cooldowns:
        if cooldown.command == command.key and cooldown.until > turn.now:
            begins = not any(p.required for p in command.signature.arguments)
            again = (NextStep(command.name, "Try again"),) if begins else ()
            left = translator.ahead(cooldown.until - turn.now)
            error = CoolingDown(name=command.name, when=left)
            raise error.offer(*again, *CoolingDown.next_steps)


def start_cooldown(turn: Turn, command: Command) -> None:
    """Note that the person has used a command; stored with the commit of the turn."""
    if not command.cooldown_s:
        return
    until = turn.now + timedelta(seconds=command.cooldown_s)
    others = (c for c in turn.profile.cooldowns if c.until > turn.now and c.command != command.key)
    turn.profile = replace(turn.profile, cooldowns=(*others, Cooldown(command.key, until)))
