"""Answers inline queries (typed behind the bot's name in any chat) by plugins. Commits nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from sapp_bot.domain.answers import InlineAnswer, InlineResult, SwitchToBot
from sapp_bot.domain.ports import Clock
from sapp_bot.domain.replies import Copy, Url
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.text import Rich, cut, rich
from sapp_bot.domain.updates import InlineQuery
from sapp_bot.errors import NotSignedIn, PluginError, SappBotError, UserError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.operators.maintenance import Maintenance
from sapp_bot.host.routing.arguments import read_groups
from sapp_bot.host.routing.registry import InlineRoute, PluginRegistry, RoutingTable
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.settings import HostSettings

from .immediate import ImmediateKind
from .invoke import Invoker, ReadPersonState
from .runner import HandlerTimeout

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


class InlineQueries:
    """Answers inline queries with the plugins that are loaded now, outside the persons' queues.

    A handler reads the person's stored state and cannot change it: there is no commit.

    Args:
        registry: Holds the current routing table.
        invoker: Returns the invoker of a turn.
        read_person_state: Reads a person's stored state, by Telegram user id.
        settings: Settings of the host.
        clock: Times the handlers.
        failed: Called with a plugin's name and the error that its handler raised.
        maintenance: While it is on, only operators get results.

    """

    def __init__(
        self,
        registry: PluginRegistry,
        *,
        invoker: Callable[[Turn, RoutingTable], Invoker],
        read_person_state: ReadPersonState,
        settings: HostSettings,
        clock: Clock,
        failed: Callable[[str, BaseException], None],
        maintenance: Maintenance,
    ) -> None:
        self._maintenance = maintenance
        self._registry = registry
        self._invoker = invoker
        self._read_person_state = read_person_state
        self._settings = settings
        self._clock = clock
        self._failed = failed

    @property
    def kind(self) -> ImmediateKind[InlineQuery]:
        """The rule for inline queries in `ImmediateAnswers`."""
        return ImmediateKind(ANSWER_S, self.nothing, self.answer)

    def nothing(self, query: InlineQuery) -> InlineAnswer:
        """Return an answer without results, with a button that opens the bot's chat."""
        turn = self._turn(query, PersonState())
        invoker = self._invoker(turn, self._registry.table)
        text = invoker.translator().text("Open the chat with me")
        return InlineAnswer(switch=SwitchToBot(text.plain, "help"))

    async def answer(self, query: InlineQuery) -> InlineAnswer:
        """Return the answer of the first plugin whose pattern matches the query; never raises.

        Errors become the label of the button to the bot's chat, and are reported to `failed`.
        """
        table = self._registry.table
        found = _route(table, query.text)
        shut = self._maintenance.is_on and query.sender.id not in self._settings.admins
        if found is None or shut:
            return self.nothing(query)
        route, arguments = found
        turn = self._turn(query, PersonState())
        with table.readers:
            try:
                turn = self._turn(query, await self._read_person_state(query.sender.id))
                invoker = self._invoker(turn, table)
                invoker.permit(route.text.role)
                results = await self._results(query, route, arguments, turn, invoker)
            except Exception as error:  # noqa: BLE001  # a plugin may raise anything
                return self._refusal(query, route, turn, error)
        return InlineAnswer(results, route.cache_s, _switch(route, self._invoker(turn, table)))

    def _turn(self, query: InlineQuery, person_state: PersonState) -> Turn:
        trigger = SystemTrigger(query.key, query.sender, private=False)
        return Turn.of(trigger, person_state, self._settings, self._clock.now())

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
        limit_s = min(HANDLER_S, self._settings.handler_limit_s)
        try:
            found = await run_with_deadline(
                self._clock, limit_s, text.handler(**values), owner=owner
            )
        except DeadlineExceeded as error:
            raise HandlerTimeout(str(error)) from error
        if turn.replies or turn.begin or turn.later:
            raise PluginError(f"{where(text.handler)}: nobody is spoken to; return the results")
        return _checked(text.handler, found)

    def _refusal(
        self, query: InlineQuery, route: InlineRoute, turn: Turn, error: Exception
    ) -> InlineAnswer:
        """Return an answer whose button says what went wrong; no other text would show."""
        plugin = route.text.plugin
        self._failed(plugin, error)
        if not isinstance(error, SappBotError):
            log.error("inline.failed", plugin=plugin, exc_info=error)
            return self.nothing(query)
        if not isinstance(error, UserError):
            log.warning("inline.refused", plugin=plugin, reason=str(error))
        translator = self._invoker(turn, self._registry.table).translator(plugin)
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


def _checked(handler: Callable[..., Any], found: object) -> tuple[InlineResult, ...]:
    """Return a handler's results if Telegram accepts them, cut to `MOST_RESULTS`.

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
    return tuple(replace(result, text=_as_rich(result.text)) for result in results)


def _as_rich(text: Rich | str) -> Rich:
    return rich(text)
