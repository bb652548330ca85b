"""Which client is looked at when: woken, after a wait, or again and again while it is held."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import LedgerLost, SappBotError
from sapp_bot.ledger.delivery import Held
from sapp_bot.ledger.values import DeliveryHold, HoldReason
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.retry import Backoff

from .alarms import ALARM_S, reason_of

AT_ONCE = 8
"""Most clients looked at at the same time: half of the connections to the API."""

RETRY = Backoff(first_s=1.2, factor=2.0, longest_s=300.0, jitter=0.1)
"""Waits between the tries of what is held, for ever. The third try is one that `SLOW_S` of
`telling.py` has passed at, so that people hear soon that their payment is safe."""

log = structlog.get_logger(__name__)


class HoldListener:
    """What is done about holds; the ledger gives its own."""

    async def held(self, hold: DeliveryHold) -> None:
        """Take a hold, at each try; its reason may be another than before."""

    async def released(self, hold: DeliveryHold) -> None:
        """Take the end of a hold: its client got on."""


@dataclass(slots=True)
class _Queued:
    """A client in the queue: when it is due, whether it is looked at now, and woken meanwhile.

    `is_cut` tells that a look at it did not come to its end.
    """

    due: datetime
    is_busy: bool = False
    is_woken: bool = False
    is_cut: bool = False


class Schedule:
    """Looks at clients, several at a time, one at a time each.

    Attributes:
        cut_off: Clients that were being looked at when `run` ended: what it sent may act late.

    Args:
        look: Looks at a client; returns the seconds until it is to be looked at again.
        listener: Hears of holds.
        clock: Times the looks.
        metrics: Counts what is held.

    """

    def __init__(
        self,
        look: Callable[[int], Awaitable[float | None]],
        listener: HoldListener,
        clock: Clock,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._look = look
        self._listener = listener
        self._clock = clock
        self._metrics = metrics
        self._queue: dict[int, _Queued] = {}
        self._holds: dict[int, DeliveryHold] = {}
        self._next_try: dict[int, datetime] = {}
        self._changed = asyncio.Event()
        self._rests = asyncio.Event()
        self.cut_off: tuple[int, ...] = ()

    @property
    def holds(self) -> Mapping[int, DeliveryHold]:
        """What is held at present, by client."""
        return self._holds

    @property
    def waiting(self) -> int:
        """How many clients are in the queue."""
        return len(self._queue)

    def wake(self, client: int) -> None:
        """Look at a client soon, also when it is being looked at: that look may have come early."""
        queued = self._queue.setdefault(client, _Queued(self._clock.now()))
        queued.due = self._clock.now()
        queued.is_woken = True
        self._stir()

    def know(self, holds: Mapping[int, DeliveryHold]) -> None:
        """Take what an earlier process was held up by, and look at those clients soon."""
        for client, hold in holds.items():
            self._holds.setdefault(client, hold)
            self.wake(client)

    def _stir(self) -> None:
        self._rests.clear()
        self._changed.set()

    async def idle(self) -> None:
        """Wait until nothing is looked at, and nothing is due."""
        await self._rests.wait()

    async def run(self) -> NoReturn:
        """Look at whatever is due, until cancelled.

        Raises:
            LedgerLost: the store has lost the ledger.

        """
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self._changed.clear()
                    wait_s = self._start_due(group)
                    if not any(queued.is_busy for queued in self._queue.values()):
                        self._rests.set()
                    await self._wait(wait_s)
        except BaseException:
            self.cut_off = tuple(c for c, queued in self._queue.items() if queued.is_cut)
            raise
        finally:
            for queued in self._queue.values():
                queued.is_busy = queued.is_cut = False

    def _start_due(self, group: asyncio.TaskGroup) -> float | None:
        """Start what is due; return the seconds until the next is."""
        now = self._clock.now()
        room = AT_ONCE - sum(queued.is_busy for queued in self._queue.values())
        idle = [
            (queued.due, client) for client, queued in self._queue.items() if not queued.is_busy
        ]
        for due, client in sorted(idle):
            if due > now:
                return (due - now).total_seconds()
            if room <= 0:
                return None
            room -= 1
            self._queue[client].is_busy = True
            self._queue[client].is_woken = False
            group.create_task(self._work(client))
        return None

    async def _wait(self, wait_s: float | None) -> None:
        timer = None if wait_s is None else self._clock.call_later(wait_s, self._stir)
        try:
            await self._changed.wait()
        finally:
            if timer is not None:
                timer.cancel()

    async def _work(self, client: int) -> None:
        queued = self._queue[client]
        queued.is_cut = True
        try:
            wait_s = await self._try(client)
            queued.is_cut = False
        finally:
            queued.is_busy = False
            self._stir()
        if queued.is_woken:
            queued.due = self._clock.now()
        elif wait_s is None:
            del self._queue[client]
        else:
            queued.due = self._clock.now() + timedelta(seconds=wait_s)

    async def _try(self, client: int) -> float | None:
        """Look once; return when to look again."""
        try:
            wait_s = await self._look(client)
        except LedgerLost:
            raise
        except Held as held:
            return await self._hold(client, held.reason)
        except SappBotError as error:
            log.info("ledger.held", client=client, reason=str(error))
            return await self._hold(client, reason_of(error))
        except Exception as error:  # a border: one client's trouble holds no other up
            log.error("ledger.look_failed", client=client, exc_info=error)  # noqa: TRY400  # given
            return await self._hold(client, HoldReason.API_AWAY)
        await self._release(client)
        return wait_s

    async def _hold(self, client: int, reason: HoldReason) -> float:
        known = self._holds.get(client)
        now = self._clock.now()
        hold = DeliveryHold(client, reason, now, 0) if known is None else known
        # Who was woken before the pause was over has tried in between: the pause stays as it was.
        next_try = self._next_try.get(client, now)
        if next_try <= now:
            hold = replace(hold, tries=hold.tries + 1)
            next_try = now + timedelta(seconds=RETRY.wait_s(hold.tries - 1))
            alarm_at = hold.since + timedelta(seconds=ALARM_S)
            if now < alarm_at < next_try:
                next_try = alarm_at
        hold = replace(hold, reason=reason)
        self._holds[client], self._next_try[client] = hold, next_try
        self._metrics.gauge("payments_held", len(self._holds))
        try:
            await self._listener.held(hold)
        except LedgerLost:
            raise
        except SappBotError as error:
            log.info("ledger.hold_untold", client=client, reason=str(error))
        return (next_try - now).total_seconds()

    async def _release(self, client: int) -> None:
        hold = self._holds.pop(client, None)
        self._next_try.pop(client, None)
        if hold is None:
            return
        self._metrics.gauge("payments_held", len(self._holds))
        await self._listener.released(hold)
        # What held this one is over: the others need not wait out their pauses.
        for other, same in self._holds.items():
            if same.reason is hold.reason and hold.reason is not HoldReason.DRIFT:
                self.wake(other)
