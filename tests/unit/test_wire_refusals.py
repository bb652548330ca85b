"""What the API's refusals and its odd answers mean: whose fault it is, and what is no number."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from sapp_bot.errors import SappBotError
from sapp_bot.sapp import calls, errors
from sapp_bot.sapp.wire import Answer, ApiCall
from tests.sapp_bodies import LIVE, PASSWORD, RATE, TOKEN, USER, answer, client, error

T = SecretStr(TOKEN)
P = SecretStr(PASSWORD)
AT = datetime(2026, 11, 22, 20, tzinfo=UTC)

REGISTER = calls.register("ann@mail.test", P)
PASSWORDS = calls.change_password(T, P, P)
CREATE = calls.create_client(T, "Desk", "*")
LIVE_RATES = calls.live(client())
CONVERT = calls.convert(client(), Decimal(1), "USD", "EUR")
PREVAILING = calls.prevailing(client(), "EUR", AT)
HISTORY = calls.historical(client(), ["EUR"], AT, AT)
USERS = calls.users(T)
SET_READS = calls.set_reads(T, 7, 5)


def failure(call: ApiCall[Any], given: Answer) -> SappBotError:
    """Read an answer that is none."""
    with pytest.raises(SappBotError) as caught:
        call.read(given)
    return caught.value


PLAIN = "text/plain; charset=utf-8"
NOT_BOUND = [
    (HISTORY, 'parsing time "x" as "2006"', errors.InvalidInput),
    (PASSWORDS, "Key: 'X' Error:Field validation for 'X' failed", errors.InvalidInput),
    (
        SET_READS,
        "json: cannot unmarshal number 9e99 into Go struct field Client.reads of type int",
        errors.InvalidInput,
    ),
    (CREATE, "EOF", errors.BadAnswer),
    (CREATE, "invalid character '<' looking for beginning of value", errors.BadAnswer),
    (
        REGISTER,
        "json: cannot unmarshal string into Go value of type models.User",
        errors.BadAnswer,
    ),
    (PREVAILING, "mongo: no documents in result", errors.BadAnswer),
]


@pytest.mark.parametrize(("call", "text", "kind"), NOT_BOUND)
def test_a_400_of_plain_text_is_our_request(
    call: ApiCall[Any], text: str, kind: type[SappBotError]
) -> None:
    """What could not be bound is a person's value, or else a mistake of ours: never an outage."""
    found = failure(call, answer(json.dumps({"error": text}), 400, PLAIN))

    assert type(found) is kind
    assert text not in str(found) + found.reply


@pytest.mark.parametrize("call", [LIVE_RATES, CONVERT, calls.currencies(client())])
@pytest.mark.parametrize(
    "text",
    [
        "invalid character '<' looking for beginning of value",
        "json: cannot unmarshal string into Go struct field BeaconResponse.response of type int",
        'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
        'Get "http://rates.test/latest/?base=USD&api_key=canary": dial tcp: no such host',
        "unexpected end of JSON input",
        "EOF",
    ],
)
def test_a_broken_source_of_rates_is_nobodys_fault(call: ApiCall[Any], text: str) -> None:
    """The same words as JSON are about the API's own source, and hold its key: it failed."""
    found = failure(call, error(text))

    assert type(found) is errors.UpstreamFailed
    assert "source of rates" in found.reply
    assert "canary" not in str(found) + repr(found.__dict__)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (LIVE_RATES, LIVE[: LIVE.index('{\n            "BTC"')] + "null}}"),
        (LIVE_RATES, '{"response": {"date": "2026-11-22T20:00:00Z", "rates": {}}}'),
        (calls.currencies(client()), "null"),
        (calls.currencies(client()), "[]"),
    ],
)
def test_an_api_without_rates_has_failed(call: ApiCall[Any], body: str) -> None:
    """An answer of its source without rates is kept for an hour: no currency is to blame."""
    found = failure(call, answer(body))

    assert type(found) is errors.UpstreamFailed
    assert found.__cause__ is None


def test_a_number_that_was_taken_is_a_failure_that_did_nothing() -> None:
    """A row whose number somebody took by hand was not stored, and the person is not to blame."""
    found = failure(
        REGISTER,
        error('ERROR: duplicate key value violates "users_pkey" (SQLSTATE 23505)'),
    )

    assert type(found) is errors.UpstreamFailed
    assert not found.uncertain


def test_numbers_are_what_was_written() -> None:
    """Go writes exponents, up to 17 digits and -0: each is read from its text."""
    for text in ("1e-7", "0.000001", "1e+21", "0.30000000000000004", "89500"):
        found = LIVE_RATES.read(answer(LIVE.replace("0.8626", text)))
        assert found.rates["EUR"] == Decimal(text)

    assert isinstance(failure(CONVERT, answer("-0")), errors.UnknownCurrency)
    assert CONVERT.read(answer("1e+21")) == Decimal("1E+21")


def test_a_conversion_without_a_number_is_a_bad_answer() -> None:
    """What JSON cannot say is an empty body."""
    assert type(failure(CONVERT, answer(""))) is errors.BadAnswer


def test_history_is_sorted_and_each_rate_there_once() -> None:
    """The order of storing and rows that are there twice are the API's affair."""
    early = RATE.replace("2026-11-22T20", "2026-11-22T19")
    again = RATE.replace("65a1b2c3d4e5f60718293a4b", "65a1b2c3d4e5f60718293a4c")
    other = RATE.replace("0.8626", "0.8627")
    found = HISTORY.read(answer(f"[{RATE}, {early}, {again}, {other}]"))

    assert [(rate.timestamp.hour, rate.value) for rate in found] == [
        (19, Decimal("0.8626")),
        (20, Decimal("0.8626")),
        (20, Decimal("0.8627")),
    ]


def test_lists_are_sorted_by_number() -> None:
    """The API gives its lists in no order."""
    other = USER.replace('"ID": 7', '"ID": 3')

    assert [user.id for user in USERS.read(answer(f"[{USER}, {other}]"))] == [3, 7]
