"""Answers inline queries (typed behind the bot's name in any chat) by plugins. Commits nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from sapp_bot.domain.answers import InlineAnswer, InlineResult, SwitchToBot
from sapp_bot.domain.replies import Copy, Url
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.text import Rich, cut
from sapp_bot.domain.updates import InlineQuery
from sapp_bot.errors import NotSignedIn, PluginError, SappBotError, UserError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.routing.arguments import read_groups
from sapp_bot.host.routing.registry import InlineRoute, RoutingTable
from sapp_bot.host.routing.signature import where
from sapp_bot.i18n import Translator
from sapp_bot.values import replace

from .immediate import ImmediateHost, ImmediateKind
from .invoke import Invoker

log = structlog.get_logger(__name__)

ANSWER_S = 8.0
"""Seconds to answer in: Telegram forgets an inline query after some ten. Source:
https://core.telegram.org/bots/api#answerinlinequery, which calls a late one "too old"."""

HANDLER_S = 7.0
"""Seconds for the handler: less than `ANSWER_S`, so that its timeout counts as its failure."""

MOST_RESULTS = 50
"""Results that Telegram takes. Source: https://core.telegram.org/bots/api#answerinlinequery."""

SWITCH_CHARACTERS = 64
"""Longest label that we give the button which leads to the bot's chat."""


OPEN_CHAT = "Open the chat with me"
"""What stands on the button above no results."""


class InlineQueries:
    """Answers inline queries with the plugins that are loaded now."""

    def __init__(self, host: ImmediateHost) -> None:
        self._host = host

    @property
    def kind(self) -> ImmediateKind[InlineQuery]:
        """The rule for inline queries in `ImmediateAnswers`."""
        return ImmediateKind(ANSWER_S, self.nothing, self.answer)

    def nothing(self, query: InlineQuery) -> InlineAnswer:
        """Return an answer without results, with a button that opens the bot's chat."""
        turn = self._turn(query, PersonState())
        invoker = self._host.invoker(turn, self._host.registry.table)
        text = invoker.translator().text(OPEN_CHAT)
        return InlineAnswer(switch=SwitchToBot(text.plain, "help"))

    async def answer(self, query: InlineQuery) -> InlineAnswer:
        """Return the answer of the first plugin whose pattern matches the query; never raises.

        Errors become the label of the button to the bot's chat, and are reported to `failed`.
        """
        table = await self._host.table()
        found = _route(table, query.text)
        shut = self._host.maintenance.is_on and query.sender.id not in self._host.settings.admins
        if found is None or shut:
            return self.nothing(query)
        route, arguments = found
        turn = self._turn(query, PersonState())
        with table.readers:
            try:
                turn = self._turn(query, await self._host.read_person_state(query.sender.id))
                invoker = self._host.invoker(turn, table)
                invoker.permit(route.text.role)
                results = await self._results(query, route, arguments, turn, invoker)
            except Exception as error:  # noqa: BLE001  # a plugin may raise anything
                return self._refusal(query, route, turn, error)
        return InlineAnswer(results, route.cache_s, _switch(route, self._host.invoker(turn, table)))

    def _turn(self, query: InlineQuery, person_state: PersonState) -> Turn:
        trigger = SystemTrigger(query.key, query.sender, private=False)
        return self._host.turn(trigger, person_state)

    async def _results(
        self,
        query: InlineQuery,
        route: InlineRoute,
        arguments: Mapping[str, Any],
        turn: Turn,
        invoker: Invoker,
    ) -> tuple[InlineResult, ...]:
        text = route.text
        owner = invoker.table.task_owners.get(text.plugin)
        turn.plugin = text.plugin
        values = invoker.values(text.plugin, text.signature, arguments=arguments, given=query)
        found = await self._host.call(text.handler(**values), HANDLER_S, owner)
        if turn.replies or turn.begin or turn.later:
            raise PluginError(f"{where(text.handler)}: nobody is spoken to; return the results")
        return _checked(text.handler, found, invoker.translator(text.plugin))

    def _refusal(
        self, query: InlineQuery, route: InlineRoute, turn: Turn, error: Exception
    ) -> InlineAnswer:
        """Return an answer whose button says what went wrong; no other text would show."""
        plugin = route.text.plugin
        self._host.failed(plugin, error)
        if not isinstance(error, SappBotError):
            log.error("inline.failed", plugin=plugin, exc_info=error)
            return self.nothing(query)
        if not isinstance(error, UserError):
            log.warning("inline.refused", plugin=plugin, reason=str(error))
        translator = self._host.invoker(turn, self._host.registry.table).translator(plugin)
        text = cut(translator.text(error.reply, **error.values).plain, SWITCH_CHARACTERS)
        start = "login" if isinstance(error, NotSignedIn) else route.start
        return InlineAnswer(switch=SwitchToBot(text, start))


def _route(table: RoutingTable, text: str) -> tuple[InlineRoute, Mapping[str, Any]] | None:
    for route in table.inline_routes:
        arguments = read_groups(route.text, text)
        if arguments is not None:
            return route, arguments
    return None


def _switch(route: InlineRoute, invoker: Invoker) -> SwitchToBot | None:
    if not route.switch:
        return None
    text = invoker.translator(route.text.plugin).text(route.switch)
    return SwitchToBot(cut(text.plain, SWITCH_CHARACTERS), route.start)


def _checked(
    handler: Callable[..., Any], found: object, translator: Translator
) -> tuple[InlineResult, ...]:
    """Return a handler's results if Telegram accepts them, translated, cut to `MOST_RESULTS`.

    Raises:
        PluginError: the handler returned anything else; the text says what to return.

    """
    place = where(handler)
    if not isinstance(found, list | tuple) or not all(isinstance(r, InlineResult) for r in found):
        raise PluginError(f"{place}: returned a {type(found).__name__}; return InlineResults")
    results: list[InlineResult] = [*found][:MOST_RESULTS]
    if len({result.id for result in results}) < len(results):
        raise PluginError(f"{place}: two results have the same id")
    for result in results:
        if any(not isinstance(key, Copy | Url) for row in result.rows for key in row):
            hint = "in another chat a Button has nobody it was made for; use Copy and Url"
            raise PluginError(f"{place}: result {result.id!r}: {hint}")
    return tuple(_translated(result, translator) for result in results)


def _translated(result: InlineResult, translator: Translator) -> InlineResult:
    text = result.text if isinstance(result.text, Rich) else translator.text(result.text)
    title, description = (
        translator.text(each).plain for each in (result.title, result.description)
    )
    return replace(result, title=title, description=description, text=text)
