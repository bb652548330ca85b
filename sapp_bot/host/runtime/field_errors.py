"""Why a typed value is refused: what pydantic says, without anything that was typed."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import ErrorDetails

from sapp_bot.domain.text import Rich
from sapp_bot.values import dataclass

_LIMITS = frozenset(
    {
        *("gt", "ge", "lt", "le", "multiple_of", "max_length", "min_length", "field_type"),
        *("max_digits", "decimal_places", "whole_digits"),
    }
)
"""What of an error's context is the author's: all else may be the answer.

Source: https://docs.pydantic.dev/latest/errors/validation_errors/
"""


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why an answer is refused; never contains the answer.

    Attributes:
        field: Name of the field.
        kind: pydantic's error type.
        about: Values for the error's text: limits, of whatever type the field is, and `text` for a
            validator's own message, a message id or a translated `Rich`.

    """

    field: str
    kind: str
    about: Mapping[str, object]


def read_error(error: ErrorDetails, field: str) -> FieldError:
    """Return one of pydantic's errors as that of a field.

    Args:
        error: What is wrong.
        field: Name of the field.

    """
    context = error.get("ctx", {})
    about: dict[str, object] = {name: context[name] for name in _LIMITS & context.keys()}
    cause = context.get("error")
    if isinstance(cause, ValueError):
        own = cause.args[0] if cause.args else ""
        about["text"] = own if isinstance(own, Rich) else str(cause)
    return FieldError(field, error["type"], about)
