"""Recognises commands in texts. Must not know which commands exist."""

from __future__ import annotations

import re

from sapp_bot.domain.typed_text import INVISIBLE
from sapp_bot.domain.updates import Message, Update
from sapp_bot.values import dataclass

# A slash, 1-32 letters, digits and underscores, then perhaps "@" and the bot's name.
# Source: https://core.telegram.org/bots/features#commands
# Copied text brings blanks and invisible characters along.
_BLANK = rf"[\s\u00a0{INVISIBLE}]"
_COMMAND = re.compile(
    rf"^{_BLANK}*/([A-Za-z0-9_]{{1,32}})(?:@([A-Za-z0-9_]{{3,64}}))?(?:{_BLANK}+|$)", re.ASCII
)

# A no-break or thin space between two digits stands in a number.
_GAP = r"(?<=\d)[\u00a0\u2007\u2009\u202f](?=\d)"
_PLAIN = re.compile(rf"(?:\S|{_GAP})+")
_QUOTED = re.compile(rf'(?:[^\s"]|{_GAP}|"[^"]*")+')


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command as typed.

    Attributes:
        name: Name in lower case, without slash.
        rest: Text after the command, stripped.
        bot: Bot that it is addressed to (`/help@some_bot`), in lower case; "" for any.

    """

    name: str
    rest: str = ""
    bot: str = ""


def parse_command(text: str) -> CommandCall | None:
    """Return the command that a text begins with; None for any other text."""
    found = _COMMAND.match(text)
    if found is None:
        return None
    name, bot = found.groups()
    return CommandCall(name.lower(), text[found.end() :].strip(), (bot or "").lower())


@dataclass(frozen=True, slots=True)
class Mention:
    """What a text says to a bot that it names.

    Attributes:
        said: The text without the name.
        is_first: Whether it begins with the name, and so is for nobody but the bot.

    """

    said: str
    is_first: bool


def parse_mention(text: str, bot: str) -> Mention | None:
    """Return what a text says to a bot that it names: `@some_bot 100 usd`, `100 usd @some_bot`.

    None for any other text. Where the name stands alone, nothing is said.
    """
    name = re.escape(bot)
    found = re.search(rf"(?<![\w@/])@{name}(?!\w)[,:!?]*", text, re.IGNORECASE) if bot else None
    if found is None:
        return None
    before, after = text[: found.start()].strip(), text[found.end() :].strip()
    said = f"{before} {after}".strip()
    return Mention(said, not before)


def split_words(rest: str, *, most: int = 0) -> list[str]:
    """Return the arguments in a text, split at spaces outside of quotation marks.

    Args:
        rest: The text after a command.
        most: Most arguments to return: the last one is the unchanged rest of the text. 0 for any
            number.

    """
    # An odd number of quotation marks leaves one unpaired (an inch sign, a typo): all are text.
    word = _PLAIN if rest.count('"') % 2 else _QUOTED
    found: list[str] = []
    for match in word.finditer(rest):
        if len(found) + 1 == most and match.end() < len(rest.rstrip()):
            return [*found, rest[match.start() :].rstrip()]
        found.append(match[0] if word is _PLAIN else match[0].replace('"', ""))
    return found


def is_command(update: Update) -> bool:
    """Return whether an update is a message in the form of a command, known or not."""
    return isinstance(update, Message) and parse_command(update.text) is not None
