"""What does not get on, and for how long: one alarm for each cause, and its end.

An outage holds many clients at once, and the reading of Telegram's list and the audit with them:
the operators hear of it once. What only an operator can end is told client by client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sapp_bot.domain.ledger_notice import LedgerNotice
from sapp_bot.domain.ports import Clock
from sapp_bot.errors import SappBotError, StoreAway, TelegramError
from sapp_bot.ledger.errors import RefundPutOff
from sapp_bot.ledger.notices import HoldEnded, HoldLasts, LedgerResumes, LedgerStalls, Notice
from sapp_bot.ledger.values import DeliveryHold, HoldReason

ALARM_S = 120.0
"""How long something may be held before the operators hear of it, in seconds."""

Tell = Callable[[Notice], Awaitable[bool]]
"""Tells a notice; returns whether it was taken."""


@dataclass(slots=True)
class _Trouble:
    """One cause.

    Attributes:
        held: Clients at present.
        parts: What else stalls, and since when.
        over: Clients that were held and got on.
        is_told: Whether the operators have heard of it.
        knows: What they have heard, of this cause or of one that clients or parts had before: the
            kinds of notices whose end they are to hear.

    """

    reason: HoldReason
    since: datetime
    held: dict[int, DeliveryHold] = field(default_factory=dict)
    parts: dict[str, datetime] = field(default_factory=dict)
    over: dict[int, DeliveryHold] = field(default_factory=dict)
    is_told: bool = False
    knows: frozenset[type[LedgerNotice]] = frozenset()

    @property
    def lasting(self) -> Notice:
        """What the operators are to hear of it."""
        if not self.held:
            return LedgerStalls(self.reason, self.since)
        return HoldLasts(_oldest(self.held), clients=len(self.held))

    @property
    def ended(self) -> Iterator[Notice]:
        """What they are to hear of its end: nothing of who only waits for something else now."""
        if HoldLasts in self.knows and self.over:
            yield HoldEnded(_oldest(self.over), clients=len(self.over))
        if LedgerStalls in self.knows:
            yield LedgerResumes(self.reason, self.since)


class Alarms:
    """Tells the operators of each trouble that lasts two minutes, once, and of its end.

    What only changes its cause has not ended: they hear of the new cause, and once of the end.
    """

    def __init__(self, tell: Tell, clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._troubles: dict[tuple[HoldReason, int], _Trouble] = {}
        self._owed: list[Notice] = []  # ends that could not be told yet

    async def held(self, hold: DeliveryHold) -> None:
        """Take a client's hold, at each try; its reason may be another than before."""
        trouble = self._trouble(hold.reason, hold.since, hold.client)
        trouble.held[hold.client] = hold
        trouble.over.pop(hold.client, None)
        for key, other in self._others(trouble):
            if other.held.pop(hold.client, None) is not None:
                trouble.knows |= other.knows & {HoldLasts}
                await self._end(key, other)
        await self._alarm(trouble)

    async def released(self, hold: DeliveryHold) -> None:
        """Take the end of a client's hold: it got on."""
        await self._tell_owed()
        for key, trouble in list(self._troubles.items()):
            if trouble.held.pop(hold.client, None) is not None:
                trouble.over[hold.client] = hold
                await self._end(key, trouble)

    async def stalls(self, part: str, error: SappBotError) -> None:
        """Take that a part of the ledger could not work, at each try."""
        reason, since = reason_of(error), self._clock.now()
        since = min([since, *(t.parts[part] for t in self._troubles.values() if part in t.parts)])
        trouble = self._trouble(reason, since)
        trouble.parts[part] = since
        for key, other in self._others(trouble):
            if other.parts.pop(part, None) is not None:
                await self._end(key, other)
        await self._alarm(trouble)

    async def goes_on(self, part: str) -> None:
        """Take that a part of the ledger works; told each minute at least."""
        await self._tell_owed()
        for key, trouble in list(self._troubles.items()):
            if trouble.parts.pop(part, None) is not None:
                await self._end(key, trouble)

    def _trouble(self, reason: HoldReason, since: datetime, client: int = 0) -> _Trouble:
        trouble = self._troubles.setdefault(_key(reason, client), _Trouble(reason, since))
        # Who comes from another cause waits longer than this one lasts.
        trouble.since = min(trouble.since, since)
        return trouble

    def _others(self, but: _Trouble) -> list[tuple[tuple[HoldReason, int], _Trouble]]:
        return [(key, other) for key, other in self._troubles.items() if other is not but]

    async def _alarm(self, trouble: _Trouble) -> None:
        lasts_s = (self._clock.now() - trouble.since).total_seconds()
        if trouble.is_told or lasts_s < ALARM_S or not (trouble.held or trouble.parts):
            return
        notice, knew = trouble.lasting, trouble.knows
        trouble.is_told, trouble.knows = True, knew | {type(notice)}  # others come meanwhile
        await self._tell_owed()  # an end before the next beginning
        if not await self._tell(notice):
            trouble.is_told, trouble.knows = False, knew

    async def _end(self, key: tuple[HoldReason, int], trouble: _Trouble) -> None:
        if trouble.held or trouble.parts or self._troubles.get(key) is not trouble:
            return
        del self._troubles[key]
        stalls = next((other for other in self._troubles.values() if other.parts), None)
        if stalls is not None:  # the ledger as a whole does not get on yet
            stalls.knows |= trouble.knows & {LedgerStalls}
            trouble.knows -= {LedgerStalls}
        self._owed += trouble.ended
        await self._tell_owed()

    async def _tell_owed(self) -> None:
        while self._owed:
            notice = self._owed.pop(0)  # others come meanwhile
            if not await self._tell(notice):
                self._owed.insert(0, notice)
                return


def _oldest(holds: Mapping[int, DeliveryHold]) -> DeliveryHold:
    return min(holds.values(), key=lambda hold: hold.since)


def _key(reason: HoldReason, client: int) -> tuple[HoldReason, int]:
    return reason, client if reason.needs_operator else -1


def reason_of(error: SappBotError) -> HoldReason:
    """Return what an error is a hold for."""
    if isinstance(error, RefundPutOff):
        return error.reason
    if isinstance(error, StoreAway):
        return HoldReason.STORE_AWAY
    if isinstance(error, TelegramError):
        return HoldReason.TELEGRAM_AWAY
    return HoldReason.API_AWAY if error.retry else HoldReason.API_REFUSES
