"""Texts for people about invalid answers and arguments, by pydantic's error type.

pydantic's own texts are written for programmers, and may repeat what was typed, secrets included.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from string import Formatter

from sapp_bot.domain.text import Rich
from sapp_bot.host.runtime.field_errors import FieldError
from sapp_bot.i18n import Translator

# Source of the types: https://docs.pydantic.dev/latest/errors/validation_errors/
_TEXTS = {
    "bool_parsing": "Please answer yes or no.",
    "bytes_too_long": "That is too long: {max_length} characters at most.",
    "bytes_too_short": "That is too short: {min_length} characters at least.",
    "date_from_datetime_inexact": "Please send a date like 2026-01-31.",
    "date_from_datetime_parsing": "Please send a date like 2026-01-31.",
    "date_future": "That has to be in the future.",
    "date_parsing": "Please send a date like 2026-01-31.",
    "date_past": "That has to be in the past.",
    "datetime_from_date_parsing": "Please send a date and time like 2026-01-31 12:00.",
    "datetime_future": "That has to be in the future.",
    "datetime_parsing": "Please send a date and time like 2026-01-31 12:00.",
    "datetime_past": "That has to be in the past.",
    "decimal_max_digits": "That number has too many digits.",
    "decimal_max_places": "That number has too many decimal places.",
    "decimal_parsing": "Please send a number, for example 12.5.",
    "decimal_whole_digits": "That number has too many digits.",
    "enum": "Please choose one of the answers.",
    "extra_forbidden": "That is more than I asked for.",
    "finite_number": "Please send a number, for example 12.5.",
    "float_parsing": "Please send a number, for example 12.5.",
    "fraction_parsing": "Please send a number or a fraction, for example 1/2.",
    "greater_than": "Please send a number above {gt}.",
    "greater_than_equal": "Please send {ge} or more.",
    "int_from_float": "Please send a whole number.",
    "int_parsing": "Please send a whole number.",
    "int_parsing_size": "That number is too large.",
    "less_than": "Please send a number below {lt}.",
    "less_than_equal": "Please send {le} or less.",
    "literal_error": "Please choose one of the answers.",
    "missing": "This needs an answer.",
    "multiple_of": "Please send a multiple of {multiple_of}.",
    "string_pattern_mismatch": "That is not written in the way I can read.",
    "string_too_long": "That is too long: {max_length} characters at most.",
    "string_too_short": "That is too short: {min_length} characters at least.",
    "time_delta_parsing": "Please send a length of time like 01:30:00.",
    "time_parsing": "Please send a time like 12:00.",
    "timezone_aware": "Please add the offset from UTC: 2026-01-31 12:00+02:00.",
    "timezone_naive": "Please leave out the offset from UTC: 2026-01-31 12:00.",
    "too_long": "That is too long: {max_length} characters at most.",
    "too_short": "That is too short: {min_length} characters at least.",
    "url_parsing": "Please send a link like https://example.com.",
    "url_scheme": "Please send a link like https://example.com.",
    "uuid_parsing": "That is not written in the way I can read.",
    "value_error": "I can't use that answer.",
}
_OF_MOMENTS = {
    "greater_than": "That has to be after {gt}.",
    "greater_than_equal": "Please send {ge} or later.",
    "less_than": "That has to be before {lt}.",
    "less_than_equal": "Please send {le} or earlier.",
}
"""For limits that are a date, a time or both."""
_OF_SPANS = {
    "greater_than": "That has to be longer than {gt}.",
    "greater_than_equal": "That has to be {ge} at least.",
    "less_than": "That has to be shorter than {lt}.",
    "less_than_equal": "That has to be {le} at most.",
}
"""For limits that are a length of time."""
OTHERWISE = "I can't use that answer."
"""For all other error types, and where a limit is not known."""

# How pydantic writes the limit of a timedelta: "1 hour and 30 minutes".
_SPAN = re.compile(r"(-?\d+) (day|hour|minute|second|microsecond)s?")


def explain(field_error: FieldError, translator: Translator) -> Rich:
    """Return the translated text about an invalid answer.

    A validator that raises `ValueError("…")` gives its own text, a message id.
    """
    own = field_error.about.get("text")
    if isinstance(own, Rich):
        return own
    if isinstance(own, str):
        return translator.text(own)
    limits = {name: _read_limit(value) for name, value in field_error.about.items()}
    usual = _TEXTS.get(field_error.kind, OTHERWISE)
    text = usual
    if any(isinstance(limit, _Span) for limit in limits.values()):
        text = _OF_SPANS.get(field_error.kind, usual)
    elif any(isinstance(limit, date | time) for limit in limits.values()):
        text = _OF_MOMENTS.get(field_error.kind, usual)
    if not _places(text) <= limits.keys():
        return translator.text(OTHERWISE)
    return translator.text(
        text, **{name: _show(value, translator) for name, value in limits.items()}
    )


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


class _Span(tuple[tuple[int, str], ...]):
    """A length of time as amounts of units, the largest first."""

    __slots__ = ()


def _read_limit(value: object) -> object:
    """Return a limit as what it is: pydantic writes dates, times and lengths of time as texts."""
    if not isinstance(value, str):
        return value
    for read in (date.fromisoformat, datetime.fromisoformat, time.fromisoformat):
        try:
            return read(value)
        except ValueError:
            continue
    return _Span((int(n), unit) for n, unit in _SPAN.findall(value)) or value


def _show(limit: object, translator: Translator) -> object:
    """Return a limit as people write it; a moment as it is to be typed."""
    match limit:
        case _Span():
            return " ".join(translator.amount(n, unit) for n, unit in limit)
        case datetime():
            return f"{limit:%Y-%m-%d %H:%M} {limit.tzname() or ''}".rstrip()
        case time():
            return f"{limit:%H:%M:%S}".removesuffix(":00")
        case float() | Fraction() if limit == limit // 1:
            return int(limit)
    # A date is written as it is to be typed, too.
    return Decimal(repr(limit)) if isinstance(limit, float) else limit
