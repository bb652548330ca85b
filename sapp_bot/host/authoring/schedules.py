"""When a timer runs: once in each slot of time, which begins as the clock or the calendar says."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sapp_bot.host.runtime.hints import nearest
from sapp_bot.values import dataclass
from sapp_bot.zones import read_zone, zone_names

from .declarations import LONGEST_S, DeclaredTimer

SHORTEST_S = 1
"""Shortest length of a slot in seconds."""
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of time: from `number`, which grows with each slot, up to `end` (aware UTC)."""

    number: int
    end: datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """Slots of equal length, counted from 1970 UTC."""

    seconds: float

    label = ""
    """Distinguishes the leases of one function under different schedules."""

    runs_when_new = True
    """Whether a timer that never ran before runs at once, in the slot that is under way."""

    @property
    def length_s(self) -> float:
        """Seconds of a slot."""
        return self.seconds

    def slot(self, now: datetime) -> Slot:
        """Return the slot that a time (aware) is in."""
        number = int(now.timestamp() // self.seconds)
        return Slot(number, datetime.fromtimestamp((number + 1) * self.seconds, UTC))


@dataclass(frozen=True, slots=True)
class Daily:
    """Slots from one day's clock time to the next day's, in a time zone.

    A time that the clock leaves out in spring counts as if it had not been put forward: 02:30 is
    then 03:30. One that comes twice in autumn counts the first time.
    """

    at: time
    zone: ZoneInfo

    runs_when_new = False
    """See `Interval`: "at nine" is not said at noon by a plugin that has come at noon."""

    @property
    def label(self) -> str:
        """Distinguishes the leases of one function: at another time it is another timer."""
        return f"@{self.at:%H:%M}@{self.zone.key}"

    @property
    def length_s(self) -> float:
        """Seconds of a usual slot."""
        return 24 * 3600

    def slot(self, now: datetime) -> Slot:
        """Return the slot that a time (aware) is in; its number is the second it began, in UTC."""
        today = now.astimezone(self.zone).date()
        begins = [self._moment(today + timedelta(days=days)) for days in (-2, -1, 0, 1, 2)]
        past = [moment for moment in begins if moment <= now]
        return Slot(int(past[-1].timestamp()), next(m for m in begins if m > now))

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)


Schedule = Interval | Daily


def read_schedule(declared: DeclaredTimer) -> Schedule:
    """Return when a declared timer runs.

    Raises:
        ValueError: there is no such time, zone or interval; the text says what to write.

    """
    if not declared.at:
        if not isinstance(declared.seconds, int | float):
            raise ValueError(f"{declared.seconds!r} is no interval: write seconds, every(3600)")
        if not SHORTEST_S <= declared.seconds <= LONGEST_S:  # nor is it `nan`
            raise ValueError(
                f"the interval must be at least {SHORTEST_S} s, and at most a year ({LONGEST_S} s)"
            )
        return Interval(declared.seconds)
    if _TIME.fullmatch(declared.at) is None:
        raise ValueError(f'at={declared.at!r} is no time of the day: write it as at="09:00"')
    zone = read_zone(declared.zone)
    if zone is None:
        near = nearest(declared.zone, zone_names()) or "Europe/Berlin"
        raise ValueError(f'zone={declared.zone!r} is no time zone: write it as zone="{near}"')
    return Daily(time.fromisoformat(declared.at), zone)
