"""One update from its value to its commit: routed, acknowledged, summed up in the log.

Errors become words in one place, here. What an update is for is decided in `router`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import structlog

from sapp_bot.domain.answers import PressAnswer
from sapp_bot.domain.ports import Clock, Commit, OutboxStore, TelegramPort
from sapp_bot.domain.replies import Send
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Due, Message, Press, Update
from sapp_bot.errors import SappBotError, SessionExpired, UserError
from sapp_bot.host.authoring.button_codec import ButtonCodec
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.routing.commands import is_command
from sapp_bot.host.routing.registry import PluginRegistry, RoutingTable
from sapp_bot.host.settings import HostSettings
from sapp_bot.observability.logs import new_error_id
from sapp_bot.observability.metrics import NO_METRICS, Metrics

from .immediate import ImmediateAnswers
from .invoke import Invoker, InvokerDeps
from .router import Router
from .text_buttons import render_as_text

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DispatcherDeps:
    """What the dispatcher stands on. `failed` is told whose code raised what."""

    telegram: TelegramPort
    outbox: OutboxStore
    clock: Clock
    answers: ImmediateAnswers
    invoker_deps: InvokerDeps
    registry: PluginRegistry
    failed: Callable[[str, BaseException], None]
    metrics: Metrics = NO_METRICS

    @property
    def button_codec(self) -> ButtonCodec:
        """Return what signs and reads buttons."""
        return self.invoker_deps.button_codec


class Dispatcher:
    """Handles updates under the newest table; one for all."""

    def __init__(self, deps: DispatcherDeps, settings: HostSettings) -> None:
        self._deps = deps
        self._settings = settings

    async def handle(
        self, update: Update, person_state: PersonState, *, again: bool = False
    ) -> Commit:
        """Handle one update; whatever happens, its turn comes back."""
        turn = Turn.of(update, person_state, self._settings, self._deps.clock.now())
        turn.again = again
        table = self._deps.registry.table
        with table.readers:
            try:
                return await self._run_turn(turn, update, table)
            except Exception:  # else it would come back with every start
                log.exception("update.dropped", error_id=new_error_id())
                return self._empty(update, person_state)

    async def _run_turn(self, turn: Turn, update: Update, table: RoutingTable) -> Commit:
        invoker = Invoker(turn, table, self._deps.invoker_deps)
        await self._guarded(turn, update, table, invoker)
        if isinstance(update, Press):
            await self._acknowledge(turn, update, invoker)
        if self._settings.mode == "user":
            render_as_text(turn, invoker.translator())
        return turn.to_commit()

    def _empty(self, update: Update, person_state: PersonState) -> Commit:
        """End an update that we failed at ourselves: it must not hold up all that come after."""
        turn = Turn.of(update, person_state, self._settings, self._deps.clock.now())
        if self._may_speak(update):
            turn.send(Send(update.chat_id, Rich(SappBotError.reply)))
        return turn.to_commit()

    def _may_speak(self, update: Update) -> bool:
        """Tell whether this was surely said to us: elsewhere people talk to each other, too."""
        ours = update.private and self._settings.mode == "bot"
        return not isinstance(update, Due) and (ours or is_command(update))

    async def _guarded(
        self, turn: Turn, update: Update, table: RoutingTable, invoker: Invoker
    ) -> None:
        """Let the update do its work, and turn what goes wrong into words."""
        router = Router(turn, table, invoker, self._deps)
        outcome = "done"
        try:
            await router.route(update)
        except Exception as error:  # noqa: BLE001  # a plugin may raise anything
            outcome = type(error).__name__ if isinstance(error, SappBotError) else "failed"
            await self._answer_for(error, turn, invoker, router)
        taken = (self._deps.clock.now() - turn.now).total_seconds()
        kind = type(turn.update).__name__
        log.info("update.handled", kind=kind, outcome=outcome, s=taken)
        self._deps.metrics.count("updates", kind=kind, outcome=outcome)
        self._deps.metrics.observe("update_seconds", taken, kind=kind)

    async def _answer_for(
        self, error: Exception, turn: Turn, invoker: Invoker, router: Router
    ) -> None:
        """Say what went wrong, and what is open."""
        self._deps.failed(invoker.plugin, error)
        try:
            if isinstance(error, SappBotError):
                await self._explain(turn, invoker, error)
            else:
                await self._confess(turn, invoker, error)
            await router.remind()
        except Exception as second:  # noqa: BLE001  # the last border: words are a plugin's, too
            self._deps.failed(invoker.plugin, second)
            await self._confess(turn, invoker, second)

    async def _explain(self, turn: Turn, invoker: Invoker, error: SappBotError) -> None:
        """Say an expected error in the person's language."""
        if isinstance(error, SessionExpired):
            turn.drop_session()
        if not isinstance(error, UserError):
            log.warning("update.refused", error=type(error).__name__, reason=str(error))
        translator = invoker.translator(invoker.plugin)
        await self._tell(turn, invoker, translator.text(error.reply, **error.values))

    async def _confess(self, turn: Turn, invoker: Invoker, error: Exception) -> None:
        """Log an unexpected error whole, and give the person its number."""
        number = new_error_id()
        log.error("update.failed", error_id=number, exc_info=error)
        text = (
            "Something went wrong on our side, and it is written down as {number}. "
            "Please try again; if it stays, tell us that number."
        )
        await self._tell(turn, invoker, invoker.translator().text(text, number=number))

    async def _tell(self, turn: Turn, invoker: Invoker, text: Rich) -> None:
        """Tell of an error: after a press as a pop-up, of a timer only the log."""
        ctx = invoker.ctx()
        match turn.update:
            case Press():
                await ctx.toast(text, alert=True)
            case Message() | SystemTrigger():
                await ctx.say(text)
            case Due():
                pass
            case _:
                assert_never(turn.update)

    async def _acknowledge(self, turn: Turn, press: Press, invoker: Invoker) -> None:
        """End the waiting of the button; words that come too late become a message."""
        text = turn.toast.plain if turn.toast else ""
        answer = PressAnswer(text, turn.alert)
        given = await self._deps.answers.give(press.query_id, answer)
        if text and not given:
            await invoker.ctx().say(Rich(text))
