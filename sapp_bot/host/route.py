"""Which command a text is. Pure text work."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from sapp_bot.updates import Message, Update

# A command: a slash, 1-32 letters, digits and underscores, perhaps the bot's name.
# Source: https://core.telegram.org/bots/features#commands
_COMMAND = re.compile(r"^\s*/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{3,64}))?(?:\s+|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """A command as typed: its name in lower case, the rest of the text, whom it names."""

    name: str
    rest: str = ""
    bot: str = ""


def read_call(text: str) -> Call | None:
    """Read a command, or find that the text is none."""
    found = _COMMAND.match(text)
    if found is None:
        return None
    name, bot = found.groups()
    return Call(name.lower(), text[found.end() :].strip(), (bot or "").lower())


def words(rest: str) -> list[str]:
    """Split arguments at spaces; quotation marks keep words together, if they are closed."""
    if '"' not in rest:
        return rest.split()
    try:
        return shlex.split(rest.replace("'", "\\'").replace("\\", "\\\\"))
    except ValueError:
        return rest.split()


def is_command(update: Update) -> bool:
    """Tell whether a message is written as a command, known or not."""
    return isinstance(update, Message) and read_call(update.text) is not None
