"""What the answers of the API mean."""

from __future__ import annotations

import json
import traceback
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from sapp_bot.errors import SappBotError, SessionExpired
from sapp_bot.sapp import calls, errors
from sapp_bot.sapp.wire import Answer, ApiCall
from tests.sapp_bodies import (
    CLIENT,
    ENDS,
    JSON,
    KEY,
    LIVE,
    PASSWORD,
    RATE,
    SIGNED_IN,
    TOKEN,
    USAGE,
    USER,
    answer,
    client,
    error,
    jwt,
)

T = SecretStr(TOKEN)
P = SecretStr(PASSWORD)
AT = datetime(2026, 11, 22, 20, tzinfo=UTC)

REGISTER = calls.register("ann@mail.test", P)
LOG_IN = calls.log_in("ann@mail.test", P)
PASSWORDS = calls.change_password(T, P, P)
ACCOUNT = calls.user(T)
MY_CLIENT = calls.my_client(T)
CREATE = calls.create_client(T, "Desk", "*")
LIVE_RATES = calls.live(client())
CONVERT = calls.convert(client(), Decimal(1), "USD", "EUR")
PREVAILING = calls.prevailing(client(), "EUR", AT)
HISTORY = calls.historical(client(), ["EUR"], AT, AT)
USERS = calls.users(T)
SET_READS = calls.update_client(T, 7, {"reads_available": 5})
EVERY: list[ApiCall[Any]] = [
    REGISTER,
    LOG_IN,
    PASSWORDS,
    ACCOUNT,
    MY_CLIENT,
    CREATE,
    LIVE_RATES,
    CONVERT,
]
EVERY += [PREVAILING, HISTORY, USERS, SET_READS, calls.currencies(client()), calls.ping()]
EVERY += [calls.log_out(T), calls.usage(T), calls.delete_user(T, 7)]


def failure(call: ApiCall[Any], given: Answer) -> SappBotError:
    """Read an answer that is none."""
    with pytest.raises(SappBotError) as caught:
        call.read(given)
    return caught.value


def test_a_login_is_read() -> None:
    """Register and login give the account and its token, with the end that the token tells."""
    login = LOG_IN.read(answer(SIGNED_IN))

    assert (login.user_id, login.email, login.role) == (7, "ann@mail.test", "client")
    assert login.token.get_secret_value() == TOKEN
    assert login.expires_at == ENDS
    assert TOKEN not in repr(login)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "abc",
        "a.b.c",
        "a\r\nX: 1.b.c",
        "é.é.é",
        jwt([]),
        jwt({}),
        jwt({"exp": "soon"}),
        jwt({"exp": True}),
        jwt({"exp": 10**30}),
    ],
)
def test_a_token_without_an_end_is_refused(token: str) -> None:
    """A token that is no JWT, or never ends, is a bad answer whose text does not hold it."""
    body = SIGNED_IN.replace(TOKEN, token.replace("\r\n", "\\r\\n"))
    found = failure(LOG_IN, answer(body))

    assert isinstance(found, errors.BadAnswer)
    assert not token or token not in str(found)


def test_good_answers_are_read() -> None:
    """Each shape that the API gives is read."""
    assert ACCOUNT.read(answer(USER)).email == "ann@mail.test"
    assert MY_CLIENT.read(answer(CLIENT)).reads_left == 7
    assert CREATE.read(answer(CLIENT, 201)).id == 7
    assert LIVE_RATES.read(answer(LIVE)).base == "USD"
    assert PREVAILING.read(answer(RATE)).value == Decimal("0.8626")
    assert [u.id for u in USERS.read(answer(f"[{USER}]"))] == [7]
    assert calls.usage(T).read(answer(USAGE))[0].client_id == 1
    assert calls.currencies(client()).read(answer('["RUB", "EUR"]')) == ["EUR", "RUB"]


@pytest.mark.parametrize("call", [HISTORY, USERS, calls.usage(T)])
def test_null_is_an_empty_list(call: ApiCall[Any]) -> None:
    """Go writes a list with nothing in it as null."""
    assert call.read(answer("null")) == []


@pytest.mark.parametrize("call", [calls.log_out(T), calls.deactivate(T), PASSWORDS])
def test_true_is_the_only_yes(call: ApiCall[Any]) -> None:
    """Calls with nothing to tell answer true, and anything else is no answer."""
    call.read(answer("true"))

    assert isinstance(failure(call, answer("1")), errors.BadAnswer)
    assert isinstance(failure(call, answer("{}")), errors.BadAnswer)


def test_a_conversion_is_exact_and_zero_is_none() -> None:
    """The bare number is a Decimal; 0 is how the API says that it does not know a currency."""
    assert CONVERT.read(answer("0.8626")) == Decimal("0.8626")
    unknown = failure(CONVERT, answer("0"))

    assert isinstance(unknown, errors.UnknownCurrency)
    assert unknown.values == {"codes": "USD, EUR"}


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (ACCOUNT, SessionExpired),
        (PASSWORDS, SessionExpired),
        (CREATE, SessionExpired),
        (LIVE_RATES, errors.KeyRefused),
        (USERS, errors.Forbidden),
        (SET_READS, errors.Forbidden),
        (LOG_IN, errors.BadAnswer),
        (calls.ping(), errors.BadAnswer),
    ],
)
def test_a_403_is_named_after_the_credential(call: ApiCall[Any], kind: type[SappBotError]) -> None:
    """The API's one refusal means what the credential that was sent makes of it."""
    assert type(failure(call, answer("{}", 403))) is kind


@pytest.mark.parametrize("call", EVERY)
def test_a_firewalls_403_ends_no_login(call: ApiCall[Any]) -> None:
    """A 403 that is not the API's own JSON is a bad answer, not a verdict on a credential."""
    page = answer("<html>Access denied</html>", 403, "text/html")

    assert isinstance(failure(call, page), errors.BadAnswer)


@pytest.mark.parametrize(
    ("call", "text", "kind"),
    [
        (
            REGISTER,
            (
                'ERROR: duplicate key value violates unique constraint "uni_users_email" '
                "(SQLSTATE 23505)"
            ),
            errors.EmailTaken,
        ),
        (LOG_IN, "no active user found with the given credentials", errors.BadCredentials),
        (PASSWORDS, "passwords don't match", errors.WrongPassword),
        (PASSWORDS, "passwords confirmation failed", errors.InvalidInput),
        (
            PASSWORDS,
            (
                "Key: 'PasswordChange.NewPassword' Error:Field validation for 'NewPassword' failed "
                "on the 'required' tag"
            ),
            errors.InvalidInput,
        ),
        (MY_CLIENT, "record not found", errors.NoClientYet),
        (
            CREATE,
            (
                'ERROR: duplicate key value violates unique constraint "uni_clients_user_id" '
                "(SQLSTATE 23505)"
            ),
            errors.ClientExists,
        ),
        (
            CREATE,
            "ERROR: value too long for type character varying(255) (SQLSTATE 22001)",
            errors.InvalidInput,
        ),
        (PREVAILING, "mongo: no documents in result", errors.NotFound),
        (CONVERT, 'strconv.ParseFloat: parsing "x": invalid syntax', errors.InvalidInput),
        (calls.user_by_id(T, 9), "record not found", errors.NotFound),
        (
            calls.create_client_for(T, 9, "Desk", "*", 10),
            'ERROR: violates foreign key constraint "fk_clients_user" (SQLSTATE 23503)',
            errors.NotFound,
        ),
        (REGISTER, "failed to connect to `host=db user=sapp`: refused", errors.UpstreamFailed),
        (REGISTER, "FATAL: the database is starting up (SQLSTATE 57P03)", errors.UpstreamFailed),
        (ACCOUNT, "", errors.UpstreamFailed),
    ],
)
def test_a_400_is_named_after_its_text(
    call: ApiCall[Any], text: str, kind: type[SappBotError]
) -> None:
    """Business errors are typed; a database that is away answers 400 too and may be asked again."""
    found = failure(call, error(text))

    assert type(found) is kind
    assert not text or text not in str(found) + found.reply


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599, 408, 429])
def test_a_broken_service_says_so(status: int) -> None:
    """Every 5xx, whatever its body, and a busy proxy are failures that may pass."""
    found = failure(ACCOUNT, answer("<html>", status, "text/html"))

    assert type(found) is errors.UpstreamFailed
    assert str(status) in str(found)


@pytest.mark.parametrize("status", [301, 307, 304, 401, 404, 409, 418, 999])
@pytest.mark.parametrize("call", [ACCOUNT, LIVE_RATES])
def test_an_undocumented_status_is_a_bad_answer(call: ApiCall[Any], status: int) -> None:
    """A status that the API never gives is not guessed at."""
    assert type(failure(call, answer("{}", status))) is errors.BadAnswer


GARBAGE: list[tuple[bytes, str]] = [
    (b"", JSON),
    (b'{"user": {"ID": 1', JSON),
    (b"\xff\xfe", JSON),
    (b"[" * 100_000, JSON),
    (b"9" * 5_000, JSON),
    (b'{"ID": NaN}', JSON),
    (b"Infinity", JSON),
    (b"1e999999999", JSON),
    (b'{"ID": "canary-hash", "token": "canary-hash"}', JSON),
    (b'{"response": {"date": "now", "base": 1, "rates": []}}', JSON),
    (b'"canary-hash"', JSON),
    (b"[1, {}]", JSON),
    (USER.encode(), "text/html; charset=utf-8"),
    (USER.encode(), "text/json"),
    (b"true", ""),
]


@pytest.mark.parametrize(("body", "content_type"), GARBAGE)
@pytest.mark.parametrize("call", EVERY)
def test_garbage_is_one_typed_error(call: ApiCall[Any], body: bytes, content_type: str) -> None:
    """Whatever cannot be read is a BadAnswer that neither holds nor is chained to what was read."""
    found = failure(call, Answer(200, content_type, body))
    story = "".join(traceback.format_exception(found))

    assert type(found) is errors.BadAnswer
    assert found.__cause__ is found.__context__ is None
    assert "canary" not in story


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error": 5}', b"[]", b"<html>"])
def test_a_400_without_text_is_a_bad_answer(body: bytes) -> None:
    """A 400 that does not say why is not the API's."""
    assert type(failure(REGISTER, answer(body, 400))) is errors.BadAnswer


def test_nan_rates_are_refused() -> None:
    """Rates that are no numbers are a bad answer."""
    for wrong in ("NaN", "Infinity", "-Infinity", "null", '"1"', "true", "1e400"):
        found = failure(LIVE_RATES, answer(LIVE.replace("0.8626", wrong)))
        assert type(found) is errors.BadAnswer, wrong


def test_nan_anywhere_is_no_json() -> None:
    """NaN is refused in a field that nobody reads, too: it is not JSON."""
    body = USER.replace('"email"', '"shoe_size": NaN, "email"')

    assert type(failure(ACCOUNT, answer(body))) is errors.BadAnswer


def test_unknown_fields_are_ignored() -> None:
    """The API may grow fields; only those we use matter."""
    body = USER.replace('"email"', '"shoe_size": {"eu": 43}, "email"')

    assert ACCOUNT.read(answer(body)).id == 7


@settings(max_examples=40)
@given(
    st.sampled_from(EVERY),
    st.integers(200, 599),
    st.sampled_from([JSON, "text/html", ""]),
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_any_answer_is_a_value_or_a_typed_error(
    call: ApiCall[Any], status: int, content_type: str, body: bytes
) -> None:
    """No answer at all raises anything but our own errors."""
    try:
        call.read(Answer(status, content_type, body))
    except SappBotError as found:
        assert KEY not in str(found)  # noqa: PT017  # either outcome is right
