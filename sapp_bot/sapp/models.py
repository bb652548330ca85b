"""The rows the SAPP API really sends: only the fields we use, checked, frozen.

There is never a `password` field: after an administrator's edit the API puts a hash there that
contains the server's secret. Unknown fields are ignored and forgotten.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

_MAX_DIGITS = 30
"""Digits before or after the point of any rate: keeps 1e999999 from being printed."""


def number(value: object) -> Decimal:
    """Take a JSON number that was read as int or Decimal.

    Raises:
        ValueError: anything else, floats too, and numbers nobody could print.

    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("not a number")  # noqa: TRY004  # pydantic takes ValueError only
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        raise ValueError("not a usable number")
    return number


def _moment(value: object) -> object:
    """Take RFC 3339 text or a datetime; a bare number is no time."""
    if not isinstance(value, str | datetime):
        raise ValueError("not a time")  # noqa: TRY004  # pydantic takes ValueError only
    return value


def _utc(value: datetime) -> datetime:
    """Make it aware UTC; the API runs in UTC, so that is what a time without zone means."""
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


Number = Annotated[Decimal, BeforeValidator(number)]
Moment = Annotated[datetime, BeforeValidator(_moment), Field(strict=False), AfterValidator(_utc)]
Count = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""A 64-bit integer, as Go and Postgres have it."""


class _Row(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
        defer_build=True,  # at its first answer: a start waits for none of them
    )


class User(_Row):
    """An account. `role` is "client" or "admin"."""

    # Source: gorm.Model has no JSON names, so its keys are capitalised.
    id: Count = Field(alias="ID", repr=False)
    email: str = Field(repr=False)
    role: str
    active: bool
    created_at: Moment = Field(alias="CreatedAt")


class Client(_Row):
    """An API client: a key and its reads. Both counters only grow; left is the difference."""

    id: Count = Field(alias="ID", repr=False)
    name: str = Field(repr=False)
    api_key: SecretStr
    user_id: Count = Field(repr=False)
    reads_used: Count
    reads_available: Count
    domains: str = Field(repr=False)
    created_at: Moment = Field(alias="CreatedAt")

    @property
    def reads_left(self) -> int:
        """Reads that can still be made, never below 0."""
        return max(0, self.reads_available - self.reads_used)


class Rate(_Row):
    """The rate of one currency at one time, in units per base currency."""

    currency: str
    value: Number
    timestamp: Moment


class Live(_Row):
    """The newest rates: units of each currency per one `base`."""

    date: Moment
    base: str
    rates: dict[str, Number]


class Usage(_Row):
    """One row of the report on all clients and their owners; deleted ones are included."""

    name: str = Field(repr=False)
    reads_used: Count
    reads_available: Count
    client_id: Count = Field(repr=False)
    user_id: Count = Field(repr=False)
    created_at: Moment
    email: str = Field(repr=False)
    active: bool


class SignedIn(_Row):
    """What register and login answer."""

    user: User
    token: SecretStr
