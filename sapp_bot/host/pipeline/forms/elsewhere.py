"""Finds what a refused answer means outside of the form: a command, or a text for a plugin."""

from __future__ import annotations

import json

from sapp_bot.host.authoring.buttons import Button, Item
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.pipeline.invoke import Invoker
from sapp_bot.host.pipeline.texts.suggestions import LONGEST, Suggestions
from sapp_bot.host.pipeline.texts.text_handlers import TextHandlers
from sapp_bot.host.routing.registry import RoutingTable


class SayButton(Button):
    """The host's button that says a text as if no question were open."""

    text: str

    def typed(self, template: str) -> str:  # noqa: ARG002  # has no handler, so no template
        """Return what to type instead of a press: nothing, as a text answers the question."""
        return ""


SayButton.bind("host")


class Elsewhere:
    """What the plugins make of the answers of one turn that their question refuses."""

    def __init__(self, turn: Turn, table: RoutingTable, invoker: Invoker) -> None:
        self._words = Suggestions(turn, table)
        self._handlers = TextHandlers(turn, table, invoker)

    def buttons(self, text: str) -> list[Item]:
        """Return the button that does what a text means elsewhere; none when it means nothing.

        None either for a text that is too long for a button.
        """
        meant = self._words.meant(text)
        if meant is not None:
            return self._words.row([meant.name], meant.rest)
        carried = json.dumps([text], ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(carried) > LONGEST or not self._handlers.know(text):
            return []
        return [SayButton(text=text).key("“{label}”", label=text)]
