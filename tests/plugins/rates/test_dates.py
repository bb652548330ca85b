"""Days and periods are read as they were meant, or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.rates.times.dates import (
    DateError,
    DateFault,
    Period,
    parse_day,
    parse_period,
    today_in,
)
from plugins.rates.times.zones import UnknownZone, zone

TODAY = date(2026, 11, 30)

DAYS = {
    "today": "2026-11-30",
    "Сегодня": "2026-11-30",
    "yesterday": "2026-11-29",
    "вчера": "2026-11-29",
    "позавчера": "2026-11-28",
    "day before yesterday": "2026-11-28",
    "2026-01-05": "2026-01-05",
    "2026-1-5": "2026-01-05",
    "05.01.2026": "2026-01-05",
    "5.1.2026": "2026-01-05",
    "5 jan 2026": "2026-01-05",
    "5 September 2026": "2026-09-05",
    "jan 5, 2026": "2026-01-05",
    "January 5th": "2026-01-05",
    "31 dec": "2025-12-31",
    "5 января 2026 г.": "2026-01-05",
    "31 мая": "2026-05-31",
    "29 feb": "2024-02-29",
    "29 февраля 2024": "2024-02-29",
    "3 days ago": "2026-11-27",
    "3 дня назад": "2026-11-27",
    "a week ago": "2026-11-23",
    "неделю назад": "2026-11-23",
    "9 months ago": "2026-02-28",
    "2 года назад": "2024-11-30",
    "on 2026-01-05": "2026-01-05",
    "на 05.01.2026": "2026-01-05",
    "за 5 января": "2026-01-05",
    "from yesterday": "2026-11-29",
    "as of the 5 jan 2026": "2026-01-05",
}
PERIODS = {
    "30d": "2026-10-31 2026-11-30",
    "2w": "2026-11-16 2026-11-30",
    "6m": "2026-05-30 2026-11-30",
    "1y": "2025-11-30 2026-11-30",
    "30 дней": "2026-10-31 2026-11-30",
    "за неделю": "2026-11-23 2026-11-30",
    "last 3 months": "2026-08-30 2026-11-30",
    "месяц": "2026-10-30 2026-11-30",
    "yesterday": "2026-11-29 2026-11-29",
    "2026-01": "2026-01-01 2026-01-31",
    "2026-11": "2026-11-01 2026-11-30",
    "2026-01-01..2026-01-31": "2026-01-01 2026-01-31",
    "2026-01..2026-03": "2026-01-01 2026-03-31",
    "2026-01-01 - 05.02.2026": "2026-01-01 2026-02-05",
    "2026-11-01..": "2026-11-01 2026-11-30",
    "с 1 января по 5 марта": "2026-01-01 2026-03-05",
    "from 1 jan to 5 mar": "2026-01-01 2026-03-05",
    "вчера..сегодня": "2026-11-29 2026-11-30",
    "01.01.2026-31.01.2026": "2026-01-01 2026-01-31",
    "01.01.2026–31.01.2026": "2026-01-01 2026-01-31",
    "2026-01-01-2026-01-31": "2026-01-01 2026-01-31",
    "2026-01-01/2026-01-31": "2026-01-01 2026-01-31",
    "2026-01-2026-03": "2026-01-01 2026-03-31",
    "january-march": "2026-01-01 2026-03-31",
    "5 января–7 января": "2026-01-05 2026-01-07",
}
REFUSED = {
    "2026-02-29": DateFault.NO_LEAP_DAY,
    "29 feb 2025": DateFault.NO_LEAP_DAY,
    "2026-02-30": DateFault.NO_SUCH_DAY,
    "31.04.2026": DateFault.NO_SUCH_DAY,
    "01.01.2026-32.01.2026": DateFault.NO_SUCH_DAY,
    "31.01.2026-01.01.2026": DateFault.SWAPPED,
    "2026-13-01": DateFault.NO_SUCH_MONTH,
    "13.13.2026": DateFault.NO_SUCH_MONTH,
    "tomorrow": DateFault.FUTURE,
    "завтра": DateFault.FUTURE,
    "2027-01-01": DateFault.FUTURE,
    "2026-11-01..2026-12-05": DateFault.FUTURE,
    "2026-12": DateFault.FUTURE,
    "2026-01-31..2026-01-01": DateFault.SWAPPED,
    "today..yesterday": DateFault.SWAPPED,
    "0d": DateFault.EMPTY,
    "0 дней": DateFault.EMPTY,
    "100y": DateFault.TOO_LONG,
    "100 лет": DateFault.TOO_LONG,
    "2010-01-01..2026-01-01": DateFault.TOO_LONG,
    "100 years ago": DateFault.TOO_EARLY,
    "1998-12-31": DateFault.TOO_EARLY,
    "0000-01-01": DateFault.TOO_EARLY,
    "1/2/2026": DateFault.TWO_DAYS,
    "01.02.26": DateFault.TWO_DAYS,
    "12": DateFault.UNKNOWN,
    "d": DateFault.UNKNOWN,
    "..": DateFault.UNKNOWN,
    "прошлая пятница": DateFault.UNKNOWN,
    "": DateFault.UNKNOWN,
}


@pytest.mark.parametrize("text", DAYS)
def test_days(text: str) -> None:
    """Each day of the table is the day it says."""
    assert parse_day(text, TODAY) == date.fromisoformat(DAYS[text])


@pytest.mark.parametrize("text", PERIODS)
def test_periods(text: str) -> None:
    """Each period of the table has the ends it says."""
    period = parse_period(text, TODAY)

    assert f"{period.start} {period.end}" == PERIODS[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_date_says_why(text: str) -> None:
    """Each wrong text is refused for its own reason, with all values of the message."""
    with pytest.raises(DateError) as caught:
        parse_period(text, TODAY)

    expected = REFUSED[text]
    is_unknown = expected is DateFault.UNKNOWN
    assert caught.value.fault == (DateFault.NO_PERIOD if is_unknown else expected)
    assert "{" not in caught.value.reply.format(**caught.value.values)


@pytest.mark.parametrize("text", ["30d", "2026-01", "2026-01-01..2026-01-31"])
def test_a_period_is_no_day(text: str) -> None:
    """Where one day is asked for, a period is refused."""
    with pytest.raises(DateError):
        parse_day(text, TODAY)


def test_a_year_is_no_number() -> None:
    """2025 is written as a year, without a mark of thousands."""
    with pytest.raises(DateError) as caught:
        parse_day("29.02.2025", TODAY)

    assert caught.value.values["year"] == "2025"


@given(text=st.text(max_size=80) | st.from_regex(r"[0-9]{1,5}[dwmyгдн ./-]{1,3}[0-9]{0,4}"))
def test_any_text_is_a_period_or_refused(text: str) -> None:
    """Whatever somebody writes, nothing else than a DateError comes out."""
    try:
        period = parse_period(text, TODAY)
    except DateError:
        return
    assert period.start <= period.end <= TODAY


@given(day=st.dates(date(1999, 1, 1), TODAY))
def test_days_are_read_back(day: date) -> None:
    """Every day since 1999 is read in both spellings."""
    assert parse_day(f"{day:%Y-%m-%d}", TODAY) == parse_day(f"{day:%d.%m.%Y}", TODAY) == day


def test_today_is_of_the_persons_zone() -> None:
    """At 22:00 UTC it is tomorrow in Almaty, which is five hours ahead since 2024."""
    now = datetime(2026, 11, 30, 19, 30, tzinfo=UTC)

    assert today_in(zone("Asia/Almaty"), now) == date(2026, 12, 1)
    assert today_in(zone("Europe/London"), now) == date(2026, 11, 30)
    assert now.astimezone(zone("Asia/Almaty")).utcoffset().total_seconds() == 5 * 3600  # type: ignore[union-attr]  # it is aware


def test_a_day_of_a_zone_can_have_23_hours() -> None:
    """The moments of a period are those of the person's midnights."""
    start, end = Period(date(2026, 3, 29), date(2026, 3, 29)).moments(zone("Europe/Berlin"))

    assert start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert end == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_zones_are_those_of_the_package() -> None:
    """Vancouver has kept -7 since November 2026: the pinned database knows, old systems do not."""
    winter = datetime(2026, 12, 15, tzinfo=zone("America/Vancouver"))

    assert version("tzdata") == "2026.6"
    assert winter.strftime("%z") == "-0700"


@pytest.mark.parametrize(
    "name", ["Mars/Base", "", "../etc/passwd", "Europe", "tzdata.zi", "a" * 500]
)
def test_unknown_zones_are_refused(name: str) -> None:
    """What is no zone, or a way out of the folder, is refused by name."""
    with pytest.raises(UnknownZone):
        zone(name)


def test_a_period_is_as_long_as_it_was_asked_for_where_its_ends_have_rates() -> None:
    """Today has none right after midnight, a first day may have none; else what there is counts."""
    week = Period(date(2026, 11, 24), date(2026, 12, 1))
    assert week.between(date(2026, 11, 24), date(2026, 11, 30)) == 7
    assert week.between(date(2026, 11, 25), date(2026, 12, 1)) == 7
    assert week.between(date(2026, 11, 26), date(2026, 12, 1)) == 5
    assert week.between(date(2026, 11, 24), date(2026, 11, 29)) == 5
