"""Turns one update into a commit: routes it, answers its press, logs one summary line.

The only place where errors of handlers become replies. Must not decide what an update is for: that
is `router`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

import structlog

from sapp_bot.domain.answers import PressAnswer
from sapp_bot.domain.ports import Clock, Commit, OutboxStore, Signer, TelegramPort
from sapp_bot.domain.replies import Send
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import (
    Due,
    Message,
    PaymentReceived,
    PaymentRefunded,
    Press,
    QueuedUpdate,
    Update,
)
from sapp_bot.errors import NextStep, SappBotError, SessionExpired, UserError
from sapp_bot.host.authoring.button_codec import ButtonCodec
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.operators.maintenance import Maintenance
from sapp_bot.host.routing.commands import is_command
from sapp_bot.host.routing.owner import plugin_for
from sapp_bot.host.routing.registry import PluginRegistry, RoutingTable
from sapp_bot.host.settings import HostSettings
from sapp_bot.observability.logs import new_error_id
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.values import dataclass

from .immediate import ImmediateAnswers
from .invoke import Invoker, InvokerDeps
from .person_services import Commands
from .router import Router
from .text_buttons import render_as_text
from .texts.closed_door import ClosedDoor
from .texts.suggestions import HELP, HOME, repeat_of, steps_rows
from .texts.way_out import link_out

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DispatcherDeps:
    """Dependencies of the dispatcher.

    Attributes:
        failed: Called with a plugin's name and the error that its code raised.
        ended_process: Called with the plugin whose code has ended the process; "" if unknown.

    """

    telegram: TelegramPort
    signer: Signer
    outbox: OutboxStore
    clock: Clock
    answers: ImmediateAnswers
    invoker_deps: InvokerDeps
    registry: PluginRegistry
    failed: Callable[[str, BaseException], None]
    ended_process: Callable[[str], None]
    maintenance: Maintenance
    metrics: Metrics = NO_METRICS

    @property
    def button_codec(self) -> ButtonCodec:
        """Return the codec that signs and reads the data of buttons."""
        return self.invoker_deps.button_codec


class Dispatcher:
    """Handler of all updates, each with the routing table that is newest when its turn begins."""

    def __init__(self, deps: DispatcherDeps, settings: HostSettings) -> None:
        self._deps = deps
        self._settings = settings

    async def handle(
        self, update: Update, person_state: PersonState, *, again: bool = False
    ) -> Commit:
        """Handle one update and return its commit; never raises an `Exception`.

        Args:
            update: The update to handle.
            person_state: What is stored of the update's sender.
            again: Whether an earlier process may have handled the update already.

        Returns:
            What the turn changes, says and schedules. When the host itself failed, a commit that
            only ends the update.

        """
        assert isinstance(update, QueuedUpdate)  # noqa: S101  # payments have a worker of their own
        turn = Turn.of(update, person_state, self._settings, self._deps.clock.now())
        turn.again = again
        table = self._deps.registry.table
        with table.readers:
            try:
                return await self._run_turn(turn, update, table)
            # An update without a commit stays in the inbox: it would fail again at every start.
            except Exception:
                log.exception("update.dropped", error_id=new_error_id())
                return self._empty_commit(update, person_state)

    async def give_up(self, update: Update, person_state: PersonState) -> Commit:
        """Return a commit that ends an update unhandled, as the process ended each time it was.

        The person is told, the plugin that would handle it rests, and the operators hear of it.
        """
        turn = Turn.of(update, person_state, self._settings, self._deps.clock.now())
        table = self._deps.registry.table
        plugin = plugin_for(turn, table, self._deps.button_codec)
        log.error("update.given_up", plugin=plugin, kind=type(update).__name__)
        self._deps.ended_process(plugin)
        if self._may_reply(update):
            invoker = Invoker(turn, table, self._deps.invoker_deps)
            text = (
                "Your message made me stop each time I worked on it, so I left it out. "
                "Please do not send it again; the operators know."
            )
            rows = steps_rows(Commands(turn, table, {}), (HELP, HOME))
            await invoker.ctx().say(text, rows=rows)
        return turn.to_commit()

    def unstorable(self, commit: Commit, error: Exception) -> Commit:
        """Return a commit that ends an update whose own commit cannot be stored.

        A plugin put into it what its type forbids. Left as it is, it would end the process now and
        at each start. The person is told, their state stays as it was, and the plugin has failed.
        """
        number, update = new_error_id(), commit.update
        plugin = commit.replies[-1].plugin if commit.replies else ""
        log.error("update.unstorable", error_id=number, plugin=plugin, exc_info=error)
        self._deps.failed(plugin, error)
        return self._empty_commit(update, commit.before)

    async def _run_turn(self, turn: Turn, update: QueuedUpdate, table: RoutingTable) -> Commit:
        invoker = Invoker(turn, table, self._deps.invoker_deps)
        door = ClosedDoor(turn, table, invoker.host_ctx, self._deps, self._deps.maintenance)
        if door.is_shut_for(update):
            notice = self._deps.maintenance.notice(invoker.translator())
            await door.turn_away(update, notice)
        else:
            await self._route_and_reply(turn, update, table, invoker)
        # After the handler: its toast is the answer to the press.
        if isinstance(update, Press):
            await self._acknowledge(turn, update, invoker)
        link_out(turn, table)
        if self._settings.mode == "user":
            render_as_text(turn, invoker.translator())
        return turn.to_commit()

    def _empty_commit(self, update: Update, person_state: PersonState) -> Commit:
        """Return a commit that ends an update at which the host failed.

        Without one the update would hold up everything that its sender sends after it.
        """
        turn = Turn.of(update, person_state, self._settings, self._deps.clock.now())
        if self._may_reply(update):
            turn.send(Send(update.chat_id, Rich(SappBotError.reply), reply_to=turn.reply_to))
        return turn.to_commit()

    def _may_reply(self, update: Update) -> bool:
        """Return whether the update is surely for the bot; elsewhere people talk to each other."""
        ours = update.private and self._settings.mode == "bot"
        return not isinstance(update, Due) and (ours or is_command(update))

    async def _route_and_reply(
        self, turn: Turn, update: QueuedUpdate, table: RoutingTable, invoker: Invoker
    ) -> None:
        """Route the update, reply to an error, and record duration and outcome."""
        router = Router(turn, table, invoker, self._deps)
        outcome = "done"
        try:
            await router.route(update)
        except Exception as error:  # noqa: BLE001  # a plugin may raise anything
            outcome = type(error).__name__ if isinstance(error, SappBotError) else "failed"
            await self._reply_to_error(error, turn, invoker, router)
        taken = (self._deps.clock.now() - turn.now).total_seconds()
        kind = type(turn.update).__name__
        log.info("update.handled", kind=kind, outcome=outcome, s=taken)
        self._deps.metrics.count("updates", kind=kind, outcome=outcome)
        self._deps.metrics.observe("update_seconds", taken, kind=kind)

    async def _reply_to_error(
        self, error: Exception, turn: Turn, invoker: Invoker, router: Router
    ) -> None:
        """Reply to an error, then ask the open question of a form again."""
        self._deps.failed(invoker.plugin, error)
        try:
            if isinstance(error, SappBotError):
                await self._report_expected(turn, invoker, error)
            else:
                await self._report_failure(turn, invoker, error)
            await router.remind()
        except Exception as second:  # noqa: BLE001  # the reply itself may fail: its catalogue is the plugin's
            self._deps.failed(invoker.plugin, second)
            await self._report_failure(turn, invoker, second)

    async def _report_expected(self, turn: Turn, invoker: Invoker, error: SappBotError) -> None:
        """Reply with an expected error's text, in the person's language."""
        if isinstance(error, SessionExpired):
            turn.drop_session()
        if not isinstance(error, UserError):
            log.warning("update.refused", error=type(error).__name__, reason=str(error))
        translator = invoker.translator(invoker.plugin)
        text = translator.text(error.reply, **error.values)
        again = repeat_of(turn.update) if error.retry else ()
        await self._send_error(turn, invoker, text, (*again, *error.next_steps))

    async def _report_failure(self, turn: Turn, invoker: Invoker, error: Exception) -> None:
        """Log an unexpected error with its trace, and reply with its number only."""
        number = new_error_id()
        log.error("update.failed", error_id=number, exc_info=error)
        text = (
            "Something went wrong on our side, and it is written down as {number}. "
            "Please try again; if it stays, tell us that number."
        )
        said = invoker.translator().text(text, number=number)
        await self._send_error(turn, invoker, said, SappBotError.next_steps)

    async def _send_error(
        self, turn: Turn, invoker: Invoker, text: Rich, steps: Sequence[NextStep]
    ) -> None:
        """Send an error's text, with the next steps as buttons; nothing after a timer.

        After a press a pop-up does, as the screen with its buttons is still there, unless it is
        about another way than home. Nobody waits for a timer: its error would explain nothing.
        """
        ctx = invoker.ctx(invoker.plugin)  # a plugin's steps have labels of its own
        rows = steps_rows(Commands(turn, invoker.table, {}), steps)
        match turn.update:
            case Press() if turn.session is not None or set(steps) <= {HOME}:
                await ctx.toast(text, alert=True)
            case Press() | Message() | SystemTrigger():
                await ctx.say(text, rows=rows)
            case Due() | PaymentReceived() | PaymentRefunded():
                pass
            case _:
                assert_never(turn.update)

    async def _acknowledge(self, turn: Turn, press: Press, invoker: Invoker) -> None:
        """Answer the callback query of a press; send the toast as a message if that is too late.

        `ImmediateAnswers` has answered already when the turn took long, and Telegram takes only one
        answer.
        """
        text = turn.toast.plain if turn.toast else ""
        answer = PressAnswer(text, turn.alert)
        given = await self._deps.answers.give(press.query_id, answer)
        if text and not given:
            await invoker.host_ctx.say(Rich(text))
