"""Answers updates that Telegram wants answered within seconds, whatever the person's queue holds.

Telegram forgets the query id of such an update soon, and a late answer is refused. Each kind has an
entry with its time limit and the answer when the time is over:

    ImmediateAnswers(telegram, clock, {Press: ImmediateKind(1.5, lambda press: PressAnswer())})

A kind without `handle` goes through the person's queue like a message, and its turn answers it with
`give`. A kind with `handle` is handled at once, outside the queue, and never stored: after a
restart its answer would be late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Generic, TypeVar

import structlog

from sapp_bot.domain.answers import Answer, PressAnswer
from sapp_bot.domain.ports import Clock, TelegramPort, Timer
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Arrival
from sapp_bot.errors import TelegramError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.operators.maintenance import Maintenance
from sapp_bot.host.routing.registry import PluginRegistry, RoutingTable
from sapp_bot.host.runtime.background import BackgroundTasks
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.host.settings import HostSettings
from sapp_bot.observability.trace import begin_trace
from sapp_bot.values import dataclass

from .invoke import Invoker, ReadPersonState
from .runner import HandlerTimeout

log = structlog.get_logger(__name__)

U = TypeVar("U")

PRESS_S = 1.5
"""Seconds until a press is answered at the latest. Telegram shows a progress bar until then, and
forgets the query after some seconds more. Source: https://core.telegram.org/bots/api#callbackquery"""


@dataclass(frozen=True, slots=True)
class ImmediateKind(Generic[U]):
    """Rule for answering one kind of update in time.

    Args:
        within_s: Seconds from the arrival until the answer of `otherwise` is sent.
        otherwise: Returns the answer when the time is over; must not wait or raise. For an update
            that asks for a permission, this answer must refuse it.
        handle: Returns the real answer, outside the person's queue; None: the turn answers.

    """

    within_s: float
    otherwise: Callable[[U], Answer]
    handle: Callable[[U], Awaitable[Answer]] | None = None


IMMEDIATE_PRESS: ImmediateKind[Any] = ImmediateKind(PRESS_S, lambda _: PressAnswer())
"""A press is answered by its turn; without a text after `PRESS_S`, when the turn takes longer."""


@dataclass(frozen=True, slots=True)
class ImmediateHost:
    """What the handlers of a kind are called by, outside of the persons' queues.

    A handler reads the person's stored state and cannot change it: there is no commit.

    Attributes:
        registry: Holds the current routing table.
        invoker: Returns the invoker of a turn.
        read_person_state: Reads a person's stored state, by Telegram user id.
        settings: Settings of the host.
        clock: Times the handlers.
        failed: Called with a plugin's name and the error that its handler raised.
        maintenance: While it is on, only operators are served.

    """

    registry: PluginRegistry
    invoker: Callable[[Turn, RoutingTable], Invoker]
    read_person_state: ReadPersonState
    settings: HostSettings
    clock: Clock
    failed: Callable[[str, BaseException], None]
    maintenance: Maintenance

    async def table(self) -> RoutingTable:
        """Return the current routing table; right after a start, once there is one.

        If that takes too long, the query is answered by the `otherwise` of its kind.
        """
        await self.registry.opened.wait()
        return self.registry.table

    def turn(self, trigger: SystemTrigger, person_state: PersonState) -> Turn:
        """Return the turn of an update."""
        begin_trace(trigger.key)
        return Turn.of(trigger, person_state, self.settings, self.clock.now())

    async def call(
        self, handler: Coroutine[Any, Any, object], limit_s: float, owner: TaskOwner | None
    ) -> object:
        """Return what a handler returns in time.

        Raises:
            HandlerTimeout: it takes longer than `limit_s`, or than any handler may.

        """
        limit_s = min(limit_s, self.settings.handler_limit_s)
        try:
            return await run_with_deadline(self.clock, limit_s, handler, owner=owner)
        except DeadlineExceeded as error:
            raise HandlerTimeout(str(error)) from error


class ImmediateAnswers:
    """Sender of the answers, one for each query.

    Args:
        telegram: Sends the answers.
        clock: Its `call_later` ends the time of a query.
        kinds: The rule of each kind, by the class of the update.

    """

    def __init__(
        self, telegram: TelegramPort, clock: Clock, kinds: Mapping[type, ImmediateKind[Any]]
    ) -> None:
        self._telegram = telegram
        self._clock = clock
        self._kinds = kinds
        self._open: dict[int, Timer] = {}
        self._tasks = BackgroundTasks()

    def arrived(self, update: Arrival) -> None:
        """Start the time limit of an update, and its `handle` if its kind has one; never waits.

        An update of another kind is ignored.
        """
        kind = self._kinds.get(type(update))
        query_id = getattr(update, "query_id", None)
        if kind is None or query_id is None:
            return
        handling = None
        if kind.handle is not None:
            handling = self._tasks.start(self._handle(kind, query_id, update))
        self._open[query_id] = self._clock.call_later(
            kind.within_s, lambda: self._time_out(kind, query_id, update, handling)
        )

    async def give(self, query_id: int, answer: Answer) -> bool:
        """Answer a query.

        Returns:
            False when the query was answered before, or Telegram refuses the answer.

        """
        timer = self._open.pop(query_id, None)
        if timer is None:
            return False
        timer.cancel()
        return await self._send(query_id, answer)

    async def idle(self) -> None:
        """Wait until no query is being handled or answered."""
        while self._tasks.any:
            await self._tasks.done()

    def _time_out(
        self,
        kind: ImmediateKind[Any],
        query_id: int,
        update: Arrival,
        handling: asyncio.Task[Any] | None,
    ) -> None:
        # Out of `_open` first: the real answer may come while this one is sent.
        if self._open.pop(query_id, None) is None:
            return
        if handling is not None:
            log.warning("query.late", kind=type(update).__name__, s=kind.within_s)
            handling.cancel()
        self._tasks.start(self._send(query_id, kind.otherwise(update)))

    async def _handle(self, kind: ImmediateKind[Any], query_id: int, update: Arrival) -> None:
        assert kind.handle is not None  # noqa: S101  # `arrived` has checked
        try:
            answer = await kind.handle(update)
        except Exception:  # the query must be answered, whatever its handler raised
            log.exception("query.failed", kind=type(update).__name__)
            answer = kind.otherwise(update)
        await self.give(query_id, answer)

    async def _send(self, query_id: int, answer: Answer) -> bool:
        try:
            await self._telegram.answer(query_id, answer)
        except TelegramError as error:
            log.info("query.unanswered", kind=type(answer).__name__, reason=str(error))
            return False
        return True
