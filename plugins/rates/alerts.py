"""Rate alerts: what they wait for, and when it has come. Rates and times in, decisions out."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from sapp_bot.services import ascii_digits

from .money.faults import RatesError
from .money.levels import figures_of
from .money.wishes import AlertKind
from .times.hours import parse_time
from .times.zones import zone

MOST_ALERTS = 20
"""How many alerts one person may have."""

MARGIN = Decimal("0.002")
"""An alert that went off is set again when the rate is 0.2 % on the other side of its level: at
the border it would else go off at every reading."""

LATE = timedelta(hours=6)
"""A daily alert that comes later than this, as the bot was away, is left out for the day."""

LONGEST_LEVEL = 20
"""Characters of a level: no rate has more digits, and a button has to carry it."""

MOST_PERCENT = 100
MOST_POWER = 12
"""No rate has more digits before or behind its point."""

SHARES = frozenset({"moves", "rises", "falls"})
"""Kinds whose level is per cent of the rate there was when they were set, or went off."""

LONGEST_TEXT = 64
"""Characters of a text that may be a level: «сто двадцать три тысячи четыреста рублей»."""

Marks = tuple[str, str]
"""What parts thousands, and what decimals."""

PLAIN: Marks = (",", ".")


class AlertMark(BaseModel):
    """What the timer notes of one alert.

    `is_armed` is False between a crossing and the way back. `since` is the rate that a move is
    counted from. `last_day` is the day, in the alert's zone, of the last daily message.
    """

    is_armed: bool = True
    since: Decimal = Decimal(0)
    last_day: date | None = None


class AlertMarks(BaseModel):
    """What the timer notes of a person's alerts, by their numbers.

    Beside `Alerts`, which only the person changes: what they do while the timer works is not lost.
    """

    schema_version: ClassVar[int] = 1

    marks: dict[int, AlertMark] = {}


class Alert(AlertMark):
    """One alert of a person, for the price of one `source` in `target`.

    `level` is a rate for "above" and "below", and per cent for "moves", "rises" and "falls". `at`
    is "HH:MM" in `zone` for "daily". As it is stored its mark is that of the beginning; `marked`
    has the present one.
    """

    id: int
    kind: AlertKind
    source: str
    target: str
    level: Decimal = Decimal(0)
    at: str = ""
    zone: str = "UTC"
    is_paused: bool = False

    @property
    def pair(self) -> str:
        """Its pair, as people write it."""
        return f"{self.source}/{self.target}"

    @property
    def waits_for(self) -> tuple[object, ...]:
        """What it waits for: equal for two alerts that would go off together."""
        return self.kind, self.source, self.target, self.level, self.at, self.zone

    @property
    def mark(self) -> AlertMark:
        """What the timer has to note of it."""
        return AlertMark(is_armed=self.is_armed, since=self.since, last_day=self.last_day)

    def marked(self, mark: AlertMark | None) -> Self:
        """Return the alert with what the timer has noted of it; None is nothing yet.

        A day that the alert itself has as told, since its zone was changed, stays told.
        """
        if mark is None:
            return self
        told = [day for day in (self.last_day, mark.last_day) if day is not None]
        return self.model_copy(update={**dict(mark), "last_day": max(told, default=None)})

    def is_due(self, rate: Decimal, now: datetime) -> bool:
        """Return whether the alert goes off now, at this rate. A paused one never does."""
        if self.is_paused or not self.is_armed:
            return False
        match self.kind:
            case "above":
                return rate >= self.level
            case "below":
                return rate <= self.level
            case "moves" | "rises" | "falls":
                return self._has_moved(rate)
            case "daily":
                return self._is_daily_due(now)

    def after(self, rate: Decimal, now: datetime, *, fired: bool) -> Self:
        """Return the alert as it goes on after a look at the rate."""
        match self.kind:
            case "above" | "below":
                return self.model_copy(update={"is_armed": self._is_armed_after(rate, fired=fired)})
            case "moves" | "rises" | "falls" if fired or self.since <= 0:
                return self.model_copy(update={"since": rate})
            case "daily" if fired:
                day = now.astimezone(zone(self.zone)).date()
                return self.model_copy(update={"last_day": day})
            case _:
                return self

    def in_zone(self, name: str, now: datetime) -> Self:
        """Return a daily alert at the same time of day in another zone, others as they are.

        One whose time is over there for today comes tomorrow, as one does that is set anew.
        """
        if self.kind != "daily" or self.zone == name:
            return self
        moved = self.model_copy(update={"zone": name})
        is_over = moved.model_copy(update={"is_paused": False}).is_due(Decimal(0), now)
        return moved.after(Decimal(0), now, fired=is_over)

    def moved(self, rate: Decimal) -> Decimal:
        """Return by how many per cent the rate has moved since; negative when it fell."""
        return (rate - self.since) / self.since * 100 if self.since else Decimal(0)

    def _has_moved(self, rate: Decimal) -> bool:
        """Return whether the rate has moved far enough, to the side that is waited for."""
        moved = self.moved(rate)
        if self.kind == "moves":
            moved = abs(moved)
        return self.since > 0 and (-moved if self.kind == "falls" else moved) >= self.level

    def _is_armed_after(self, rate: Decimal, *, fired: bool) -> bool:
        if fired:
            return False
        if self.is_armed:
            return True
        back = 1 - MARGIN if self.kind == "above" else 1 + MARGIN
        limit = self.level * back
        return rate < limit if self.kind == "above" else rate > limit

    def _is_daily_due(self, now: datetime) -> bool:
        here = zone(self.zone)
        day = now.astimezone(here).date()
        # Also when the clock was set back over midnight. A day further ahead was told by a clock
        # that ran ahead, and silences nothing.
        if self.last_day is not None and day <= self.last_day <= day + timedelta(days=1):
            return False
        moment = moment_of(day, self.at, here)
        return moment <= now < moment + LATE


class Alerts(BaseModel):
    """All alerts of a person."""

    schema_version: ClassVar[int] = 1

    items: tuple[Alert, ...] = ()
    last_id: int = 0

    def same_as(self, wanted: Alert) -> Alert | None:
        """Return the alert that waits for the same already, whatever has come of it since."""
        return next((a for a in self.items if a.waits_for == wanted.waits_for), None)

    def with_new(self, alert: Alert) -> Self:
        """Return them with one more, under a number of its own."""
        number = self.last_id + 1
        added = alert.model_copy(update={"id": number})
        return self.model_copy(update={"items": (*self.items, added), "last_id": number})

    def in_zone(self, name: str, now: datetime) -> Self:
        """Return them as they are for a person who has moved to another zone.

        Of daily alerts that would come together from now on, one is left: one that is not paused,
        if there is one.
        """
        moved: dict[object, Alert] = {}
        for alert in self.items:
            here = alert.in_zone(name, now)
            key = here.waits_for if here.kind == "daily" else alert.id
            if key not in moved or (moved[key].is_paused and not here.is_paused):
                moved[key] = here
        return self.model_copy(update={"items": tuple(moved.values())})

    def without(self, number: int) -> Self:
        """Return them without one."""
        left = tuple(a for a in self.items if a.id != number)
        return self.model_copy(update={"items": left})

    def replaced(self, alert: Alert) -> Self:
        """Return them with one as it is now."""
        items = tuple(alert if a.id == alert.id else a for a in self.items)
        return self.model_copy(update={"items": items})

    def find(self, number: int) -> Alert | None:
        """Return the alert with this number."""
        return next((a for a in self.items if a.id == number), None)


def read_level(
    kind: AlertKind, text: str, *, target: str = "", marks: Marks = PLAIN
) -> tuple[str, ...]:
    """Return a level in normal form: a positive number, or "HH:MM" for a daily alert.

    There are two where the text can be read in two ways: `100,000`, first as people read it who
    part thousands and decimals with `marks`. `target` is the money that a rate is in.

    Raises:
        RatesError: it is none; the reply explains this kind only.

    """
    text = " ".join(ascii_digits(text[:LONGEST_TEXT]).split())
    if kind == "daily":
        at = parse_time(text)
        if at is None:
            raise RatesError("I can't read that. A time is written as 09:00.")
        return (at,)
    figures, named, is_clean = figures_of(text)
    is_share = kind in SHARES
    figure = figures[0] if len(figures) == 1 and is_clean and not named else None
    if figure is not None and figure.is_negative and kind != "falls":
        raise RatesError("A level is above zero. A rate is written as 1.10, a move as 2 %.")
    if figure is None or (is_share and figure.code) or (figure.is_percent and not is_share):
        raise _unreadable(kind)
    if target and figure.code not in {"", target}:
        raise RatesError("A rate of this pair is in {code}. Please send it again.", code=target)
    numbers = [n for n in figure.read_with(*marks) if _is_level(n)]
    if not numbers:
        raise _unreadable(kind)
    if is_share:
        numbers = [number for number in numbers if number <= MOST_PERCENT]
    if not numbers:
        raise RatesError("That is too much: at most {most} per cent.", most=MOST_PERCENT)
    return tuple(f"{number:f}" for number in numbers)


def _is_level(number: Decimal) -> bool:
    """Tell whether a rate can be so large or so small, and a button can carry it."""
    return (
        number > 0 and abs(number.adjusted()) <= MOST_POWER and len(f"{number:f}") <= LONGEST_LEVEL
    )


def _unreadable(kind: AlertKind) -> RatesError:
    """Return what is said of a text that is no level of a kind."""
    if kind in SHARES:
        return RatesError("I can't read that. Send a number of per cent, such as 2.")
    return RatesError("I can't read that. A rate is written as 1.10.")


def moment_of(day: date, at: str, here: ZoneInfo) -> datetime:
    """Return when it is "HH:MM" on a day in a zone, in UTC.

    A time that a change of clocks leaves out comes when the clocks have changed; one that comes
    twice counts the first time.
    """
    hours, minutes = at.split(":")
    wished = datetime.combine(day, time(int(hours), int(minutes)), here)
    # PEP 495: in a gap, fold=0 takes the offset from before it; the round trip moves it behind.
    return wished.astimezone(UTC)
