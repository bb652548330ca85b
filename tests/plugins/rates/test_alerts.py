"""When an alert goes off: once a crossing, once a day, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from plugins.rates.alerts import Alert, AlertMark, Alerts, moment_of
from plugins.rates.money.wishes import AlertKind
from plugins.rates.times.zones import zone as find_tz

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)


def alert(kind: AlertKind, **about: object) -> Alert:
    """Make an alert on EUR in USD."""
    return Alert.model_validate({"id": 1, "kind": kind, "source": "EUR", "target": "USD", **about})


def fired(watched: Alert, rates: list[str], *, step: timedelta = timedelta(hours=1)) -> list[int]:
    """Return at which of the rates, one an hour, the alert goes off."""
    found, now = [], NOON
    for number, rate in enumerate(map(Decimal, rates)):
        due = watched.is_due(rate, now)
        watched = watched.after(rate, now, fired=due)
        found += [number] if due else []
        now += step
    return found


@pytest.mark.parametrize(
    ("kind", "rates", "at"),
    [
        ("above", ["1.09", "1.11", "1.12", "1.15"], [1]),
        ("above", ["1.10"], [0]),
        ("above", ["1.09", "1.10", "1.0999", "1.10", "1.0999", "1.1001"], [1]),
        ("above", ["1.11", "1.09", "1.11"], [0, 2]),
        ("below", ["1.11", "1.09", "1.08"], [1]),
        ("below", ["1.09", "1.1001", "1.0999", "1.11", "1.09"], [0, 4]),
    ],
)
def test_a_crossing_is_told_once(kind: AlertKind, rates: list[str], at: list[int]) -> None:
    """At the border it does not go off at every reading; after a way back it does."""
    assert fired(alert(kind, level="1.10"), rates) == at


def test_a_move_counts_from_the_last_one() -> None:
    """2 % up, then 2 % from there."""
    watched = alert("moves", level="2", since="1.00")

    assert fired(watched, ["1.01", "1.02", "1.03", "1.0404", "1.02", "1.0"]) == [1, 3, 5]


def test_a_move_without_a_beginning_takes_the_first_rate() -> None:
    """Set while no rate was known it counts from the first that is."""
    assert fired(alert("moves", level="2"), ["1.00", "1.01", "1.03"]) == [2]


def test_a_paused_alert_is_silent() -> None:
    """It goes on where it was when it is taken up again."""
    assert not alert("above", level="1", is_paused=True).is_due(Decimal(2), NOON)


def test_a_daily_alert_comes_once_a_day() -> None:
    """At the minute, once a day, and after a late start of the bot."""
    watched = alert("daily", at="12:01", zone="UTC", last_day=date(2026, 3, 14))
    minutes = ["1"] * 3 * 24 * 60

    assert fired(watched, minutes, step=timedelta(minutes=1)) == [1, 1441, 2881]


def test_a_very_late_daily_alert_is_left_out() -> None:
    """After a night without the bot nobody wants the morning's message at midnight."""
    watched = alert("daily", at="04:00", zone="UTC")

    assert not watched.is_due(Decimal(1), NOON)
    assert watched.is_due(Decimal(1), NOON - timedelta(hours=3))


def test_a_clock_set_back_repeats_no_day() -> None:
    """The day that was told is told, although it begins anew."""
    watched = alert("daily", at="09:00", zone="UTC").after(Decimal(1), NOON, fired=True)

    assert not watched.is_due(Decimal(1), NOON)
    assert not watched.is_due(Decimal(1), NOON - timedelta(days=1, hours=2))
    assert watched.is_due(Decimal(1), NOON + timedelta(days=1))


@pytest.mark.parametrize("days", [2, 30, 400])
def test_a_clock_that_ran_ahead_silences_nothing(days: int) -> None:
    """What was told on a day that was none is told again on the right one, and each day after."""
    watched = alert("daily", at="09:00", zone="UTC", last_day=date(2026, 3, 14))
    watched = watched.after(Decimal(1), NOON + timedelta(days=days), fired=True)

    assert fired(watched, ["1"] * 3, step=timedelta(days=1)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("day", "at", "zone", "utc"),
    [
        # 02:30 does not exist: the clocks go from 02:00 to 03:00.
        (date(2026, 3, 29), "02:30", "Europe/Berlin", "2026-03-29T01:30+00:00"),
        # 02:30 comes twice: the first counts.
        (date(2026, 10, 25), "02:30", "Europe/Berlin", "2026-10-25T00:30+00:00"),
        (date(2028, 2, 29), "09:00", "Asia/Almaty", "2028-02-29T04:00+00:00"),
        (date(2026, 12, 31), "23:59", "America/New_York", "2027-01-01T04:59+00:00"),
        # Source: tzdata 2026f; Vancouver stays at -7 from November 2026 on.
        (date(2026, 12, 1), "09:00", "America/Vancouver", "2026-12-01T16:00+00:00"),
    ],
)
def test_a_time_of_day_is_that_of_the_zone(day: date, at: str, zone: str, utc: str) -> None:
    """Changes of clocks, month ends and 29 February have one answer each."""
    assert moment_of(day, at, find_tz(zone)) == datetime.fromisoformat(utc)


def test_a_day_of_23_hours_has_its_alert() -> None:
    """The alert of a time that is left out comes, once."""
    watched = alert("daily", at="02:30", zone="Europe/Berlin", last_day=date(2026, 3, 28))
    now, told = datetime(2026, 3, 28, 23, tzinfo=UTC), []
    while now < datetime(2026, 3, 29, 12, tzinfo=UTC):
        if watched.is_due(Decimal(1), now):
            told.append(now)
            watched = watched.after(Decimal(1), now, fired=True)
        now += timedelta(minutes=1)

    assert told == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]


def test_numbers_of_alerts_are_not_used_again() -> None:
    """A button under an old message deletes no other alert."""
    alerts = Alerts().with_new(alert("above")).with_new(alert("below"))
    alerts = alerts.without(2).with_new(alert("moves"))

    assert [a.id for a in alerts.items] == [1, 3]
    assert alerts.find(2) is None
    assert alerts.replaced(alert("above", is_paused=True)).items[0].is_paused


def test_a_daily_alert_goes_along_to_another_zone() -> None:
    """It keeps its time of day; one that is over there for today comes tomorrow."""
    at_nine = alert("daily", at="09:00", zone="UTC", last_day=date(2026, 3, 14))
    tokyo, lima = (at_nine.in_zone(name, NOON) for name in ("Asia/Tokyo", "America/Lima"))

    assert not tokyo.is_due(Decimal(1), NOON)
    assert tokyo.is_due(Decimal(1), NOON + timedelta(hours=12))
    assert not lima.is_due(Decimal(1), NOON + timedelta(hours=1))
    assert lima.is_due(Decimal(1), NOON + timedelta(hours=2))


def test_a_time_that_is_just_over_is_not_told_late() -> None:
    """Nobody who moves their zone gets what was due before they came."""
    at_nine = alert("daily", at="09:00", zone="America/Lima").in_zone("UTC", NOON)

    for moved in (at_nine, at_nine.marked(AlertMark(last_day=date(2026, 3, 14)))):
        assert not moved.is_due(Decimal(1), NOON)
        assert moved.is_due(Decimal(1), NOON + timedelta(hours=21))


def test_alerts_that_come_together_are_one() -> None:
    """Two that were at nine in two cities are one at nine in one; no other alert is lost."""
    alerts = Alerts().with_new(alert("daily", at="09:00", zone="UTC"))
    alerts = alerts.with_new(alert("daily", at="09:00", zone="Asia/Tokyo"))
    alerts = alerts.with_new(alert("above", level="2")).with_new(alert("above", level="2"))

    assert [a.id for a in alerts.in_zone("Asia/Tokyo", NOON).items] == [1, 3, 4]


@pytest.mark.parametrize(("paused", "left"), [((True, False), 2), ((False, True), 1)])
def test_a_paused_alert_displaces_none_that_is_at_work(
    paused: tuple[bool, bool], left: int
) -> None:
    """Of two that come together the one is left that somebody waits for."""
    alerts = Alerts()
    for zone, is_paused in zip(("UTC", "Asia/Tokyo"), paused, strict=True):
        alerts = alerts.with_new(alert("daily", at="09:00", zone=zone, is_paused=is_paused))

    (found,) = alerts.in_zone("Asia/Tokyo", NOON).items
    assert (found.id, found.is_paused) == (left, False)
