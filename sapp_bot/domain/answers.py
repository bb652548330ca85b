"""Frozen values that answer a callback, inline or pre-checkout query; they are never stored."""

from __future__ import annotations

from collections.abc import Sequence

from sapp_bot.values import dataclass

from .replies import Copy, Url
from .text import Rich


@dataclass(frozen=True, slots=True)
class PressAnswer:
    """The answer to a button press.

    Attributes:
        text: The pop-up, at most 200 characters; "" only ends the button's progress bar.
        alert: Whether the pop-up stays until the person closes it.

    """

    text: str = ""
    alert: bool = False


@dataclass(frozen=True, slots=True)
class InlineResult:
    """One answer to an inline query: a line to choose, and the text that choosing it sends.

    Args:
        id: Unique among the results of one answer, at most 64 bytes.
        title: First line of the choice; a message id.
        description: Second line of the choice; a message id.
        text: The message that is sent in the person's name; a message id, or translated already.
        rows: Buttons under that message: `Copy` and `Url` only.

    """

    id: str
    title: str
    description: str
    text: Rich | str
    rows: Sequence[Sequence[Copy | Url]] = ()


@dataclass(frozen=True, slots=True)
class SwitchToBot:
    """A button above the results that opens the bot's chat with `/start <start>`.

    Attributes:
        text: Label of the button.
        start: Start parameter: 1-64 letters, digits, `_` and `-`.
            Source: https://core.telegram.org/bots/api#inlinequeryresultsbutton

    """

    text: str
    start: str


@dataclass(frozen=True, slots=True)
class InlineAnswer:
    """The results of one inline query, for one person.

    Attributes:
        results: The lines to choose from, in order.
        cache_s: Seconds for which Telegram may repeat the results to the same person.
        switch: Button above the results; None for none.

    """

    results: tuple[InlineResult, ...] = ()
    cache_s: int = 0
    switch: SwitchToBot | None = None


@dataclass(frozen=True, slots=True)
class AcceptPayment:
    """The answer to a pre-checkout query that lets the person pay."""


@dataclass(frozen=True, slots=True)
class DeclinePayment:
    """The answer to a pre-checkout query that refuses the payment; nothing is charged.

    Attributes:
        reason: What the person is told, and what to do instead; Telegram's app shows plain text.

    """

    reason: Rich | str


PreCheckoutAnswer = AcceptPayment | DeclinePayment

Answer = PressAnswer | InlineAnswer | PreCheckoutAnswer
