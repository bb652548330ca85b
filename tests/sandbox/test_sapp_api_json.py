"""JSON as Go writes and reads it."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapp_bot.sandbox.sapp_api.gojson import bind, encode, go_time
from sapp_bot.sandbox.sapp_api.refusals import ApiError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        (None, "null"),
        (True, "true"),
        ("<&>\u2028é\x7f", '"\\u003c\\u0026\\u003e\\u2028é\x7f"'),
        (1.0, "1"),
        (0.1, "0.1"),
        (-0.5, "-0.5"),
        (1e16, "10000000000000000"),
        (1.5e20, "150000000000000000000"),
        (123456789012345678901.0, "123456789012345680000"),
        (-0.0, "-0"),
        (1e21, "1e+21"),
        (1.25e-5, "0.0000125"),
        (1e-6, "0.000001"),
        (9.8e-7, "9.8e-7"),
        (1e-10, "1e-10"),
        ({"a": [1, {}]}, '{\n    "a": [\n        1,\n        {}\n    ]\n}'),
    ],
)
def test_values_look_as_go_writes_them(value: object, text: str) -> None:
    """Four spaces, escaped angle brackets, plain digits from 1e-6 up to 1e21."""
    assert encode(value).decode() == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_survive(value: float) -> None:
    """However a number is written, it reads back the same."""
    assert float(json.loads(encode(value))) == value


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_json_for_no_number(value: float) -> None:
    """NaN and infinities cannot be written."""
    with pytest.raises(ValueError, match="unsupported value"):
        encode(value)


@pytest.mark.parametrize(("micros", "text"), [(0, "05Z"), (120000, "05.12Z"), (1, "05.000001Z")])
def test_times_have_as_many_decimals_as_needed(micros: int, text: str) -> None:
    """RFC 3339 in UTC, decimals cut at the last that counts."""
    moment = datetime(2026, 1, 2, 3, 4, 5, micros, tzinfo=UTC)

    assert go_time(moment) == f"2026-01-02T03:04:{text}"


def test_names_match_in_any_case() -> None:
    """Fields are found whatever their case, null leaves them alone, others are ignored."""
    found = bind("T", b'{"EMAIL": "a", "name": null, "more": 1} tail', {"email": str, "name": str})

    assert (found.text("email"), found.text("name"), dict(found.fields)) == (
        "a",
        "",
        {"email": "a"},
    )


@given(st.binary(max_size=40))
def test_any_body_is_bound_or_refused(body: bytes) -> None:
    """No bytes at all bring the decoder down."""
    with suppress(ApiError):
        bind("T", body, {"a": str, "b": int})


def test_deep_nesting_is_refused() -> None:
    """A body of brackets only is an error, not the end of the server."""
    with pytest.raises(ApiError):
        bind("T", b"[" * 200_000, {})
