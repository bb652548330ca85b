"""Updates that Telegram wants answered within seconds, whatever waits in the person's queue.

Telegram gives them a query id and forgets it soon; an answer that comes too late is none. Each
kind has an entry that says how long there is and what is answered when the time is over:

    ImmediateAnswers(telegram, clock, {Press: ImmediateKind(1.5, lambda press: PressAnswer())})

A kind without `handle` goes through the person's queue like a message, and its turn answers it by
`give`. A kind with `handle` is handled at once, beside the queue, and never stored: whoever asked
has gone on typing by the time that a restart would come back to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from sapp_bot.domain.answers import Answer, PressAnswer
from sapp_bot.domain.ports import Clock, TelegramPort, Timer
from sapp_bot.domain.updates import Arrival
from sapp_bot.errors import TelegramError
from sapp_bot.host.runtime.background import BackgroundTasks

log = structlog.get_logger(__name__)

U = TypeVar("U")

PRESS_S = 1.5
"""Telegram shows a progress bar until a press is answered, and forgets the query after some
seconds. Source: https://core.telegram.org/bots/api#callbackquery"""


@dataclass(frozen=True, slots=True)
class ImmediateKind(Generic[U]):
    """How one kind of update is answered in time.

    Args:
        within_s: Seconds after its arrival, when it is answered with `otherwise` at the latest.
        otherwise: Makes that answer; it must not wait or fail. What grants something refuses here.
        handle: Makes the real answer, beside the person's queue. None leaves that to its turn.

    """

    within_s: float
    otherwise: Callable[[U], Answer]
    handle: Callable[[U], Awaitable[Answer]] | None = None


IMMEDIATE_PRESS: ImmediateKind[Any] = ImmediateKind(PRESS_S, lambda _: PressAnswer())
"""A press waits for its turn; its progress bar ends before, without words, when that takes long."""


class ImmediateAnswers:
    """Answers each such update once, in time."""

    def __init__(
        self, telegram: TelegramPort, clock: Clock, kinds: Mapping[type, ImmediateKind[Any]]
    ) -> None:
        self._telegram = telegram
        self._clock = clock
        self._kinds = kinds
        self._open: dict[int, Timer] = {}
        self._tasks = BackgroundTasks()

    def arrived(self, update: Arrival) -> None:
        """Start the time of an update, and handle it if its kind does not wait; never waits."""
        kind = self._kinds.get(type(update))
        query_id = getattr(update, "query_id", None)
        if kind is None or query_id is None:
            return
        handling = None
        if kind.handle is not None:
            handling = self._tasks.start(self._handled(kind, query_id, update))
        self._open[query_id] = self._clock.call_later(
            kind.within_s, lambda: self._late(kind, query_id, update, handling)
        )

    async def give(self, query_id: int, answer: Answer) -> bool:
        """Answer an update; tells False when it was answered before, or cannot be."""
        timer = self._open.pop(query_id, None)
        if timer is None:
            return False
        timer.cancel()
        return await self._send(query_id, answer)

    async def idle(self) -> None:
        """Wait until nothing is being handled or answered here."""
        while self._tasks.any:
            await self._tasks.done()

    def _late(
        self,
        kind: ImmediateKind[Any],
        query_id: int,
        update: Arrival,
        handling: asyncio.Task[Any] | None,
    ) -> None:
        if self._open.pop(query_id, None) is None:
            return
        if handling is not None:
            log.warning("query.late", kind=type(update).__name__, s=kind.within_s)
            handling.cancel()
        self._tasks.start(self._send(query_id, kind.otherwise(update)))

    async def _handled(self, kind: ImmediateKind[Any], query_id: int, update: Arrival) -> None:
        assert kind.handle is not None  # noqa: S101  # `arrived` has looked
        try:
            answer = await kind.handle(update)
        except Exception:  # the border: a fault must not leave the query unanswered
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
