"""Writes buttons as text for user mode, as a person's account cannot send buttons.

Under the newest screen each button has a number, and sending the number presses the button; other
messages name the command that does the same. The old screen is removed when its successor is sent:
what changes in place in bot mode moves to the end of the chat, below the number that the person
sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from sapp_bot.domain.replies import Callback, Copy, Edit, Key, Remove, Rows, Send, WithoutButtons
from sapp_bot.domain.state import TypedChoices
from sapp_bot.domain.text import (
    CAPTION_UNITS,
    Entity,
    Rich,
    cut_rich,
    italic,
    join,
    lines,
    link,
    rich,
    units,
)
from sapp_bot.domain.typed_text import ascii_digits, tidy
from sapp_bot.domain.updates import Due, Message
from sapp_bot.errors import UserError
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.i18n import Translator
from sapp_bot.values import dataclass, replace

NUMBERS_HOLD = timedelta(minutes=10)
"""How long a number presses its button."""

NUMBERS_KNOWN = timedelta(hours=1)
"""How long after that a number is answered with an explanation. Later it is ignored: in user mode
numbers are also what people write to each other."""

MARK_UNITS = 8
"""UTF-16 units for the mark that the Telegram adapter puts before each text in user mode."""

_NUMBER = re.compile(r"\s*([1-9][0-9]?)[.)]?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class TypedChoice:
    """A button that was pressed by sending its number.

    Attributes:
        data: Signed data of the button.
        screen: Name of the screen that showed the button.
        message_id: Always None: the message is found by the screen's name.

    """

    data: bytes
    screen: str
    message_id: None = None


def read_choice(turn: Turn) -> TypedChoice | None:
    """Return the button whose number a message is; None when it is no number of a button.

    While a form is open a number is an answer to its question.

    Raises:
        UserError: no button has the number, or the numbers have expired.

    """
    message, choices = turn.update, turn.profile.choices
    if choices is None or turn.forms or not isinstance(message, Message) or message.edited_at:
        return None
    found = _NUMBER.fullmatch(ascii_digits(tidy(message.text)))
    if found is None:
        return None
    if choices.expires_at + NUMBERS_KNOWN <= turn.now:
        return None
    if choices.expires_at <= turn.now:
        turn.profile = replace(turn.profile, choices=None)
        raise UserError("Those numbers have run out. Send /start for a fresh screen.").offer()
    number, last = int(found[1]), len(choices.keys)
    if number > last:
        # Without buttons: those would take the numbers away.
        text = "There is no {number}. The choices go from 1 to {last}."
        raise UserError(text, number=number, last=last).offer()
    return TypedChoice(choices.keys[number - 1], choices.screen)


def render_as_text(turn: Turn, translator: Translator) -> None:
    """Replace the buttons in a turn's replies by text, and store what the numbers mean.

    Args:
        turn: Its replies and its profile are changed.
        translator: Translates the host's own words.

    """
    newest = _newest(turn)
    for index, queued in enumerate(turn.replies):
        reply = queued.reply
        if isinstance(reply, WithoutButtons) or not reply.rows:
            continue
        if index == newest and _takes_numbers(turn, reply):
            words = _numbered(reply.rows, translator)
            keys = tuple(key.data for key in _callbacks(reply.rows))
            choices = TypedChoices(reply.screen, keys, turn.now + NUMBERS_HOLD)
            turn.profile = replace(turn.profile, choices=choices)
        else:
            words = _named(reply.rows, translator)
            if isinstance(reply, Send) and index == newest:
                turn.profile = replace(turn.profile, choices=None)
        text = _copyable(reply.text, reply.rows)
        if words:
            choice = lines("", "", *words)
            # A caption is short, and Telegram refuses a longer one: cut the text, not the choice.
            if reply.picture is not None or (isinstance(reply, Send) and reply.file is not None):
                text = cut_rich(text, CAPTION_UNITS - MARK_UNITS - units(choice.plain))
            text += choice
        turn.replies[index] = replace(queued, reply=replace(reply, text=text, rows=()))
    _remove_old_screen(turn)


def _newest(turn: Turn) -> int | None:
    """Return the index of the last reply with buttons to press, in the update's chat."""
    found = None
    for index, queued in enumerate(turn.replies):
        reply = queued.reply
        here = reply.chat_id == turn.update.chat_id
        if not here or isinstance(reply, WithoutButtons):
            continue
        if any(_callbacks(reply.rows)):
            found = index
    return found


def _takes_numbers(turn: Turn, reply: Send | Edit) -> bool:
    """Return whether a reply may have numbers: no form is open, and no newer screen has numbers."""
    if turn.forms:
        return False
    if isinstance(reply, Send):
        return True
    choices, update = turn.profile.choices, turn.update
    return choices is not None and isinstance(update, Due) and update.screen == choices.screen


def _callbacks(rows: Rows) -> Iterable[Callback]:
    return (key for row in rows for key in row if isinstance(key, Callback))


def _numbered(rows: Rows, translator: Translator) -> list[Rich]:
    """Return rows of buttons as lines with numbers, and a line that says how to choose."""
    words, number = [], 0
    for row in rows:
        labels: list[Rich] = []
        for key in row:
            if isinstance(key, Callback):
                number += 1
                labels.append(rich(f"{number} {key.label}"))
            else:
                labels += _as_link(key)
        words.append(join(labels, " · "))
    hint = italic(translator.text("Send the number of your choice."))
    return [*(line for line in words if line), hint]


def _named(rows: Rows, translator: Translator) -> list[Rich]:
    """Return rows of buttons as lines that name what can be typed instead: commands, and numbers.

    A question's choices are numbers as those of a screen are, and are chosen the same way.
    """
    words = []
    for row in rows:
        labels: list[Rich] = []
        for key in row:
            if not isinstance(key, Callback):
                labels += _as_link(key)
            elif key.typed_as:
                between = " – " if key.typed_as.startswith("/") else " "
                labels.append(rich(f"{key.typed_as}{between}{key.label}"))
        words.append(join(labels, " · "))
    if any(key.typed_as.isdecimal() for key in _callbacks(rows)):
        words.append(italic(translator.text("Send the number of your choice.")))
    return [line for line in words if line]


def _as_link(key: Key) -> list[Rich]:
    """Return a Url button as a link; nothing for a Copy button: see `_copyable`."""
    return [] if isinstance(key, Callback | Copy) else [link(key.label, key.url)]


def _copyable(text: Rich, rows: Rows) -> Rich:
    """Format a Copy button's value as code where the text shows it, so that a tap copies it."""
    for row in rows:
        for key in row:
            if isinstance(key, Copy) and key.text and key.text in text.plain:
                text = _monospaced(text, key.text)
    return text


def _monospaced(text: Rich, part: str) -> Rich:
    start = units(text.plain[: text.plain.index(part)])
    place = Entity("code", start, units(part))
    # Telegram nests nothing in code, nor code in a spoiler.
    # Source: https://core.telegram.org/api/entities#allowed-combinations
    rest = (
        e for e in text.entities if e.offset + e.length <= start or e.offset >= start + place.length
    )
    return Rich(text.plain, (*rest, place))


def _remove_old_screen(turn: Turn) -> None:
    """Remove the screen of the chosen button when the turn sends a new screen."""
    old = turn.found_screen
    moved = any(isinstance(p.reply, Send) and p.reply.screen for p in turn.replies)
    if isinstance(turn.update, Message) and old is not None and moved:
        turn.send(Remove(turn.update.chat_id, (old,)))
