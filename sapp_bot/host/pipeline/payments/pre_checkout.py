"""Answers pre-checkout queries by the plugin that sells, at once. Whatever fails refuses.

Telegram charges nobody before the answer, and nobody without one, so that a refusal costs nothing:
all that goes wrong later costs the person's trust.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from sapp_bot.domain.answers import AcceptPayment, DeclinePayment, PreCheckoutAnswer
from sapp_bot.domain.ports import Clock
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import PreCheckoutQuery
from sapp_bot.errors import PluginError, SappBotError, UserError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.operators.maintenance import Maintenance
from sapp_bot.host.pipeline.immediate import ImmediateKind
from sapp_bot.host.pipeline.invoke import Invoker, ReadPersonState
from sapp_bot.host.pipeline.runner import HandlerTimeout
from sapp_bot.host.routing.registry import PaymentRoutes, PluginRegistry, RoutingTable
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import Translator

log = structlog.get_logger(__name__)

ANSWER_S = 6.0
"""Seconds to answer in. Telegram cancels the payment after ten; the rest is for the way there.
Source: https://core.telegram.org/bots/api#answerprecheckoutquery"""

HANDLER_S = 5.0
"""Seconds for the handler: less than `ANSWER_S`, so that its timeout counts as its failure."""


class PreCheckoutQueries:
    """Answers pre-checkout queries with the plugin that sells now, outside the persons' queues.

    Its handler reads the person's stored state and cannot change it: there is no commit.

    Args:
        registry: Holds the current routing table.
        invoker: Returns the invoker of a turn.
        read_person_state: Reads a person's stored state, by Telegram user id.
        settings: Settings of the host.
        clock: Times the handler.
        failed: Called with a plugin's name and the error that its handler raised.
        maintenance: While it is on, nobody is charged but operators.

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
    def kind(self) -> ImmediateKind[PreCheckoutQuery]:
        """The rule for pre-checkout queries in `ImmediateAnswers`."""
        return ImmediateKind(ANSWER_S, self.refusal, self.answer)

    def refusal(self, query: PreCheckoutQuery) -> DeclinePayment:
        """Return the refusal for when the handler gives no answer."""
        return self._unchecked(self._turn(query, PersonState()))

    async def answer(self, query: PreCheckoutQuery) -> PreCheckoutAnswer:
        """Return the decision of the plugin that sells; never raises."""
        table = self._registry.table
        turn = self._turn(query, PersonState())
        routes = table.payments
        if self._maintenance.is_on and not turn.is_admin:
            return DeclinePayment(self._maintenance.notice(self._translator(turn)))
        if routes is None:
            log.error("checkout.unhandled")  # no plugin that sells is loaded
            text = "I sell nothing at the moment, so nothing was charged. Please try later."
            return self._declined(text, turn)
        with table.readers:
            try:
                turn = self._turn(query, await self._read_person_state(query.sender.id))
                decision = await self._decision(query, routes, turn, table)
            except Exception as error:  # noqa: BLE001  # a plugin may raise anything
                decision = self._refused(routes.plugin, turn, error)
        log.info("checkout.answered", accepted=isinstance(decision, AcceptPayment))
        return decision

    async def _decision(
        self, query: PreCheckoutQuery, routes: PaymentRoutes, turn: Turn, table: RoutingTable
    ) -> PreCheckoutAnswer:
        bound, invoker = routes.pre_checkout, self._invoker(turn, table)
        turn.plugin = routes.plugin
        values = invoker.values(routes.plugin, bound.signature, given=query)
        limit_s = min(HANDLER_S, self._settings.handler_limit_s)
        owner = table.task_owners.get(routes.plugin)
        try:
            found = await run_with_deadline(
                self._clock, limit_s, bound.handler(**values), owner=owner
            )
        except DeadlineExceeded as error:
            raise HandlerTimeout(str(error)) from error
        if turn.replies or turn.begin or turn.later:
            hint = "the payment is not made yet; give the words to DeclinePayment"
            raise PluginError(f"{where(bound.handler)}: nobody is spoken to: {hint}")
        match found:
            case AcceptPayment():
                return found
            case DeclinePayment(reason=str() as reason):
                return DeclinePayment(invoker.translator(routes.plugin).text(reason))
            case DeclinePayment():
                return found
        hint = "return AcceptPayment() or DeclinePayment(...)"
        raise PluginError(f"{where(bound.handler)}: returned a {type(found).__name__}; {hint}")

    def _refused(self, plugin: str, turn: Turn, error: Exception) -> DeclinePayment:
        """Return a refusal with the text of an expected error; of others only that it failed."""
        self._failed(plugin, error)
        if isinstance(error, UserError):
            return DeclinePayment(self._translator(turn, plugin).text(error.reply, **error.values))
        if isinstance(error, SappBotError):
            log.warning("checkout.refused", plugin=plugin, reason=str(error))
        else:
            log.error("checkout.failed", plugin=plugin, exc_info=error)
        return self._unchecked(turn)

    def _turn(self, query: PreCheckoutQuery, person_state: PersonState) -> Turn:
        trigger = SystemTrigger(query.key, query.sender)
        return Turn.of(trigger, person_state, self._settings, self._clock.now())

    def _unchecked(self, turn: Turn) -> DeclinePayment:
        text = "I could not check this payment in time, so nothing was charged. Please try again."
        return self._declined(text, turn)

    def _declined(self, text: str, turn: Turn) -> DeclinePayment:
        return DeclinePayment(self._translator(turn).text(text))

    def _translator(self, turn: Turn, plugin: str = "") -> Translator:
        return self._invoker(turn, self._registry.table).translator(plugin)
