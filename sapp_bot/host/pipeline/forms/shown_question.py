"""The messages of the chat that show the open question, and what becomes of their buttons."""

from __future__ import annotations

from sapp_bot.domain.replies import CloseScreens
from sapp_bot.domain.text import Rich
from sapp_bot.host.authoring.turn import Turn

from .active_form import ASIDE, QUESTION


class ShownQuestion:
    """The question that was open before one turn, as the chat shows it."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._is_left = False

    def leave(self, text: Rich | None = None, *, in_place: bool = False) -> None:
        """Take its buttons off, once, and those of the line that leads back to it.

        Args:
            text: Replaces the question, as the same with its answer does; None to leave it.
            in_place: Whether that line becomes the next question.

        """
        turn = self._turn
        # User mode has no buttons, and its texts say themselves what they were.
        if self._is_left or not turn.before.forms or turn.settings.mode == "user":
            return
        self._is_left = True
        turn.send(CloseScreens(turn.update.chat_id, (QUESTION,), text))
        if turn.before.forms[-1].is_aside and not in_place:
            turn.send(CloseScreens(turn.update.chat_id, (ASIDE,)))
