"""Answers what the bot does not know: a command that does not exist, a text that is for nothing."""

from __future__ import annotations

from sapp_bot.domain.typed_text import choice_key
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.routing.registry import RoutingTable

from .suggestions import HELP, HOME, Suggestions

_REPLIES = frozenset({"yes", "no", "y", "n", "yep", "nope", "да", "нет", "ага", "угу", "неа"})
"""What answers a question, and nothing by itself; in normal form."""


class UnknownInput:
    """The answers to unknown input, for one turn."""

    def __init__(self, turn: Turn, table: RoutingTable, ctx: Ctx) -> None:
        self._table = table
        self._ctx = ctx
        self._suggestions = Suggestions(turn, table)

    async def command(self, name: str, rest: str = "") -> None:
        """Reply that a command is unknown or out of order, with the nearest ones as buttons.

        What stood behind it stands behind theirs.
        """
        meant = self._suggestions.meant(name)
        near = [meant.name] if meant is not None else self._suggestions.about(name)
        near = near or self._suggestions.nearest(name)
        text = "I don't know /{name}. /help shows what I can do."
        if near:
            text = "I don't know /{name}. Did you mean this?"
        elif not self._suggestions.offers_help:
            text, near = "I don't know /{name}. There is this:", self._suggestions.first()
        if name in self._table.resting:
            text, near = "/{name} is out of order just now. Please try again later.", []
        rows = self._suggestions.rows(near, HELP, HOME, words=rest)
        await self._ctx.say(text, name=name, rows=rows)

    async def text(self, text: str) -> None:
        """Reply that a text is not understood, with the nearest commands as buttons."""
        begun, about = self._suggestions.begun(text), self._suggestions.about(text)
        if begun is not None or about:
            rows = self._suggestions.rows(about, HELP, HOME)
            if begun is not None:
                rows.insert(0, self._suggestions.row([begun.name], begun.rest))
            await self._ctx.say("I did not understand that. Did you mean this?", rows=rows)
            return
        near = self._suggestions.nearest(text)
        said = "I did not understand that. /help shows what I can do."
        if choice_key(text.rstrip(" .!")) in _REPLIES:
            said, near = "I am asking nothing just now. /help shows what I can do.", []
        if not self._suggestions.offers_help:
            said = "I did not understand that. There is this:"
            near = near or self._suggestions.first()
        await self._ctx.say(said, rows=self._suggestions.rows(near, HELP, HOME))
