"""Texts for people about invalid answers and arguments, by pydantic's error type.

pydantic's own texts are written for programmers, and may repeat what was typed, secrets included.
"""

from __future__ import annotations

from sapp_bot.domain.text import Rich
from sapp_bot.host.authoring.forms import FieldError
from sapp_bot.i18n import Translator

# Source of the types: https://docs.pydantic.dev/latest/errors/validation_errors/
_TEXTS = {
    "bool_parsing": "Please answer yes or no.",
    "date_from_datetime_parsing": "Please send a date like 2026-01-31.",
    "date_parsing": "Please send a date like 2026-01-31.",
    "datetime_from_date_parsing": "Please send a date and time like 2026-01-31 12:00.",
    "datetime_parsing": "Please send a date and time like 2026-01-31 12:00.",
    "decimal_max_digits": "That number has too many digits.",
    "decimal_max_places": "That number has too many decimal places.",
    "decimal_parsing": "Please send a number, for example 12.5.",
    "enum": "Please choose one of the answers.",
    "extra_forbidden": "That is more than I asked for.",
    "finite_number": "Please send a number, for example 12.5.",
    "float_parsing": "Please send a number, for example 12.5.",
    "greater_than": "Please send a number above {gt}.",
    "greater_than_equal": "Please send {ge} or more.",
    "int_from_float": "Please send a whole number.",
    "int_parsing": "Please send a whole number.",
    "int_parsing_size": "That number is too large.",
    "less_than": "Please send a number below {lt}.",
    "less_than_equal": "Please send {le} or less.",
    "literal_error": "Please choose one of the answers.",
    "missing": "This needs an answer.",
    "string_pattern_mismatch": "That is not written in the way I can read.",
    "string_too_long": "That is too long: {max_length} characters at most.",
    "string_too_short": "That is too short: {min_length} characters at least.",
    "too_long": "That is too long: {max_length} characters at most.",
    "too_short": "That is too short: {min_length} characters at least.",
    "value_error": "I can't use that answer.",
}
OTHERWISE = "I can't use that answer."
"""For all other error types."""


def explain(field_error: FieldError, translator: Translator) -> Rich:
    """Return the translated text about an invalid answer.

    A validator that raises `ValueError("…")` gives its own text, a message id.
    """
    own = field_error.about.get("text")
    if isinstance(own, Rich):
        return own
    if isinstance(own, str):
        return translator.text(own)
    return translator.text(_TEXTS.get(field_error.kind, OTHERWISE), **field_error.about)
