"""What a step means: a button, a word of a userbot's choices, an inline query. Does none of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .record import Note
from .steps import InlineStep, PressStep, SayStep


def choose(screen: Note | None, step: PressStep) -> tuple[Note, int] | None:
    """Return the button of a step: by number, by whole label, or by the only label with it."""
    if screen is None:
        return None
    labels = [key.label for key in screen.keys]
    if step.number:
        return (screen, step.number) if step.number <= len(labels) else None
    if step.label in labels:
        return screen, labels.index(step.label) + 1
    having = [i for i, label in enumerate(labels, 1) if step.label.lower() in label.lower()]
    return (screen, having[0]) if len(having) == 1 else None


def choose_word(screens: Iterable[Note], step: PressStep) -> str | None:
    """Return the word to send for a button in user mode, which has choices in words instead.

    Numbers count on the newest screen that has some, commands on any screen.
    """
    are_numbers_over = False
    for screen in screens:
        keys = tuple(k for k in screen.keys if not (are_numbers_over and k.word.isdecimal()))
        if found := choose(replace(screen, choices=keys), step):
            return keys[found[1] - 1].word
        are_numbers_over = are_numbers_over or any(k.word.isdecimal() for k in screen.keys)
    return None


def behind_name(step: SayStep, bot_name: str) -> SayStep | InlineStep:
    """Return the inline query that a text behind the bot's name is in a private chat, as in apps.

    In a group it is said: there it is how the bot is spoken to.
    """
    name, _, text = step.text.partition(" ")
    is_query = name.lower() == f"@{bot_name}".lower()
    return InlineStep(text.strip()) if is_query else step
