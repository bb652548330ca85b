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

from sapp_bot.errors import UserError
from sapp_bot.languages import Speech
from sapp_bot.replies import Callback, Copy, Edit, Key, Remove, Rows, Send
from sapp_bot.state import Choices
from sapp_bot.text import Entity, Rich, italic, join, lines, link, rich, units
from sapp_bot.updates import Due, Message

from .visit import Visit

NUMBERS_HOLD = timedelta(minutes=10)

NUMBERS_KNOWN = timedelta(hours=1)
"""So long after they ran out numbers are still explained; then they are words like any others,
which people say to each other."""

_NUMBER = re.compile(r"\s*([1-9][0-9]?)[.)]?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Choice:
    """A button that was pressed by sending its number. `screen` names where it stood."""

    data: bytes
    screen: str
    message_id: None = None


def chosen(visit: Visit) -> Choice | None:
    """Find the button that a message means by its number; None when it means none.

    An open form's question comes first: there a number is an answer.

    Raises:
        UserError: it is a number, but of no button, or too late.

    """
    message, choices = visit.update, visit.profile.choices
    if choices is None or visit.forms or not isinstance(message, Message) or message.edited_at:
        return None
    found = _NUMBER.fullmatch(message.text)
    if found is None:
        return None
    if choices.expires_at + NUMBERS_KNOWN <= visit.now:
        return None
    if choices.expires_at <= visit.now:
        visit.profile = replace(visit.profile, choices=None)
        raise UserError("Those numbers have run out. Send /start for a fresh screen.")
    number, last = int(found[1]), len(choices.keys)
    if number > last:
        raise UserError(
            "There is no {number}. The choices go from 1 to {last}.", number=number, last=last
        )
    return Choice(choices.keys[number - 1], choices.screen)


def put_in_words(visit: Visit, speech: Speech) -> None:
    """Write the buttons of all that a visit says as words, and remember what the numbers mean."""
    newest = _newest(visit)
    for index, parcel in enumerate(visit.parcels):
        reply = parcel.reply
        if isinstance(reply, Remove) or not reply.rows:
            continue
        if index == newest and _takes_numbers(visit, reply):
            words = _numbered(reply.rows, speech)
            keys = tuple(key.data for key in _callbacks(reply.rows))
            choices = Choices(reply.screen, keys, visit.now + NUMBERS_HOLD)
            visit.profile = replace(visit.profile, choices=choices)
        else:
            words = _named(reply.rows)
            if isinstance(reply, Send) and index == newest:
                visit.profile = replace(visit.profile, choices=None)
        text = _copyable(reply.text, reply.rows)
        if words:
            text = lines(text, "", *words)
        visit.parcels[index] = replace(parcel, reply=replace(reply, text=text, rows=()))
    _take_away_old(visit)


def _newest(visit: Visit) -> int | None:
    """Find what comes last of what has buttons to press, in the person's own chat."""
    found = None
    for index, parcel in enumerate(visit.parcels):
        reply = parcel.reply
        here = reply.chat_id == visit.update.chat_id
        if here and not isinstance(reply, Remove) and any(_callbacks(reply.rows)):
            found = index
    return found


def _takes_numbers(visit: Visit, reply: Send | Edit) -> bool:
    """Tell whether numbers can stand here: no question waits for them, no newer screen has them."""
    if visit.forms:
        return False
    if isinstance(reply, Send):
        return True
    choices, update = visit.profile.choices, visit.update
    return choices is not None and isinstance(update, Due) and update.screen == choices.screen


def _callbacks(rows: Rows) -> Iterable[Callback]:
    return (key for row in rows for key in row if isinstance(key, Callback))


def _numbered(rows: Rows, speech: Speech) -> list[Rich]:
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
    hint = italic(speech.text("Send the number of your choice."))
    return [*(line for line in words if line), hint]


def _named(rows: Rows) -> list[Rich]:
    """Write rows of buttons with what can be typed instead; a choice is typed as its number."""
    words = []
    for row in rows:
        labels: list[Rich] = []
        for key in row:
            if not isinstance(key, Callback):
                labels += _opened(key)
            elif key.twin:
                between = " – " if key.twin.startswith("/") else " "
                labels.append(rich(f"{key.twin}{between}{key.label}"))
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


def _take_away_old(visit: Visit) -> None:
    """Take the screen away that was chosen from, when another has come in its place."""
    old = visit.found_screen
    moved = any(isinstance(p.reply, Send) and p.reply.screen for p in visit.parcels)
    if isinstance(visit.update, Message) and old is not None and moved:
        visit.send(Remove(visit.update.chat_id, (old,)))
