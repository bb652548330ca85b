"""Which command a text is. Pure text work."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sapp_bot.domain.updates import Message, Update

# A command: a slash, 1-32 letters, digits and underscores, perhaps the bot's name.
# Source: https://core.telegram.org/bots/features#commands
_COMMAND = re.compile(r"^\s*/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{3,64}))?(?:\s+|$)", re.ASCII)

_PLAIN = re.compile(r"\S+")
_QUOTED = re.compile(r'(?:[^\s"]|"[^"]*")+')


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command as typed: its name in lower case, the rest of the text, whom it names."""

    name: str
    rest: str = ""
    bot: str = ""


def parse_command(text: str) -> CommandCall | None:
    """Read a command, or find that the text is none."""
    found = _COMMAND.match(text)
    if found is None:
        return None
    name, bot = found.groups()
    return CommandCall(name.lower(), text[found.end() :].strip(), (bot or "").lower())


def split_words(rest: str, *, most: int = 0) -> list[str]:
    """Split arguments at spaces; quotation marks keep words together, if they are closed.

    With `most` there are no more than that: the last one is all the rest, as it was written.
    """
    word = _PLAIN if rest.count('"') % 2 else _QUOTED
    found: list[str] = []
    for match in word.finditer(rest):
        if len(found) + 1 == most and match.end() < len(rest.rstrip()):
            return [*found, rest[match.start() :].rstrip()]
        found.append(match[0] if word is _PLAIN else match[0].replace('"', ""))
    return found


def is_command(update: Update) -> bool:
    """Tell whether a message is written as a command, known or not."""
    return isinstance(update, Message) and parse_command(update.text) is not None
