"""Screens: what a handler shows, in its own words, before it becomes a reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sapp_bot.replies import Callback, Copy, Url
from sapp_bot.text import Rich

from .buttons import Label

Item = Label | Copy | Url | Callback


@dataclass(frozen=True, slots=True)
class Screen:
    """A text and rows of buttons. `text` is ready: made with `ctx.t` and the text builders.

    A row holds what `Button.key(…)`, `Copy` and `Url` give.
    """

    text: Rich | str
    rows: Sequence[Sequence[Item]] = ()
