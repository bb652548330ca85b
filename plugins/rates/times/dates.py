"""Days and periods as people write them, in both languages; in doubt they are refused.

`05.01.2026` is always the fifth of January and `1/2/2026` is refused: a wrong date is worse than a
question.
"""

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from sapp_bot import NextStep
from sapp_bot.services import UserError

LONGEST_TEXT = 64
LONGEST_YEARS = 10
"""Of one period."""
EARLIEST = date(1999, 1, 1)
"""No rate of the euro is older, and no source that the API may have goes back further."""


class DateFault(StrEnum):
    """The message ids, in English; their places are filled from the error's values."""

    UNKNOWN = "“{text}” is no date that I can read. Please write 2026-01-05, yesterday or 30d."
    NO_PERIOD = (
        "“{text}” is no period that I can read. "
        "Please write 30d, 1y, from january or 2026-01-01..2026-01-31."
    )
    TWO_DAYS = "“{text}” can be two different days. Please write it as 2026-01-05."
    NO_SUCH_DAY = "There is no {text}: that month has {days} days."
    NO_LEAP_DAY = "There is no {text}: {year} is no leap year."
    NO_SUCH_MONTH = "There is no {text}: a year has 12 months."
    FUTURE = "{day} is still to come."
    SWAPPED = "{start} is after {end}. Please write the earlier day first."
    EMPTY = "“{text}” has no length. Please write at least 1d."
    TOO_LONG = "A period can be {most} years long at most."
    TOO_EARLY = "There are no rates before {day}."


class DateError(UserError):
    """A text is no day or period that can be asked for; `fault` tells why."""

    next_steps = (NextStep("rates", "‹ Rates"), NextStep("start", "‹ Home"))

    def __init__(self, fault: DateFault, **values: object) -> None:
        super().__init__(str(fault), **values)
        self.fault = fault


class Period(NamedTuple):
    """Days from `start` to `end`, both included."""

    start: date
    end: date

    def moments(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return where the period begins and where it is over, in UTC, for a person of a zone."""
        first = datetime.combine(self.start, time(), zone)
        after = datetime.combine(self.end + timedelta(days=1), time(), zone)
        return first.astimezone(UTC), after.astimezone(UTC)

    def begins_near(self, day: date) -> bool:
        """Return whether a first day is as good as the period's: some have no rates."""
        return day <= self.start + timedelta(days=1)

    def ends_near(self, day: date) -> bool:
        """Return whether a last day is as good as the period's: today may have no rate yet."""
        return day >= self.end - timedelta(days=1)

    def between(self, first: date, last: date) -> int:
        """Return the days between two of its days: the period's own number if they are its ends."""
        is_whole = self.begins_near(first) and self.ends_near(last)
        return (self.end - self.start if is_whole else last - first).days


def today_in(zone: tzinfo, now: datetime) -> date:
    """Return the day it is for a person of a zone; `now` is aware."""
    return now.astimezone(zone).date()


_TODAY = frozenset({"today", "now", "сегодня", "сейчас"})
_DAYS_AGO: Mapping[str, int] = {
    **dict.fromkeys(_TODAY, 0),
    **dict.fromkeys(("yesterday", "вчера"), 1),
    **dict.fromkeys(("day before yesterday", "the day before yesterday", "позавчера"), 2),
    **dict.fromkeys(("tomorrow", "завтра"), -1),
}
_MONTHS = (
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    ["янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"],
)
_MONTH_NAMES = """
    january february march april may june july august september sept october november december
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    январь февраль март апрель июнь июль август сентябрь октябрь ноябрь декабрь
"""
_FULL_MONTHS = frozenset(_MONTH_NAMES.split())
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(["d", "day", "days", "д", "дн", "день", "дня", "дней"], "days"),
    **dict.fromkeys(
        ["w", "wk", "week", "weeks", "нед", "неделя", "неделю", "недели", "недель"], "weeks"
    ),
    **dict.fromkeys(
        ["m", "mo", "month", "months", "м", "мес", "месяц", "месяца", "месяцев"], "months"
    ),
    **dict.fromkeys(["y", "yr", "year", "years", "г", "год", "года", "лет"], "years"),
}
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"\d{1,4}[/\\]\d{1,2}[/\\]\d{1,4}|\d{1,2}[.-]\d{1,2}[.-]\d{2}")
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?\s+([^\W\d_]{3,9})\.?(?:,?\s+(\d{4}))?(?:\s*г\.?)?"
)
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?")
_LENGTH = re.compile(r"(?:last\s+|за\s+|последн\w+\s+)?(?:(\d{1,5})\s*|an?\s+)?([^\W\d_]{1,7})\.?")
_ON = re.compile(r"(?:on|at|as of|of|from|for|на|за|от)\s+(?:the\s+)?")
"""What may stand before a day: `100 eur on 2026-01-05`, «курс за 5 января»."""

_DASH = re.compile(r"[-–—/]")
_AGO = re.compile(r"(.+?)\s+(?:ago|назад)")
_RANGE = re.compile(
    r"(?:from\s+|с\s+|со\s+)?(.+?)(?:\s*\.\.\.?\s*|\s*…\s*|\s+[-–—]\s+|\s+(?:to|по|until)\s+)(.*)"
)
_SINCE = re.compile(r"(?:from|since|с|со|начиная с)\s+(.+)")
_PERIOD_WORDS = frozenset(
    {
        "from",
        "since",
        "last",
        "past",
        "on",
        "at",
        "a",
        "an",
        "the",
        "с",
        "со",
        "за",
        "начиная",
        "последний",
        "последние",
    }
    | {word for word in _UNITS if len(word) > 2}  # noqa: PLR2004  # `d` alone is no length
    | {word for word in _DAYS_AGO if " " not in word}
    | _FULL_MONTHS
)


def begins_period(word: str) -> bool:
    """Tell whether a word is the first of a period, or is one: `30d`, `from`, «вчера»."""
    return any(letter.isdigit() for letter in word) or _normal(word) in _PERIOD_WORDS


def parse_day(text: str, today: date) -> date:
    """Return the day of a text: `yesterday`, `2026-01-05`, «3 дня назад».

    Args:
        text: what somebody wrote.
        today: the day it is for that person (`today_in`).

    Raises:
        DateError: it is no day, or one without rates: to come, or long ago.

    """
    words = _normal(text)
    on = _ON.match(words)
    found = _day(words[on.end() :] if on else words, today)
    if isinstance(found, Period):
        raise DateError(DateFault.UNKNOWN, text=words)
    return _known(found, today)


def parse_period(text: str, today: date) -> Period:
    """Return the days of a text: `30d`, `2026-01-01..2026-01-31`, `from january`, a single day.

    Args:
        text: what somebody wrote.
        today: the day it is for that person; what is open ends on it.

    Raises:
        DateError: it is no period, is swapped, empty, too long, to come, or long ago.

    """
    words = _normal(text)
    try:
        found = _period(words, today)
    except DateError as error:
        if error.fault is DateFault.UNKNOWN:
            raise DateError(DateFault.NO_PERIOD, text=words) from None
        raise
    period = found if isinstance(found, Period) else Period(found, found)
    _known(period.end, today)
    # Whoever asks for a hundred years hears how long a period can be, not where rates begin.
    if period.start < _months_before(period.end, 12 * LONGEST_YEARS):
        raise DateError(DateFault.TOO_LONG, most=LONGEST_YEARS)
    _known(period.start, today)
    return period


def _period(words: str, today: date) -> date | Period:
    """Read a range, a day to begin with, a length, or a day."""
    ends = _RANGE.fullmatch(words)
    if ends is None:
        since = _SINCE.fullmatch(words)
        if since is not None:
            return Period(_first(_end_of(since[1], today)), today)
        return _length(words, today) or _dashed(words, today) or _end_of(words, today)
    return _between(ends[1], ends[2] or "today", today)


def _dashed(words: str, today: date) -> Period | None:
    """Read `01.01.2026-31.01.2026`: a sign without spaces, with a day on each of its sides."""
    for sign in _DASH.finditer(words):
        before, after = words[: sign.start()], words[sign.end() :]
        if not (_is_day(before) and _is_day(after)):
            continue
        return _between(before, after, today)
    return None


def _is_day(words: str) -> bool:
    """Tell whether a text has the form of a whole day, of a month of a year, or of a month."""
    forms = (_ISO, _DOTTED, _DAY_FIRST, _MONTH_FIRST)
    return words in _FULL_MONTHS or any(form.fullmatch(words) for form in forms)


def _between(start: str, end: str, today: date) -> Period:
    """Return the days from one text to another."""
    first, last = _first(_end_of(start, today)), _last(_end_of(end, today))
    if first > last:
        raise DateError(DateFault.SWAPPED, start=first, end=last)
    return Period(first, last)


def _normal(text: str) -> str:
    return " ".join(text[:LONGEST_TEXT].lower().replace("ё", "е").split())


def _known(day: date, today: date) -> date:
    if day > today:
        raise DateError(DateFault.FUTURE, day=day)
    if day < EARLIEST:
        raise DateError(DateFault.TOO_EARLY, day=EARLIEST)
    return day


def _end_of(words: str, today: date) -> date | Period:
    """Read a day, or a month: one without a year is the last there was."""
    words = words.strip()
    if words in _FULL_MONTHS and (named := _named_month(words)):
        return _month(today.year - (named > today.month), named, today)
    return _day(words, today)


def _first(found: date | Period) -> date:
    return found.start if isinstance(found, Period) else found


def _last(found: date | Period) -> date:
    return found.end if isinstance(found, Period) else found


def _day(words: str, today: date) -> date | Period:
    """Read a day, or a month such as `2026-01`."""
    if words in _DAYS_AGO:
        return today - timedelta(days=_DAYS_AGO[words])
    if ago := _AGO.fullmatch(words):
        return _ago(ago[1], words, today)
    if iso := _ISO.fullmatch(words):
        year, month = int(iso[1]), int(iso[2])
        return _date(year, month, int(iso[3]), words) if iso[3] else _month(year, month, today)
    if dotted := _DOTTED.fullmatch(words):
        return _date(int(dotted[3]), int(dotted[2]), int(dotted[1]), words)
    if _SLASHED.fullmatch(words):
        raise DateError(DateFault.TWO_DAYS, text=words)
    if (day_first := _DAY_FIRST.fullmatch(words)) and (named := _named_month(day_first[2])):
        return _named(day_first[3], named, int(day_first[1]), words, today)
    if (month_first := _MONTH_FIRST.fullmatch(words)) and (named := _named_month(month_first[1])):
        return _named(month_first[3], named, int(month_first[2]), words, today)
    raise DateError(DateFault.UNKNOWN, text=words)


def _named_month(word: str) -> int | None:
    for names in _MONTHS:
        if word in names or (word in _FULL_MONTHS and word[:3] in names):
            return names.index(word[:3]) + 1
    return _MONTHS[1].index("мая") + 1 if word == "май" else None


def _named(year: str | None, month: int, day: int, words: str, today: date) -> date:
    """Take a day without a year for the last one there was."""
    if year is not None:
        return _date(int(year), month, day, words)
    if (month, day) == (2, 29):
        leap = next(y for y in range(today.year, 0, -1) if calendar.isleap(y))
        found = date(leap, 2, 29)
        return found if found <= today else date(leap - 4, 2, 29)
    found = _date(today.year, month, day, words)
    return found if found <= today else found.replace(year=today.year - 1)


def _date(year: int, month: int, day: int, words: str) -> date:
    if not 1 <= month <= 12:  # noqa: PLR2004  # months
        raise DateError(DateFault.NO_SUCH_MONTH, text=words)
    year = max(year, 1)
    days = calendar.monthrange(year, month)[1]
    if (month, day) == (2, 29) and day > days:
        raise DateError(DateFault.NO_LEAP_DAY, text=words, year=str(year))
    if not 1 <= day <= days:
        raise DateError(DateFault.NO_SUCH_DAY, text=words, days=days)
    return date(year, month, day)


def _month(year: int, month: int, today: date) -> Period:
    first = _date(year, month, 1, f"{year:04}-{month:02}")
    last = first.replace(day=calendar.monthrange(first.year, month)[1])
    return Period(first, min(last, today) if first <= today else last)


def _ago(words: str, whole: str, today: date) -> date:
    found = _length(words, today)
    if found is None:
        raise DateError(DateFault.UNKNOWN, text=whole)
    return found.start


def _length(words: str, today: date) -> Period | None:
    """Read `30d`, `6 months`, «неделя» as so much time up to today; None when it is none."""
    match = _LENGTH.fullmatch(words)
    unit = _UNITS.get(match[2]) if match else None
    if match is None or unit is None or (match[1] is None and len(match[2]) <= 2):  # noqa: PLR2004  # `d` alone is no length
        return None
    count = int(match[1] or 1)
    if count == 0:
        raise DateError(DateFault.EMPTY, text=words)
    if unit in {"months", "years"}:
        return Period(_months_before(today, count * (12 if unit == "years" else 1)), today)
    days = count * (7 if unit == "weeks" else 1)
    return Period(max(today - timedelta(days=min(days, today.toordinal() - 1)), date.min), today)


def _months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or that month's last; year 1 at the earliest."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1:
        return date.min
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
