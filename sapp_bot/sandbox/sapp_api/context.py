"""What a route's handler gets and gives: one call, taken apart, and its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from .database import Database
from .refusals import ApiForbidden
from .rows import ClientRow, UserRow

Auth = Literal["nobody", "user", "admin", "key"]


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """A status and a value that becomes JSON."""

    value: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class WaitPoints(Protocol):
    """The moments inside a call where the real API waits for its database or its upstream."""

    async def reach(self, name: str) -> bool:
        """Pass such a moment; False when what follows it is lost."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work after the answer, as a goroutine does."""


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """One call. `query` holds every value of a name, in order.

    `is_missed`: it finds the database gone.
    """

    database: Database
    points: WaitPoints
    params: Mapping[str, str]
    query: Mapping[str, list[str]]
    authorization: str
    origin: str
    body: bytes
    is_missed: bool = False
    _user: UserRow | None = None
    _client: ClientRow | None = None

    @property
    def token(self) -> str:
        """The bearer token sent, `""` when none."""
        scheme, _, token = self.authorization.partition(" ")
        return token if scheme == "Bearer" else ""

    @property
    def user(self) -> UserRow:
        """Who calls; only on routes that ask for a login."""
        assert self._user is not None  # noqa: S101  # the route's `auth` says so
        return self._user

    @property
    def client(self) -> ClientRow:
        """Whose key it is; only on routes that ask for a key."""
        assert self._client is not None  # noqa: S101  # the route's `auth` says so
        return self._client

    def first(self, name: str) -> str:
        """Return the first value of a query name, `""` when absent."""
        return self.query.get(name, [""])[0]

    def authorise(self, auth: Auth) -> None:
        """Check the credential the route asks for.

        Raises:
            ApiForbidden: it is missing or not good enough, or nobody can look it up.
        """
        if auth == "nobody":
            return
        if self.is_missed:
            raise ApiForbidden
        if auth == "key":
            self._client = self.database.client_by_key(self.first("apikey"), origin=self.origin)
            return
        self._user = self.database.user_of(self.token)
        if auth == "admin" and self._user.role != "admin":
            raise ApiForbidden


Handler = Callable[[RequestContext], Awaitable[ApiAnswer]]
