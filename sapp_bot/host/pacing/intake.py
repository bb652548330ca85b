"""Limits what one person may send: what waits in memory, and messages in a minute.

Decides before anything is written. Messages and presses are counted apart, so that text never takes
the place of presses; what has no sender's hand in it (a timer) is not counted.
"""

from __future__ import annotations

from sapp_bot.domain.ports import Clock
from sapp_bot.domain.updates import Message, Press, Update
from sapp_bot.values import dataclass, field

from .token_bucket import TokenBucket

MOST_WAITING = 100
"""Most messages, and most presses, of one person that wait in memory to be stored. Twice as many as
the store keeps: what Telegram repeats after a crash must not take the place of what is new."""

MOST_BYTES = 256 * 1024
"""Most bytes of text of one person that wait in memory; 50 messages of 4,096 letters are 200 KB."""

_SWEEP = 1_000
"""Persons that are remembered before those without a burst are forgotten."""


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """Limits for each person.

    Attributes:
        waiting: Most messages, and most presses, that wait in memory.
        waiting_bytes: Most bytes of their texts.
        per_minute: Most messages, and most presses, in a minute; 0 for no limit.

    """

    waiting: int = MOST_WAITING
    waiting_bytes: int = MOST_BYTES
    per_minute: int = 0


@dataclass(slots=True)
class _Line:
    """What waits of one kind, and the tokens for more."""

    waiting: int = 0
    size_bytes: int = 0
    bucket: TokenBucket | None = None


@dataclass(slots=True)
class _PersonIntake:
    lines: dict[type, _Line] = field(default_factory=dict)
    told: bool = False


class Intake:
    """Counts of all persons.

    Args:
        limits: The limits for each person.
        clock: Source of the time.

    """

    def __init__(self, limits: IntakeLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._persons: dict[int, _PersonIntake] = {}
        self._sweep_at = _SWEEP

    def __len__(self) -> int:
        """Return how many persons are remembered."""
        return len(self._persons)

    def admit(self, update: Update) -> bool:
        """Return whether an update may wait, and count it if so; end that with `stored`."""
        if not isinstance(update, Message | Press):
            return True
        person = self._person(update.sender.id)
        line = person.lines.setdefault(type(update), _Line())
        size_bytes = _size_bytes(update)
        limits, now = self._limits, self._clock.now()
        if line.waiting >= limits.waiting or line.size_bytes + size_bytes > limits.waiting_bytes:
            return False
        if limits.per_minute:
            if line.bucket is None:
                line.bucket = TokenBucket.full(limits.per_minute / 60, limits.per_minute, now)
            level = line.bucket.level(now)
            if level < 1:
                return False
            line.bucket.take(now)
        line.waiting += 1
        line.size_bytes += size_bytes
        if person.told and self._is_calm(person):
            person.told = False
        return True

    def stored(self, update: Update) -> None:
        """Note that an admitted update waits in memory no longer."""
        if isinstance(update, Message | Press):
            line = self._persons[update.sender.id].lines[type(update)]
            line.waiting -= 1
            line.size_bytes -= _size_bytes(update)

    def tell_once(self, person: int) -> bool:
        """Return whether to ask a person to slow down: the first time in a burst."""
        known = self._person(person)
        first = not known.told
        known.told = True
        return first

    def _person(self, person: int) -> _PersonIntake:
        known = self._persons.get(person)
        if known is None:
            if len(self._persons) >= self._sweep_at:
                self._forget_calm()
            known = self._persons[person] = _PersonIntake()
        return known

    def _is_calm(self, person: _PersonIntake) -> bool:
        """Return whether a burst is over: at most half of each limit is used."""
        now, limits = self._clock.now(), self._limits
        return all(
            line.waiting <= limits.waiting // 2
            and (line.bucket is None or line.bucket.level(now) >= limits.per_minute / 2)
            for line in person.lines.values()
        )

    def _forget_calm(self) -> None:
        now = self._clock.now()
        for number, person in list(self._persons.items()):
            lines = person.lines.values()
            if all(
                not line.waiting
                and (line.bucket is None or line.bucket.level(now) >= line.bucket.burst)
                for line in lines
            ):
                del self._persons[number]
        self._sweep_at = max(_SWEEP, 2 * len(self._persons))


def _size_bytes(update: Message | Press) -> int:
    if isinstance(update, Press):
        return len(update.data)
    return len(update.text.encode("utf-8", "surrogatepass"))
