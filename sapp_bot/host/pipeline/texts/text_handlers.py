"""Finds and calls the handler of a free text. Must not answer a text that no handler is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sapp_bot.host.authoring.declarations import Match
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.pipeline.invoke import Invoker
from sapp_bot.host.routing.arguments import read_groups
from sapp_bot.host.routing.registry import RoutingTable, TextRoute

ANY_TEXT = r"(?s:.*)"
"""The pattern of a handler that was declared without one."""


class TextHandlers:
    """The handlers of free texts, for one turn."""

    def __init__(self, turn: Turn, table: RoutingTable, invoker: Invoker) -> None:
        self._turn = turn
        self._table = table
        self._invoker = invoker

    async def call(self, text: str) -> bool:
        """Call the first text handler whose pattern matches; return whether there is one."""
        for route, arguments, found in self._matching(text):
            plugin, handler, signature = route.plugin, route.handler, route.signature
            await self._invoker.call(plugin, handler, signature, arguments=arguments, given=found)
            return True
        return False

    def know(self, text: str) -> bool:
        """Return whether a handler is for this text; one that is for any text does not count."""
        return any(
            route.match is not None or route.pattern.pattern != ANY_TEXT
            for route, _, _ in self._matching(text)
        )

    def _matching(self, text: str) -> Iterator[tuple[TextRoute, Mapping[str, Any], object | None]]:
        """Yield the handlers for a text, each with its arguments and what its `match` has found."""
        for text_route in self._table.text_routes:
            if not self._invoker.may(text_route.role):
                continue
            if self._turn.settings.mode == "user" and not text_route.in_user_mode:
                continue
            arguments = read_groups(text_route, text)
            if arguments is None:
                continue
            found = None
            if text_route.match is not None:
                found = self._match(text_route.plugin, text_route.match, text)
                if found is None:
                    continue
            yield text_route, arguments, found

    def _match(self, plugin: str, match: Match, text: str) -> object | None:
        # An error of its is the plugin's, and is said in the plugin's words.
        self._invoker.plugin = self._turn.plugin = plugin
        return match(text)
