"""Every call of the API as it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from sapp_bot.sapp import calls
from sapp_bot.sapp.errors import InvalidInput
from sapp_bot.sapp.wire import BODY_BYTES, LIST_BYTES, ApiCall, Request
from tests.sapp_bodies import KEY, PASSWORD, TOKEN, client

T = SecretStr(TOKEN)
P = SecretStr(PASSWORD)
HOUR = datetime(2026, 11, 22, 20, tzinfo=UTC)
BOTH = {"email": "ann@mail.test", "password": PASSWORD}
CLIENT = {"name": "Desk", "domains": "*"}
CHANGE = {
    "current_password": "old",
    "new_password": PASSWORD,
    "new_password_confirmation": PASSWORD,
}
HISTORY = (
    "currencies=EUR&currencies=RUB&start=2026-11-22T20%3A00%3A00Z&end=2026-11-22T21%3A00%3A00Z"
)

# Each: the call, its name, what is sent as path and query, what is sent as JSON, its kind.
CALLS: list[tuple[ApiCall[Any], str, str, object, str]] = [
    (calls.ping(), "GET /", "/", None, "free"),
    (calls.register("ann@mail.test", P), "POST /auth/register", "/auth/register", BOTH, "write"),
    (calls.log_in("ann@mail.test", P), "POST /auth/login", "/auth/login", BOTH, "write"),
    (calls.user(T), "GET /auth/user", "/auth/user", None, "free"),
    (calls.log_out(T), "GET /auth/logout", "/auth/logout", None, "free"),
    (calls.deactivate(T), "PUT /auth/deactivate", "/auth/deactivate", None, "write"),
    (
        calls.change_password(T, SecretStr("old"), P),
        "PATCH /auth/password",
        "/auth/password",
        CHANGE,
        "write",
    ),
    (
        calls.my_client(T),
        "GET /account/client/using-token",
        "/account/client/using-token",
        None,
        "free",
    ),
    (
        calls.create_client(T, "Desk", "*"),
        "POST /account/register",
        "/account/register",
        CLIENT,
        "write",
    ),
    (
        calls.client_by_key(client()),
        "GET /account/client/using-key",
        f"/account/client/using-key?apikey={KEY}",
        None,
        "metered",
    ),
    (calls.live(client()), "GET /service/live", f"/service/live?apikey={KEY}", None, "metered"),
    (
        calls.currencies(client()),
        "GET /service/currencies",
        f"/service/currencies?apikey={KEY}",
        None,
        "metered",
    ),
    (
        calls.convert(client(), Decimal("1.50"), "eur", " rub "),
        "GET /service/convert/{target}/{source}/{amount}",
        f"/service/convert/RUB/EUR/1.5?apikey={KEY}",
        None,
        "metered",
    ),
    (
        calls.prevailing(client(), "EUR", HOUR),
        "GET /service/prevailing",
        f"/service/prevailing?currency=EUR&timestamp=2026-11-22T20%3A00%3A00Z&apikey={KEY}",
        None,
        "metered",
    ),
    (
        calls.historical(client(), ["EUR", "RUB", "eur"], HOUR, HOUR + timedelta(hours=1)),
        "GET /service/historical",
        f"/service/historical?{HISTORY}&apikey={KEY}",
        None,
        "metered",
    ),
    (calls.users(T), "GET /users/", "/users/", None, "free"),
    (calls.user_by_id(T, 7), "GET /users/{id}", "/users/7", None, "free"),
    (
        calls.create_user(T, "ann@mail.test", P, "admin"),
        "POST /users/",
        "/users/",
        BOTH | {"role": "admin"},
        "write",
    ),
    (
        calls.update_user(T, 7, {"email": "b@mail.test", "role": None}),
        "PUT /users/{id}",
        "/users/7",
        {"email": "b@mail.test"},
        "write",
    ),
    (calls.delete_user(T, 7), "DELETE /users/{id}", "/users/7", None, "write"),
    (calls.clients(T), "GET /clients/", "/clients/", None, "free"),
    (calls.client_by_id(T, 7), "GET /clients/{id}", "/clients/7", None, "free"),
    (
        calls.create_client_for(T, 7, "Desk", "*", 10),
        "POST /clients/",
        "/clients/",
        CLIENT | {"user_id": 7, "reads_available": 10},
        "write",
    ),
    (
        calls.set_reads(T, 7, 500),
        "PUT /clients/{id}",
        "/clients/7",
        {"reads_available": 500},
        "write",
    ),
    (calls.delete_client(T, 7), "DELETE /clients/{id}", "/clients/7", None, "write"),
    (
        calls.add_reads(T, 7, -5),
        "PATCH /clients/",
        "/clients/",
        {"client": 7, "reads": -5},
        "write",
    ),
    (calls.usage(T), "GET /reports/users-clients", "/reports/users-clients", None, "free"),
]
LISTS = {"GET /users/", "GET /clients/", "GET /reports/users-clients"}
OPEN = {"GET /", "POST /auth/register", "POST /auth/login"}


@pytest.mark.parametrize(("call", "name", "target", "body", "kind"), CALLS)
def test_a_call_is_sent_as_documented(
    call: ApiCall[Any], name: str, target: str, body: object, kind: str
) -> None:
    """Method, path, query, JSON and the right to be repeated are those of the API."""
    request = call.request

    assert request.name == name
    assert request.target() == target
    assert (request.body() and json.loads(request.body() or b"")) == body
    assert request.kind == kind
    assert request.max_bytes == (LIST_BYTES if name in LISTS else BODY_BYTES)


@pytest.mark.parametrize("call", [row[0] for row in CALLS])
def test_a_call_carries_one_credential(call: ApiCall[Any]) -> None:
    """A call has a token or a key or neither, never both."""
    request = call.request
    has = ("Authorization" in request.headers(), "apikey=" in request.target())

    assert has == (
        request.kind != "metered" and request.name not in OPEN,
        request.kind == "metered",
    )


@pytest.mark.parametrize("call", [row[0] for row in CALLS])
def test_a_call_shows_no_secret(call: ApiCall[Any]) -> None:
    """Password, token and key are in no text made of a call."""
    shown = repr(call) + repr(call.request) + call.request.name + call.request.path

    assert not [secret for secret in (PASSWORD, TOKEN, KEY) if secret in shown]


@pytest.mark.parametrize(
    ("domains", "origin"),
    [
        ("*", ""),
        ("", ""),
        (" , ", ""),
        ("example.com", "example.com"),
        ("https://a.test, b.test", "https://a.test"),
        ("a.test b.test", "a.test"),
        ("\r\na.test;b.test", "a.test"),
        ("пример.рф", "пример.рф"),
        ("a.test\x00", ""),
        ("*, a.test", "*"),
    ],
)
def test_the_origin_is_the_first_domain(domains: str, origin: str) -> None:
    """The first entry is sent, none where any domain will do or it cannot stand in a header."""
    request = calls.live(client(domains=domains)).request

    assert request.headers().get("Origin", "") == origin
    assert origin in domains


@given(st.text())
def test_an_origin_is_fit_for_a_header(domains: str) -> None:
    """Whatever the domains hold, the origin is printable and a part of them."""
    found = calls.origin(domains)

    assert found in domains
    assert found.isprintable()


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_a_key_stays_one_value(key: str) -> None:
    """A key with `&`, `/` or `#` in it cannot become another address."""
    target = calls.live(client(key=key)).request.target()

    assert target.count("?") == (1 if key else 0)
    assert not set(target) & set("#\r\n ")


def test_no_value_leaves_its_segment() -> None:
    """A value with `/`, `?` or `#` in it cannot lead to another route."""
    request = Request("GET", "/rates/{code}", values={"code": "../users?all#now"})

    assert request.path == "/rates/..%2Fusers%3Fall%23now"


BAD: list[Callable[[], object]] = [
    *(lambda code=code: calls.prevailing(client(), code, HOUR) for code in ("", "EU", "EURO")),
    *(lambda code=code: calls.convert(client(), Decimal(1), code, "EUR") for code in ("../", "ﬀA")),
    *(
        lambda amount=amount: calls.convert(client(), Decimal(amount), "USD", "EUR")
        for amount in ("0", "-1", "NaN", "Infinity", "1e16", "0.000000001", "sNaN")
    ),
    lambda: calls.historical(client(), [], HOUR, HOUR),
    lambda: calls.historical(client(), ["EUR"], HOUR, HOUR - timedelta(seconds=1)),
    lambda: calls.prevailing(
        client(), "EUR", datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    ),
    lambda: calls.user_by_id(T, 0),
    lambda: calls.client_by_id(T, -1),
    lambda: calls.delete_client(T, 2**63),
    lambda: calls.add_reads(T, 7, 0),
    lambda: calls.add_reads(T, 7, -(2**53) - 1),
    *(lambda n=n: calls.set_reads(T, 7, n) for n in (-1, 0, 2**53 + 1)),
    *(lambda n=n: calls.create_client_for(T, 7, "Desk", "*", n) for n in (-1, 0, 2**53 + 1)),
    lambda: calls.update_client(T, 7, {"reads_available": 0}),
    lambda: calls.update_client(T, 7, {"api_key": SecretStr("")}),
    lambda: calls.update_client(T, 7, {"name": None}),
    lambda: calls.update_user(T, 7, {"active": False}),
]


@pytest.mark.parametrize("make", BAD)
def test_what_cannot_be_sent_is_refused(make: Callable[[], object]) -> None:
    """A value that the API would misread or drop in silence is an error before it is sent."""
    with pytest.raises(InvalidInput) as caught:
        make()

    assert caught.value.reply.endswith(".")
    assert not caught.value.retry


def test_amounts_have_no_exponent() -> None:
    """Amounts are written out, large and small."""
    large = calls.convert(client(), Decimal("1E+15"), "USD", "EUR").request.path
    small = calls.convert(client(), Decimal("1E-8"), "USD", "EUR").request.path

    assert large == "/service/convert/EUR/USD/1000000000000000"
    assert small == "/service/convert/EUR/USD/0.00000001"


def test_a_time_without_its_zone_is_our_mistake() -> None:
    """A naive time is no input of a person, so it is not answered as one."""
    with pytest.raises(ValueError, match="zone"):
        calls.prevailing(client(), "EUR", datetime(2026, 1, 1))  # noqa: DTZ001  # the mistake itself


def test_times_are_sent_in_utc() -> None:
    """A time with another offset is sent as the same moment in UTC."""
    at = datetime(2026, 11, 22, 23, tzinfo=timezone(timedelta(hours=3)))

    assert ("timestamp", "2026-11-22T20:00:00Z") in calls.prevailing(
        client(), "EUR", at
    ).request.query
