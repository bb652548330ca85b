"""Slots of time: of equal lengths, or from one day's clock time to the next day's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sapp_bot.host.authoring.declarations import DeclaredTimer
from sapp_bot.host.authoring.schedules import Schedule, read_schedule


def daily(at: str, zone: str) -> Schedule:
    """Read the schedule of `@plugin.daily`."""
    return read_schedule(DeclaredTimer(print, at=at, zone=zone))


def begun(schedule: Schedule, now: str) -> str:
    """Return when the slot of a time in UTC began, in UTC."""
    number = schedule.slot(datetime.fromisoformat(f"{now}+00:00")).number
    return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("at", "zone", "now", "began", "why"),
    [
        ("09:00", "Europe/Berlin", "2026-01-10T07:59", "2026-01-09T08:00", "not yet nine"),
        ("09:00", "Europe/Berlin", "2026-01-10T08:00", "2026-01-10T08:00", "nine, in winter"),
        ("09:00", "Europe/Berlin", "2026-07-10T07:00", "2026-07-10T07:00", "nine, in summer"),
        ("02:30", "Europe/Berlin", "2026-03-29T01:29", "2026-03-28T01:30", "the clock jumps"),
        ("02:30", "Europe/Berlin", "2026-03-29T01:30", "2026-03-29T01:30", "02:30 is 03:30 then"),
        ("02:30", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T00:30", "the first 02:30"),
        ("02:30", "Europe/Berlin", "2026-10-25T01:45", "2026-10-25T00:30", "not the second one"),
        ("00:15", "Pacific/Kiritimati", "2026-06-01T10:15", "2026-06-01T10:15", "14 h ahead"),
        ("23:45", "Pacific/Pago_Pago", "2026-06-01T10:45", "2026-06-01T10:45", "11 h behind"),
        ("09:00", "Pacific/Apia", "2011-12-30T20:00", "2011-12-30T19:00", "a day left out"),
    ],
)
def test_a_day_begins_at_its_clock_time(at: str, zone: str, now: str, began: str, why: str) -> None:
    """Whatever the zone and the season."""
    assert begun(daily(at, zone), now) == began, why


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Africa/Cairo", "Australia/Lord_Howe"])
def test_each_day_has_one_slot_and_they_leave_no_gap(zone: str) -> None:
    """Over a year, each slot ends where the next one begins, a day later by the clock there."""
    schedule = daily("00:00", zone)
    slot = schedule.slot(datetime(2026, 1, 1, 0, 0, tzinfo=UTC))
    lengths = []
    for _ in range(365):
        following = schedule.slot(slot.end)
        assert following.number == int(slot.end.timestamp())
        assert schedule.slot(slot.end - timedelta(seconds=1)) == slot
        lengths.append((following.end - slot.end).total_seconds() / 3600)
        slot = following

    assert len(lengths) - lengths.count(24) == 2
    assert sum(lengths) == 24 * 365


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (DeclaredTimer(print, seconds=0.5), "the interval must be at least 1 s"),
        (DeclaredTimer(print, seconds=10**12), "at most a year"),
        (DeclaredTimer(print, seconds=float("inf")), "at most a year"),
        (DeclaredTimer(print, seconds=float("nan")), "at most a year"),
        (DeclaredTimer(print, at="9:00", zone="UTC"), 'write it as at="09:00"'),
        (DeclaredTimer(print, at="24:00", zone="UTC"), 'write it as at="09:00"'),
        (DeclaredTimer(print, at="09:00", zone="Europe/Berln"), 'write it as zone="Europe/Berlin"'),
        (DeclaredTimer(print, at="09:00", zone="../passwd"), "is no time zone"),
    ],
)
def test_a_wrong_one_says_what_to_write(declared: DeclaredTimer, says: str) -> None:
    """With the nearest zone where there is one."""
    with pytest.raises(ValueError, match=says):
        read_schedule(declared)
