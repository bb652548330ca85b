"""Limits of answers and arguments: people read them in words, whatever the type."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, get_args

import pytest
from pydantic import AfterValidator, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_core import core_schema

from sapp_bot.host.routing.validation_texts import explain
from sapp_bot.host.runtime.field_errors import FieldError, read_error
from sapp_bot.i18n import LANGUAGES, core_languages
from sapp_bot.testing import Stage

PLUGINS = Path("docs/examples")


class Level(IntEnum):
    """A choice whose values are numbers."""

    LOW = 5


NUMBERS = (int, float, Decimal, Fraction, Level, int | None, Decimal | None, float | Decimal)
MOMENTS: dict[Any, Any] = {
    date: ("2026-01-05", date(2026, 1, 5), date(2026, 1, 7)),
    datetime: ("2026-01-05 10:00", datetime(2026, 1, 5, 10), datetime(2026, 1, 7, 10)),  # noqa: DTZ001  # a limit without a zone is meant
    time: ("10:00", time(10), time(12, 30)),
    timedelta: ("01:00:00", timedelta(hours=1), timedelta(hours=1, minutes=30)),
}
MOMENTS |= {kind | None: limits for kind, limits in MOMENTS.items()}

BOUNDS = (
    *((kind, "5", rule, 5 if rule in {"gt", "lt"} else 5 + step)
      for kind in NUMBERS for rule, step in (("gt", 0), ("ge", 2), ("lt", 0), ("le", -2))),
    *((kind, "5", "multiple_of", 3) for kind in NUMBERS),
    *((kind, text, rule, same if rule in {"gt", "lt"} else later)
      for kind, (text, same, later) in MOMENTS.items() for rule in ("gt", "ge", "lt")),
    *((timedelta, "01:00:00", rule, timedelta(minutes=55)) for rule in ("le", "multiple_of")),
    *((kind, "abcd", rule, limit)
      for kind in (str, bytes, SecretStr, str | None) for rule, limit in
      (("max_length", 3), ("min_length", 5))),
    *((str, "abcd", "pattern", "x"), (Decimal, "1.234", "decimal_places", 2)),
    *((Decimal, "12345", "max_digits", 2), (float, "inf", "allow_inf_nan", False)),
)  # fmt: skip
"""Each constraint of pydantic for each type that takes it: what is typed, rule, limit."""


def told(kind: Any, typed: str, language: str, **rules: Any) -> str:
    """Return what a person reads who types what the rules refuse."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Annotated[kind, Field(**rules)]).validate_strings(typed)
    error = read_error(refused.value.errors()[0], "amount")
    return explain(error, core_languages().translator(language)).plain


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "typed", "rule", "limit"), BOUNDS)
def test_each_limit_is_said_for_each_type(
    kind: Any, typed: str, rule: str, limit: object, language: str
) -> None:
    """No place stays unfilled, and no limit is answered by a general excuse."""
    text = told(kind, typed, language, **{rule: limit})
    otherwise = explain(FieldError("", "?", {}), core_languages().translator(language)).plain
    assert "{" not in text
    assert text != otherwise
    assert ".0" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(core_schema.ErrorType))
def test_no_error_of_pydantic_shows_a_place(kind: str, language: str) -> None:
    """Whatever pydantic refuses, also without the limit, people read a whole sentence."""
    text = explain(FieldError("amount", kind, {}), core_languages().translator(language)).plain
    assert "{" not in text
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("kind", "typed", "rules", "english", "russian"),
    [
        (Decimal, "-5", {"gt": 0}, "Please send a number above 0.", "Пришлите число больше 0."),
        (float, "-5", {"gt": 0}, "Please send a number above 0.", "Пришлите число больше 0."),
        (float, "0", {"ge": 0.5}, "Please send 0.5 or more.", "Пришлите 0,5 или больше."),
        (Fraction, "1", {"lt": Fraction(1, 2)}, "Please send a number below 1/2.",
         "Пришлите число меньше 1/2."),
        (Decimal, "2000000", {"le": 1_000_000}, "Please send 1,000,000 or less.",
         "Пришлите 1 000 000 или меньше."),
        (int, "7", {"multiple_of": 5}, "Please send a multiple of 5.",
         "Нужно значение, которое делится на 5 без остатка."),
        (date, "2025-01-01", {"ge": date(2026, 1, 1)}, "Please send 2026-01-01 or later.",
         "Пришлите 2026-01-01 или позже."),
        (datetime, "2026-01-01 10:00Z", {"lt": datetime(2026, 1, 1, 9, tzinfo=UTC)},
         "That has to be before 2026-01-01 09:00 UTC.", "Нужно раньше, чем 2026-01-01 09:00 UTC."),
        (time, "13:00", {"le": time(12, 30)}, "Please send 12:30 or earlier.",
         "Пришлите 12:30 или раньше."),
        (timedelta, "00:01:00", {"ge": timedelta(minutes=90)},
         "That has to be 1 hour 30 minutes at least.", "Нужно не меньше, чем 1 час 30 минут."),
    ],
)  # fmt: skip
def test_limits_read_well(
    kind: Any, typed: str, rules: dict[str, Any], english: str, russian: str
) -> None:
    """Numbers have the digits of the language; moments are written as they are to be typed."""
    assert told(kind, typed, "en", **rules) == english
    assert told(kind, typed, "ru", **rules).replace("\xa0", " ") == russian


def refuse(_: int) -> int:
    """Refuse every number."""
    raise ValueError("Not today.")


def test_a_validator_of_an_argument_speaks_as_one_of_a_form() -> None:
    """What its `ValueError` says is shown, and nothing of what was typed."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Annotated[int, AfterValidator(refuse)]).validate_strings("7")
    error = read_error(refused.value.errors()[0], "amount")
    assert explain(error, core_languages().translator("en")).plain == "Not today."
    assert "7" not in str(error)


async def test_the_example_of_the_docs_says_its_limits() -> None:
    """docs/examples/tip.py: an argument below its bound is refused with the bound."""
    async with Stage(PLUGINS, only=["tip"]) as stage:
        ann = stage.person("Ann")
        await ann.says("/tip -5")
        assert ann.sees("above 0")
        assert not ann.sees("{")
