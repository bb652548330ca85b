"""Answers pre-checkout queries by the plugin that sells, at once. Whatever fails refuses.

Telegram charges nobody before the answer, and nobody without one, so that a refusal costs nothing:
all that goes wrong later costs the person's trust.
"""

from __future__ import annotations

import structlog

from sapp_bot.domain.answers import AcceptPayment, DeclinePayment, PreCheckoutAnswer
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import PreCheckoutQuery
from sapp_bot.errors import PluginError, SappBotError, UserError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.pipeline.immediate import ImmediateHost, ImmediateKind
from sapp_bot.host.routing.registry import PaymentRoutes, RoutingTable
from sapp_bot.host.routing.signature import where
from sapp_bot.i18n import Translator

log = structlog.get_logger(__name__)

ANSWER_S = 6.0
"""Seconds to answer in. Telegram cancels the payment after ten; the rest is for the way there.
Source: https://core.telegram.org/bots/api#answerprecheckoutquery"""

HANDLER_S = 5.0
"""Seconds for the handler: less than `ANSWER_S`, so that its timeout counts as its failure."""


UNCHECKED = "I could not check this payment in time, so nothing was charged. Please try again."


class PreCheckoutQueries:
    """Answers pre-checkout queries with the plugin that sells now."""

    def __init__(self, host: ImmediateHost) -> None:
        self._host = host

    @property
    def kind(self) -> ImmediateKind[PreCheckoutQuery]:
        """The rule for pre-checkout queries in `ImmediateAnswers`."""
        return ImmediateKind(ANSWER_S, self.refusal, self.answer)

    def refusal(self, query: PreCheckoutQuery) -> DeclinePayment:
        """Return the refusal for when the handler gives no answer."""
        return self._unchecked(self._turn(query, PersonState()))

    async def answer(self, query: PreCheckoutQuery) -> PreCheckoutAnswer:
        """Return the decision of the plugin that sells; never raises."""
        table = await self._host.table()
        turn = self._turn(query, PersonState())
        routes = table.payments
        if self._host.maintenance.is_on and not turn.is_admin:
            return DeclinePayment(self._host.maintenance.notice(self._translator(turn)))
        if routes is None:
            log.error("checkout.unhandled")  # no plugin that sells is loaded
            text = "I sell nothing at the moment, so nothing was charged. Please try later."
            return self._declined(text, turn)
        with table.readers:
            try:
                turn = self._turn(query, await self._host.read_person_state(query.sender.id))
                decision = await self._decision(query, routes, turn, table)
            except Exception as error:  # noqa: BLE001  # a plugin may raise anything
                decision = self._refused(routes.plugin, turn, error)
        log.info("checkout.answered", accepted=isinstance(decision, AcceptPayment))
        return decision

    async def _decision(
        self, query: PreCheckoutQuery, routes: PaymentRoutes, turn: Turn, table: RoutingTable
    ) -> PreCheckoutAnswer:
        bound, invoker = routes.pre_checkout, self._host.invoker(turn, table)
        turn.plugin = routes.plugin
        values = invoker.values(routes.plugin, bound.signature, given=query)
        owner = table.task_owners.get(routes.plugin)
        found = await self._host.call(bound.handler(**values), HANDLER_S, owner)
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
        self._host.failed(plugin, error)
        if isinstance(error, UserError):
            return DeclinePayment(self._translator(turn, plugin).text(error.reply, **error.values))
        if isinstance(error, SappBotError):
            log.warning("checkout.refused", plugin=plugin, reason=str(error))
        else:
            log.error("checkout.failed", plugin=plugin, exc_info=error)
        return self._unchecked(turn)

    def _turn(self, query: PreCheckoutQuery, person_state: PersonState) -> Turn:
        trigger = SystemTrigger(query.key, query.sender)
        return self._host.turn(trigger, person_state)

    def _unchecked(self, turn: Turn) -> DeclinePayment:
        return DeclinePayment(self._translator(turn).text(UNCHECKED))

    def _declined(self, text: str, turn: Turn) -> DeclinePayment:
        return DeclinePayment(self._translator(turn).text(text))

    def _translator(self, turn: Turn, plugin: str = "") -> Translator:
        return self._host.invoker(turn, self._host.registry.table).translator(plugin)
