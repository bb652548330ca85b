"""Times of day in the words of both languages, and what is no time on any clock."""

from __future__ import annotations

import pytest

from plugins.rates.times.hours import find_time, parse_time

SAID = {
    "09:00": "9 | 09 | 9:00 | 9 утра | в 9 утра | 9am | 9 a.m. | nine in the morning | 0900 | 9h",
    "21:00": "21:00 | 9 pm | 9pm | at 9 P.M. | в 9 вечера | 9 часов вечера | девять вечера | 21h"
    " | 9 o'clock at night | at 9 in the evening | вечером в 9 | 21 час | 21.00",
    "21:30": "9:30 pm | 9.30pm | 9:30 вечера | 21:30 вечера | half past nine in the evening"
    " | половина десятого вечера | полдесятого вечера | 9 часов 30 минут вечера",
    "09:30": "9:30 | 9.30 | 9-30 | 9 30 | 0930 | 9h30 | half past nine | полдесятого",
    "08:45": "quarter to nine | без четверти девять | без пятнадцати 9 | 8:45 | 8:45 am",
    "09:15": "a quarter past nine | четверть десятого",
    "08:50": "ten to nine | без десяти девять | 10 minutes to 9",
    "12:00": "noon | midday | 12 pm | полдень | в полдень | 12 дня | 12 часов дня",
    "00:00": "midnight | 12 am | полночь | в полночь | 12 ночи | 00:00",
    "13:00": "1 pm | час дня | в час дня | 13:00 | 1 in the afternoon | 13:00 дня",
    "02:00": "2 ночи | 2 am | два часа ночи",
    "23:00": "11 ночи | 11 pm | 11 at night | 23:00",
    "00:15": "12:15 am | 0:15",
}
"""A time, and ways of saying it."""


@pytest.mark.parametrize(
    ("text", "at"), [(text.strip(), at) for at, row in SAID.items() for text in row.split("|")]
)
def test_a_time_is_read_as_it_is_said(text: str, at: str) -> None:
    """Afternoon is afternoon, in figures and words, with am and pm, in both languages."""
    assert parse_time(text) == at
    assert parse_time(text.upper()) == at


@pytest.mark.parametrize(
    "text",
    [
        *("25:00", "24:00", "9:75", "13 am", "0 pm", "12 вечера", "6 ночи", "9:5"),
        *("", "soon", "9 dogs", "9 pm or 10 pm", "-9", "1,5", "9%", "$9"),
    ],
)
def test_what_no_clock_shows_is_no_time(text: str) -> None:
    """In doubt it is asked for again, and never taken for another."""
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("text", "daily", "at"),
    [
        ("EUR/USD every morning at 8", True, "08:00"),
        ("EUR/USD по вечерам в 8", True, "20:00"),
        ("каждый вечер в 8 EUR/USD", True, "20:00"),
        ("EUR/USD в 9 вечера", False, "21:00"),
        ("EUR/USD above 1.20", False, None),
        ("USD/RUB above 95", False, None),
        ("moves 5% за 2 дня", False, None),
        ("every day 100 usd in rub at 9", True, "09:00"),
        ("USD/RUB every day", True, None),
    ],
)
def test_a_time_is_told_from_a_level(text: str, daily: bool, at: str | None) -> None:  # noqa: FBT001  # a table's column
    """A number alone is a time where something happens every day, and nowhere else."""
    found = find_time(text, daily=daily)

    assert (found.at if found else None) == at
