"""Times of day as people say them, in both languages: `9:30 pm`, «в 9 вечера», `half past ten`.

An hour without a word such as `pm` is one of 24; what fits no clock (`13 am`) is no time.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

LONGEST_TEXT = 256

HOURS, NOON, MINUTES = 24, 12, 60
QUARTER, HALF = 15, 30

_ENGLISH = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)
_RUSSIAN = (
    *("час часа один", "два двух", "три трех", "четыре четырех", "пять пяти", "шесть шести"),
    *("семь семи", "восемь восьми", "девять девяти", "десять десяти"),
    *("одиннадцать одиннадцати", "двенадцать двенадцати"),
)
_ORDINALS = (
    *("первого", "второго", "третьего", "четвертого", "пятого", "шестого", "седьмого"),
    *("восьмого", "девятого", "десятого", "одиннадцатого", "двенадцатого"),
)
_MINUTE_WORDS: Mapping[str, int] = {
    **dict.fromkeys(("five", "пять", "пяти"), 5),
    **dict.fromkeys(("ten", "десять", "десяти"), 10),
    **dict.fromkeys(("quarter", "a quarter", "четверть", "четверти"), QUARTER),
    **dict.fromkeys(("fifteen", "пятнадцать", "пятнадцати"), QUARTER),
    **dict.fromkeys(("twenty", "двадцать", "двадцати"), 20),
    **dict.fromkeys(("twenty five", "twenty-five", "двадцать пять", "двадцати пяти"), 25),
    **dict.fromkeys(("half", "thirty", "тридцать"), HALF),
    "сорок пять": 45,
}
_HOUR_WORDS: Mapping[str, int] = {
    **{word: number for number, word in enumerate(_ENGLISH, 1)},
    **{word: number for number, row in enumerate(_RUSSIAN, 1) for word in row.split()},
}
_HALVES: Mapping[str, int] = {word: number for number, word in enumerate(_ORDINALS)}
"""«Полдевятого» is half an hour before nine: the hour that has begun, and how many are over."""

_MOMENTS: Mapping[str, str] = {
    **dict.fromkeys(("noon", "midday", "полдень", "полудень"), "12:00"),
    **dict.fromkeys(("midnight", "полночь"), "00:00"),
}


def _any(words: Mapping[str, int]) -> str:
    """Return an expression for any of some words, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_PART = (
    r"(?P<am>a\.?\s?m\b\.?|am\b|in the morning|this morning|morning|утра|утром)"
    r"|(?P<pm>p\.?\s?m\b\.?)"
    r"|(?P<day>in the afternoon|afternoon|дня|днем)"
    r"|(?P<evening>in the evening|evening|вечера|вечером)"
    r"|(?P<night>at night|ночи|ночью)"
)
_PARTS = re.compile(rf"(?<![^\W\d])(?:{_PART})(?!\w)")
_ROUTINE = re.compile(
    r"(?<!\w)(?:every |each |кажд\w+ |по )"
    r"(?:(?P<am>mornings?|утро|утрам)|(?P<day>afternoons?)"
    r"|(?P<evening>evenings?|вечер|вечерам)|(?P<night>nights?|ночь|ночам))(?!\w)"
)
_HOUR = rf"(?P<h>[0-9]{{1,2}}|{_any(_HOUR_WORDS)})"
_MARK = r"\s?(?:o['’]?\s?clock|час(?:а|ов)?(?!\w)|ч(?!\w)\.?|hrs?(?!\w)|h(?!\w))"
_END = r"(?:(?![\w:%])|(?=[ap]\.?m(?!\w)))"
"""Where a time ends: at no other letter or digit, but for the `pm` of `9pm`."""

_SAID_MINUTES = r"[0-9]{1,2}|" + _any(_MINUTE_WORDS)
_FORMS = tuple(
    re.compile(rf"(?<![\w.,:/$€£¥₽])(?:{form}){_END}", re.IGNORECASE)
    for form in (
        rf"(?P<past>{_SAID_MINUTES})(?: minutes?)? (?:past|after) {_HOUR}(?:{_MARK})?",
        rf"(?P<to>{_SAID_MINUTES})(?: minutes?)? (?:to|before) {_HOUR}(?:{_MARK})?",
        rf"без (?P<to>{_SAID_MINUTES})(?: минут\w*)? {_HOUR}(?:{_MARK})?",
        rf"(?:пол|половин[аеу])\s?-?(?P<half>{_any(_HALVES)})",
        rf"четверть (?P<quarter>{_any(_HALVES)})",
        r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})",
        rf"{_HOUR}{_MARK}(?:\s?(?P<m>{_SAID_MINUTES})(?:\s?(?:minutes?|mins?|минут\w*|мин)\.?)?)?",
    )
)
_LOOSE = tuple(
    re.compile(rf"(?<![\w.,:/$€£¥₽])(?:{form}){_END}", re.IGNORECASE)
    for form in (
        r"(?P<h>[0-9]{1,2})[.\-–h ](?P<m>[0-9]{2})(?![.,][0-9])",
        r"(?P<h>[0-9]{2})(?P<m>[0-9]{2})(?![.,][0-9])",
        rf"{_HOUR}(?![.,][0-9])",
    )
)
"""What is a time only where nothing else can be meant: behind «каждый день», before `pm`."""


class SaidTime(NamedTuple):
    """A time of day as "HH:MM", and its place in the text."""

    at: str
    start: int
    end: int


def parse_time(text: str) -> str | None:
    """Return the time that a text is, as "HH:MM"; None when it is none, or is more than that."""
    said = find_time(text, daily=True)
    if said is None:
        return None
    rest = _normal(text)[: said.start] + _normal(text)[said.end :]
    return said.at if not rest.strip(" .,!") or rest.strip(" .,!") in _LEADS else None


_LEADS = frozenset({"at", "в", "около", "around"})


def find_time(text: str, *, daily: bool) -> SaidTime | None:
    """Return the time of day in a text, None where there is none, or none that a clock has.

    Args:
        text: what somebody wrote.
        daily: whether something happens every day: then a number without any mark is an hour.

    """
    text = _normal(text)
    if (moment := _moment(text)) is not None:
        return moment
    part = _PARTS.search(text)
    for form in _FORMS:
        if (found := form.search(text)) is not None:
            return _said(text, found, part)
    if not daily and (part is None or part.lastgroup == "day"):
        return None  # «2 дня» is a time where «каждый день» is said, else two days
    for form in _LOOSE:
        for found in form.finditer(text):
            if daily or (part is not None and _beside(text, found, part)):
                return _said(text, found, part)
    return None


def _normal(text: str) -> str:
    """Return a text in lower case, each letter at its place."""
    lower = text[:LONGEST_TEXT].lower().replace("ё", "е").replace("\u00a0", " ")
    return lower if len(lower) == len(text[:LONGEST_TEXT]) else ""


def _moment(text: str) -> SaidTime | None:
    """Find noon or midnight."""
    for word, at in _MOMENTS.items():
        if found := re.search(rf"(?<!\w){word}(?!\w)", text):
            return SaidTime(at, *found.span())
    return None


def _beside(text: str, hour: re.Match[str], part: re.Match[str]) -> bool:
    """Tell whether a part of the day stands right behind an hour: `9 pm`."""
    return not text[hour.end() : part.start()].strip() and part.start() >= hour.end()


def _said(text: str, found: re.Match[str], part: re.Match[str] | None) -> SaidTime | None:
    """Make a time of what was found, in its part of the day."""
    hour, minute = _hour_and_minute(found.groupdict())
    about = part or _ROUTINE.search(text)
    name = about.lastgroup if about is not None else None
    in_day = _in_part(hour, name)
    if in_day is None or not 0 <= minute < MINUTES:
        return None
    start, end = found.span()
    if part is not None:
        start, end = min(start, part.start()), max(end, part.end())
    total = (in_day * MINUTES + minute) % (HOURS * MINUTES)
    return SaidTime(f"{total // MINUTES:02}:{total % MINUTES:02}", start, end)


def _hour_and_minute(said: Mapping[str, str | None]) -> tuple[int, int]:
    """Return the hour and the minute of a form; an hour of «без пяти» is the one before."""
    if half := said.get("half"):
        return _HALVES[half] or NOON, HALF
    if quarter := said.get("quarter"):
        return _HALVES[quarter] or NOON, QUARTER
    hour = _number(said.get("h"), _HOUR_WORDS)
    if past := said.get("past"):
        return hour, _number(past, _MINUTE_WORDS)
    if to := said.get("to"):
        return (hour - 1) or NOON, MINUTES - _number(to, _MINUTE_WORDS)
    return hour, _number(said.get("m"), _MINUTE_WORDS)


def _number(word: str | None, words: Mapping[str, int]) -> int:
    if not word:
        return 0
    return int(word) if word.isdecimal() else words[word]


def _in_part(hour: int, part: str | None) -> int | None:  # noqa: PLR0911  # one line for each part
    """Return an hour of 24 for one of a part of the day; None when that has no such hour."""
    if not 0 <= hour < HOURS:
        return None
    if part is None or hour > NOON:
        return None if part == "am" and hour > NOON else hour
    match part:
        case "am":
            return hour % NOON
        case "pm":
            return hour % NOON + NOON if hour else None
        case "day":
            return hour if 8 <= hour <= NOON else hour + NOON  # noqa: PLR2004  # «11 дня»
        case "evening":
            return hour + NOON if 3 <= hour < NOON else None  # noqa: PLR2004  # «4 вечера»
        case _:  # at night
            if hour == NOON or hour <= 5:  # noqa: PLR2004  # «5 ночи»
                return hour % NOON
            return hour + NOON if hour >= 8 else None  # noqa: PLR2004  # `9 at night`
