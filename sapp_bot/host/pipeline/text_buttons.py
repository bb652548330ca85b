"""Buttons in words, for user mode: a person's own account can send none.

Under the newest screen each button has a number, and sending it presses the button; everything
else names the command that does the same. A screen chosen from is taken away when the next one
has come: what would change in place in bot mode moves to the end of the chat, below the number
that the person sent, where they look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from sapp_bot.domain.replies import Callback, Copy, Edit, Key, Remove, Rows, Send
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
from sapp_bot.domain.updates import Due, Message
from sapp_bot.errors import UserError
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.i18n import Translator

NUMBERS_HOLD = timedelta(minutes=10)

NUMBERS_KNOWN = timedelta(hours=1)
"""So long after they ran out numbers are still explained; then they are words like any others,
which people say to each other."""

MARK_UNITS = 8
"""Room for the mark that Telegram's side puts before what a person's account sends."""

_NUMBER = re.compile(r"\s*([1-9][0-9]?)[.)]?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class TypedChoice:
    """A button that was pressed by sending its number. `screen` names where it stood."""

    data: bytes
    screen: str
    message_id: None = None


def read_choice(turn: Turn) -> TypedChoice | None:
    """Find the button that a message means by its number; None when it means none.

    An open form's question comes first: there a number is an answer.

    Raises:
        UserError: it is a number, but of no button, or too late.

    """
    message, choices = turn.update, turn.profile.choices
    if choices is None or turn.forms or not isinstance(message, Message) or message.edited_at:
        return None
    found = _NUMBER.fullmatch(message.text)
    if found is None:
        return None
    if choices.expires_at + NUMBERS_KNOWN <= turn.now:
        return None
    if choices.expires_at <= turn.now:
        turn.profile = replace(turn.profile, choices=None)
        raise UserError("Those numbers have run out. Send /start for a fresh screen.")
    number, last = int(found[1]), len(choices.keys)
    if number > last:
        raise UserError(
            "There is no {number}. The choices go from 1 to {last}.", number=number, last=last
        )
    return TypedChoice(choices.keys[number - 1], choices.screen)


def render_as_text(turn: Turn, translator: Translator) -> None:
    """Write the buttons of all that a turn says as words, and remember what the numbers mean."""
    newest = _newest(turn)
    for index, queued in enumerate(turn.replies):
        reply = queued.reply
        if isinstance(reply, Remove) or not reply.rows:
            continue
        if index == newest and _takes_numbers(turn, reply):
            words = _numbered(reply.rows, translator)
            keys = tuple(key.data for key in _callbacks(reply.rows))
            choices = TypedChoices(reply.screen, keys, turn.now + NUMBERS_HOLD)
            turn.profile = replace(turn.profile, choices=choices)
        else:
            words = _named(reply.rows)
            if isinstance(reply, Send) and index == newest:
                turn.profile = replace(turn.profile, choices=None)
        text = _copyable(reply.text, reply.rows)
        if words:
            choice = lines("", "", *words)
            if reply.picture is not None:  # what is cut must not be the choice
                text = cut_rich(text, CAPTION_UNITS - MARK_UNITS - units(choice.plain))
            text += choice
        turn.replies[index] = replace(queued, reply=replace(reply, text=text, rows=()))
    _take_away_old(turn)


def _newest(turn: Turn) -> int | None:
    """Find what comes last of what has buttons to press, in the person's own chat."""
    found = None
    for index, queued in enumerate(turn.replies):
        reply = queued.reply
        here = reply.chat_id == turn.update.chat_id
        if here and not isinstance(reply, Remove) and any(_callbacks(reply.rows)):
            found = index
    return found


def _takes_numbers(turn: Turn, reply: Send | Edit) -> bool:
    """Tell whether numbers can stand here: no question waits for them, no newer screen has them."""
    if turn.forms:
        return False
    if isinstance(reply, Send):
        return True
    choices, update = turn.profile.choices, turn.update
    return choices is not None and isinstance(update, Due) and update.screen == choices.screen


def _callbacks(rows: Rows) -> Iterable[Callback]:
    return (key for row in rows for key in row if isinstance(key, Callback))


def _numbered(rows: Rows, translator: Translator) -> list[Rich]:
    """Write rows of buttons with their numbers, and how they are used."""
    words, number = [], 0
    for row in rows:
        labels: list[Rich] = []
        for key in row:
            if isinstance(key, Callback):
                number += 1
                labels.append(rich(f"{number} {key.label}"))
            else:
                labels += _opened(key)
        words.append(join(labels, " · "))
    hint = italic(translator.text("Send the number of your choice."))
    return [*(line for line in words if line), hint]


def _named(rows: Rows) -> list[Rich]:
    """Write rows of buttons with what can be typed instead; a choice is typed as its number."""
    words = []
    for row in rows:
        labels: list[Rich] = []
        for key in row:
            if not isinstance(key, Callback):
                labels += _opened(key)
            elif key.typed_as:
                between = " – " if key.typed_as.startswith("/") else " "
                labels.append(rich(f"{key.typed_as}{between}{key.label}"))
        words.append(join(labels, " · "))
    return [line for line in words if line]


def _opened(key: Key) -> list[Rich]:
    """Write a button that needs nobody to press it: a link; what is to be copied is no word."""
    return [] if isinstance(key, Callback | Copy) else [link(key.label, key.url)]


def _copyable(text: Rich, rows: Rows) -> Rich:
    """Make what a button would copy a tap's copy where the text shows it; nowhere else."""
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


def _take_away_old(turn: Turn) -> None:
    """Take the screen away that was chosen from, when another has come in its place."""
    old = turn.found_screen
    moved = any(isinstance(p.reply, Send) and p.reply.screen for p in turn.replies)
    if isinstance(turn.update, Message) and old is not None and moved:
        turn.send(Remove(turn.update.chat_id, (old,)))
