"""What people type, made equal to what they mean: invisible characters, digits, numbers, choices.

Every text that is no secret goes through here before anything compares or reads it. A secret does
not: it is taken exactly as it was typed, or refused.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal, get_args

from .text import clean

ReadsAs = Literal["text", "whole", "number", "time"]
"""What a typed value is read as: any text, a whole number, a number, a date or time."""

# Zero-width space, non-joiner, joiner; word joiner and invisible operators; BOM; soft hyphen;
# Mongolian vowel separator. Source: https://www.unicode.org/reports/tr36/, section 2.
INVISIBLE = "\u200b-\u200d\u2060-\u2064\ufeff\u00ad\u180e"
"""Characters without width, for a class in a regular expression."""

# Within a text the joiners have a meaning, in Persian words and in emoji of several people.
_NEVER_MEANT = re.compile("[\u200b\u2060-\u2064\ufeff\u00ad\u180e]")
_ENDS = re.compile(rf"\A[\s{INVISIBLE}]+|[\s{INVISIBLE}]+\Z")

_KEYCAP = re.compile("([0-9#*])\ufe0f?\u20e3")
_TEN = "\N{KEYCAP TEN}"

_GAPS = r"\s'’_\u066c"
_SAME = str.maketrans(
    {
        **dict.fromkeys("\u2212\uff0d\ufe63\u2010\u2011\u2012\u2013", "-"),
        "\uff0b": "+",
        "\uff0e": ".",
        "\uff0c": ",",
        "\u066b": ".",
        "\uff1a": ":",
        "\uff0f": "/",
    }
)
"""Signs of numbers and times as other keyboards write them."""

_SIGN = re.compile(r"\A([+-])\s+(?=[0-9.,])")
_GROUPED = re.compile(rf"\A([+-]?[0-9]{{1,3}}(?:[{_GAPS}][0-9]{{3}})+)(?=[.,]|\Z)")
_GAP = re.compile(rf"[{_GAPS}]")
_TRAILING = re.compile(r"(?<=[0-9])[.,]\Z")
_COMMAS = re.compile(r"\A[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(\.[0-9]+)?\Z")
_DOTS = re.compile(r"\A[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(,[0-9]+)?\Z")
_COMMA = re.compile(r"\A[+-]?[0-9]*,[0-9]+\Z")

_AROUND_CHOICE = " \t\n.,;:!)(\"'«»“”„‹›"


def tidy(text: str) -> str:
    """Return a text without controls, marks of direction, invisible characters, and outer blanks.

    Letters, spaces and digits stay as they were typed; so do the joiners within words and emoji.
    """
    return _ENDS.sub("", _NEVER_MEANT.sub("", clean(text)))


def ascii_digits(text: str) -> str:
    """Return a text with all decimal digits of Unicode, keycaps too, as 0 to 9."""
    if text.isascii():
        return text
    text = _KEYCAP.sub(r"\1", text.replace(_TEN, "10"))
    return "".join(str(n) if (n := unicodedata.decimal(c, -1)) >= 0 else c for c in text)


def choice_key(text: str) -> str:
    """Return what two spellings of a choice have in common: no case, outer marks or odd digits."""
    return ascii_digits(tidy(text)).strip(_AROUND_CHOICE).casefold()


def reads_as(annotation: object) -> ReadsAs:
    """Return what a type is read as, also one that is `Annotated` or has alternatives.

    A type that may be a `str` is text, whatever else it may be: nothing in it is changed.
    """
    kinds = _kinds(annotation)
    if not kinds or kinds & {str, bool}:
        return "text"
    if kinds & {float, Decimal, Fraction}:
        return "number"
    if int in kinds:
        return "whole"
    return "time" if kinds & {date, datetime, time, timedelta} else "text"


def _kinds(annotation: object) -> frozenset[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        return frozenset({annotation})
    return frozenset().union(*map(_kinds, get_args(annotation)))


def normalise(text: str, kind: ReadsAs) -> str:
    """Return a tidy text; where a number or time is meant, also with ASCII digits and signs.

    A number loses the gaps between groups of three digits and a dot at its end, and its decimal
    comma is written as a point. `1,000` could be one or a thousand: it is a thousand where a whole
    number is wanted, and stays as it is, to be refused, where another may be.
    """
    text = tidy(text)
    match kind:
        case "text":
            return text
        case "time":
            return ascii_digits(text).translate(_SAME)
        case "whole" | "number":
            return _number(ascii_digits(text).translate(_SAME), whole=kind == "whole")


def _number(text: str, *, whole: bool) -> str:
    text = _TRAILING.sub("", _SIGN.sub(r"\1", text))
    text = _GROUPED.sub(lambda found: _GAP.sub("", found[1]), text)
    for pattern, group, point in ((_COMMAS, ",", "."), (_DOTS, ".", ",")):
        found = pattern.match(text)
        if found is None:
            continue
        is_doubtful = text.count(group) == 1 and not found[1]
        if whole or not is_doubtful:
            return text.replace(group, "").replace(point, ".")
        return text
    return text.replace(",", ".") if _COMMA.match(text) else text
