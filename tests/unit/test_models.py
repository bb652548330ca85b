"""The rows of the API: what is kept of them, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import BaseModel, ValidationError

from sapp_bot.sapp import models
from sapp_bot.sapp.models import Client, Live, Rate, User, number
from tests.sapp_bodies import CLIENT, KEY, LIVE, USER, client

MODELS = [
    model
    for model in vars(models).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and model is not BaseModel
]


def read(body: str) -> dict[str, object]:
    """Read JSON as the wire does."""
    found: dict[str, object] = json.loads(body, parse_float=Decimal)
    return found


@pytest.mark.parametrize("model", MODELS)
def test_no_model_has_a_password(model: type[BaseModel]) -> None:
    """What the API shows as a password holds its secret, so no model can hold it."""
    names = {*model.model_fields, *(str(f.alias) for f in model.model_fields.values())}

    assert not [name for name in names if "password" in name.lower()]
    assert model.model_config["extra"] == "ignore"
    assert model.model_config["frozen"]


def test_a_user_is_read_without_its_hash() -> None:
    """The gorm columns in capitals are read, the password field is forgotten."""
    user = User.model_validate(read(USER))

    assert (user.id, user.email, user.role, user.active) == (7, "ann@mail.test", "client", True)
    assert user.created_at == datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)
    assert "canary-hash" not in repr(user) + user.model_dump_json()


def test_a_client_hides_its_key() -> None:
    """The key is in no text made of a client."""
    found = Client.model_validate(read(CLIENT))

    assert found.api_key.get_secret_value() == KEY
    assert found.name == "Tom <b> & Jerry"
    assert KEY not in repr(found) + str(found) + found.model_dump_json()


@pytest.mark.parametrize(("used", "available", "left"), [(3, 10, 7), (10, 10, 0), (12, 10, 0)])
def test_reads_left_is_never_negative(used: int, available: int, left: int) -> None:
    """Left is available minus used, and 0 when more was used than there was."""
    counted = client().model_copy(update={"reads_used": used, "reads_available": available})

    assert counted.reads_left == left


def test_rates_are_exact() -> None:
    """Rates are the decimals that were written, not the nearest binary fraction."""
    live = Live.model_validate(read(LIVE)["response"])

    assert live.rates == {
        "BTC": Decimal("0.0000098"),
        "EUR": Decimal("0.8626"),
        "LBP": Decimal(89500),
    }


@pytest.mark.parametrize(
    "value",
    [
        True,
        "1.5",
        1.5,
        None,
        [],
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1e31"),
        10**40,
        Decimal("1e-31"),
    ],
)
def test_a_number_is_a_finite_json_number(value: object) -> None:
    """Text, booleans, floats, NaN and numbers nobody could print are no rates."""
    with pytest.raises(ValueError, match="number"):
        number(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ID", "7"),
        ("ID", 7.5),
        ("ID", True),
        ("ID", 2**63),
        ("ID", None),
        ("email", 5),
        ("active", "yes"),
        ("active", 1),
        ("CreatedAt", 1763798400),
        ("CreatedAt", "yesterday"),
        ("CreatedAt", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_a_row_with_a_wrong_type_is_refused(name: str, value: object) -> None:
    """Nothing is bent into shape: 1 is not true and "7" is not 7."""
    with pytest.raises(ValidationError):
        User.model_validate(read(USER) | {name: value})


def test_times_are_aware_utc() -> None:
    """A time with another offset becomes UTC, one without is UTC."""
    row = {"currency": "EUR", "value": 1}
    east = Rate.model_validate(row | {"timestamp": "2026-11-22T23:00:00+03:00"})
    none = Rate.model_validate(row | {"timestamp": "2026-11-22T20:00:00"})

    assert east.timestamp == none.timestamp == datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert east.timestamp.tzinfo is UTC
