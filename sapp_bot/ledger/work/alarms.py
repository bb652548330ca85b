"""What does not get on, and for how long: one alarm for each cause, and its end.

An outage holds many clients at once, and the reading of Telegram's list and the audit with them:
the operators hear of it once. What only an operator can end is told client by client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

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
    """One cause. `held` are clients at present, `parts` what else stalls; `ever` all that were."""

    reason: HoldReason
    since: datetime
    held: dict[int, DeliveryHold] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    ever: set[int] = field(default_factory=set)
    told: Notice | None = None

    @property
    def lasting(self) -> Notice:
        """What the operators are to hear of it."""
        if not self.held:
            return LedgerStalls(self.reason, self.since)
        oldest = min(self.held.values(), key=lambda hold: hold.since)
        return HoldLasts(oldest, clients=len(self.held))

    @property
    def ended(self) -> Notice:
        """What they are to hear of its end."""
        if isinstance(self.told, HoldLasts):
            return HoldEnded(self.told.hold, clients=len(self.ever))
        return LedgerResumes(self.reason, self.since)


class Alarms:
    """Tells the operators of each trouble that lasts two minutes, once, and of its end."""

    def __init__(self, tell: Tell, clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._troubles: dict[tuple[HoldReason, int], _Trouble] = {}

    async def held(self, hold: DeliveryHold) -> None:
        """Take a client's hold, at each try."""
        trouble = self._trouble(hold.reason, hold.since, hold.client)
        trouble.held[hold.client] = hold
        trouble.ever.add(hold.client)
        await self._alarm(trouble)

    async def released(self, hold: DeliveryHold) -> None:
        """Take the end of a client's hold, or that it has another reason now."""
        trouble = self._troubles.get(_key(hold.reason, hold.client))
        if trouble is not None and trouble.held.pop(hold.client, None) is not None:
            await self._end(trouble, _key(hold.reason, hold.client))

    async def stalls(self, part: str, error: SappBotError) -> None:
        """Take that a part of the ledger could not work, at each try."""
        reason = reason_of(error)
        trouble = self._trouble(reason, self._clock.now())
        await self.goes_on(part, but=reason)
        trouble.parts.add(part)
        await self._alarm(trouble)

    async def goes_on(self, part: str, *, but: HoldReason | None = None) -> None:
        """Take that a part of the ledger works (or stalls for one reason only)."""
        for key, trouble in list(self._troubles.items()):
            if part in trouble.parts and trouble.reason is not but:
                trouble.parts.discard(part)
                await self._end(trouble, key)

    def _trouble(self, reason: HoldReason, since: datetime, client: int = 0) -> _Trouble:
        return self._troubles.setdefault(_key(reason, client), _Trouble(reason, since))

    async def _alarm(self, trouble: _Trouble) -> None:
        lasts_s = (self._clock.now() - trouble.since).total_seconds()
        if trouble.told is not None or lasts_s < ALARM_S:
            return
        trouble.told = notice = trouble.lasting  # before it is told: others come meanwhile
        if not await self._tell(notice):
            trouble.told = None

    async def _end(self, trouble: _Trouble, key: tuple[HoldReason, int]) -> None:
        if trouble.held or trouble.parts or self._troubles.get(key) is not trouble:
            return
        del self._troubles[key]
        if trouble.told is not None:
            await self._tell(trouble.ended)


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
