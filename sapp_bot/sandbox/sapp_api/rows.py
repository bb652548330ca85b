"""The rows the API keeps, and how they look as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .gojson import go_time


@dataclass(slots=True, kw_only=True)
class Row:
    """What gorm gives every table; its JSON names are capitals.

    `nanos` are the three decimals of both times that only the answer that made the row has:
    Postgres keeps microseconds.
    """

    id: int = 0
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    nanos: int = field(default=0, repr=False, compare=False)

    def base(self) -> dict[str, object]:
        """Return the columns of every row."""
        return {
            "ID": self.id,
            "CreatedAt": go_time(self.created_at, self.nanos),
            "UpdatedAt": go_time(self.updated_at, self.nanos),
            "DeletedAt": self.deleted_at,
        }


@dataclass(slots=True, kw_only=True)
class UserRow(Row):
    """An account. `password` is what the JSON field of that name shows, not what is checked."""

    email: str
    hash: str = field(repr=False)
    password: str = field(default="", repr=False)
    role: str = "client"
    active: bool = True

    def to_json(self) -> dict[str, object]:
        """Return the JSON of a user."""
        return self.base() | {
            "email": self.email,
            "password": self.password,
            "role": self.role,
            "active": self.active,
        }


@dataclass(slots=True, kw_only=True)
class ClientRow(Row):
    """An API client; both counters only grow, what is left is their difference."""

    name: str
    api_key: str = field(repr=False)
    user_id: int
    reads_used: int = 0
    reads_available: int = 10
    domains: str = "*"

    def to_json(self) -> dict[str, object]:
        """Return the JSON of a client."""
        return self.base() | {
            "name": self.name,
            "api_key": self.api_key,
            "user_id": self.user_id,
            "reads_used": self.reads_used,
            "reads_available": self.reads_available,
            "domains": self.domains,
        }


@dataclass(frozen=True, slots=True)
class RateRow:
    """Units of `currency` for one unit of the base currency, at one hour."""

    id: str
    currency: str
    value: float
    timestamp: datetime

    def to_json(self) -> dict[str, object]:
        """Return the JSON of a rate; Mongo's own two times are never set."""
        return {
            "id": self.id,
            "currency": self.currency,
            "value": self.value,
            "timestamp": self.timestamp,
            "created_at": "0001-01-01T00:00:00Z",
            "updated_at": "0001-01-01T00:00:00Z",
        }
