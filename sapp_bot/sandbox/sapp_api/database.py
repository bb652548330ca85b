"""What the API knows: users, clients, tokens, rates, its clock. A plain object without I/O.

Routes go through the same methods as tests that seed it. Rows that come out are copies.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from random import Random

from .market import Market
from .refusals import NO_ACTIVE_USER, NOT_FOUND, ApiError, ApiForbidden
from .rows import ClientRow, UserRow
from .table import RowTable
from .tokens import Claims, read, sign

FIRST_READS = 10
ANY_DOMAIN = "*"
NAME_LIMIT = 255
DOMAINS_LIMIT = 1024
"""Characters. Source: the API's internal/models, `gorm:"size:..."`."""


def utc_now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An e-mail and its password."""

    email: str
    password: str = field(repr=False)


class Database:
    """The state of one API. Same seed and same clock, same keys, tokens and rates.

    Attributes:
        atomic_reads: count reads one by one instead of saving the whole stale row.
        away: the share of calls, 0 to 1, that find Postgres gone: True for all, 0.25 for each
            fourth of those that ask it. What it looks like is in the contract: logins that seem
            wrong, tokens and keys that seem refused.
        blacklist_up: the blacklist's store answers; when not, writes to it are lost and every
            token passes (it fails open).
        coarse_tokens: two logins of a user within one second get the same token, as the real API
            gives; a login right after a logout is then dead at once. A test that is faster than a
            person can switch it off.
        mongo_up: the store of past rates answers; when not, `prevailing` waits and then fails.
        token_life: how long a new token lives.
        zone: the zone of the server, in which rows tell their times.
    """

    def __init__(
        self,
        *,
        seed: int | str | None = None,
        clock: Callable[[], datetime] = utc_now,
        zone: tzinfo = UTC,
    ) -> None:
        self.atomic_reads = False
        self.away: float = False
        self.zone = zone
        self._missed = 0.0
        self.blacklist_up = True
        self.mongo_up = True
        self.coarse_tokens = True
        self.token_life = timedelta(minutes=3600)
        self._clock = clock
        self._ahead = timedelta()
        self._random = Random(seed)  # noqa: S311  # repeatable on purpose; nothing real behind it
        self._secret = self._random.randbytes(32)
        self._blacklist: set[str] = set()
        self._last_issued: dict[int, int] = {}
        self._revoked: dict[int, int] = {}
        self.users: RowTable[UserRow] = RowTable(
            "users", now=self.now, unique={"email": "uni_users_email"}, limits={"email": NAME_LIMIT}
        )
        self.clients: RowTable[ClientRow] = RowTable(
            "clients",
            now=self.now,
            unique={"user_id": "uni_clients_user_id", "api_key": "uni_clients_api_key"},
            limits={"name": NAME_LIMIT, "api_key": NAME_LIMIT, "domains": DOMAINS_LIMIT},
            check=self._check_owner,
        )
        self.rates = Market(seed=self._random.random(), now=self.now)
        self.admin = Credentials("admin@sapp.test", self._random.randbytes(12).hex())
        self.add_user(self.admin.email, self.admin.password, role="admin")

    # Time

    def now(self) -> datetime:
        """Return the server's time, in its zone."""
        return (self._clock() + self._ahead).astimezone(self.zone)

    def advance(self, seconds: float) -> None:
        """Move the server's clock."""
        self._ahead += timedelta(seconds=seconds)

    # Outages

    def is_missed(self) -> bool:
        """Return whether a call that asks the database finds it gone; the share is kept exactly."""
        self._missed += self.away
        if self._missed < 1:
            return False
        self._missed -= 1
        return True

    # Users and tokens

    def new_user(
        self, email: str, password: str, *, role: str = "client", row_id: int = 0
    ) -> UserRow:
        """Make the row of a new user, not stored yet.

        An empty password is taken and not hashed, so that nobody can ever log in with it. Each
        role but "admin" is "client". Source: the API's internal/models/user.go, BeforeSave.
        """
        now = self.now()
        return UserRow(
            id=row_id,
            created_at=now,
            updated_at=now,
            email=email,
            hash=self.hash(password) if password else "",
            role=role if role == "admin" else "client",
        )

    def add_user(
        self, email: str, password: str, *, role: str = "client", active: bool = True
    ) -> UserRow:
        """Store a user.

        Raises:
            ApiError: the e-mail is taken, also by a deleted user.
        """
        user = self.users.insert(self.new_user(email, password, role=role))
        user.active = active
        return self.users.save(user)

    def log_in(self, email: str, password: str) -> UserRow:
        """Find the active user of these credentials.

        Raises:
            ApiError: there is none.
        """
        wanted = self.hash(password)
        user = self.users.find_by("email", email)
        if user is None or not user.active or user.hash != wanted:
            raise ApiError(NO_ACTIVE_USER)
        return user

    def token_for(self, user: UserRow) -> str:
        """Issue a token."""
        now = int(self.now().timestamp())
        issued = max(now, self._revoked.get(user.id, -1) + 1)
        if not self.coarse_tokens:
            issued = max(now, self._last_issued.get(user.id, 0) + 1)
            self._last_issued[user.id] = issued
        claims = Claims(user.id, issued, now + int(self.token_life.total_seconds()))
        return sign(self._secret, claims, issuer="sapp")

    def user_of(self, token: str) -> UserRow:
        """Find the user a token stands for.

        Raises:
            ApiForbidden: forged, expired, revoked or blacklisted, or the user is deleted.
        """
        claims = read(self._secret, token, now=self.now())
        if claims is None or claims.issued <= self._revoked.get(claims.user_id, -1):
            raise ApiForbidden
        if self.blacklist_up and token in self._blacklist:
            raise ApiForbidden
        try:
            return self.users.get(claims.user_id)
        except ApiError as error:
            raise ApiForbidden from error

    def blacklist(self, token: str) -> None:
        """End a token; lost without a word while the blacklist's store is down."""
        if self.blacklist_up:
            self._blacklist.add(token)

    def expire_tokens(self, user: UserRow | None = None) -> None:
        """Take no token issued until now, of one user or of all; `exp` inside them stays."""
        now = int(self.now().timestamp())
        for row in [user] if user else self.users.all():
            self._revoked[row.id] = max(now, self._last_issued.get(row.id, 0))
            self._last_issued[row.id] = self._revoked[row.id]

    def set_password(self, user: UserRow, password: str) -> None:
        """Store another password; tokens stay valid."""
        self.users.update(user.id, {"hash": self.hash(password)})

    def hash(self, password: str) -> str:
        """Hash as the API does: unsalted, and with its signing secret in clear in front.

        Source: the API's internal/utils/hash.go, which calls `Sum([]byte(SECRET_KEY))`.
        """
        digest = hashlib.sha256(password.encode("utf-8", "replace")).digest()
        return base64.urlsafe_b64encode(self._secret + digest).decode()

    # Clients and reads

    def _check_owner(self, client: ClientRow) -> None:
        if not self.users.holds(client.user_id):
            text = 'insert or update on table "clients" violates foreign key constraint'
            raise ApiError(f'ERROR: {text} "fk_clients_user" (SQLSTATE 23503)')

    def new_client(
        self, user_id: int, *, name: str, domains: str = "", reads: int = FIRST_READS
    ) -> ClientRow:
        """Make the row of a new client with a new key, not stored yet."""
        now = self.now()
        return ClientRow(
            created_at=now,
            updated_at=now,
            name=name,
            api_key=self.new_key(),
            user_id=user_id,
            reads_available=reads,
            domains=domains or ANY_DOMAIN,
        )

    def add_client(
        self,
        user: UserRow,
        *,
        name: str = "Desk",
        domains: str = ANY_DOMAIN,
        available: int = FIRST_READS,
        used: int = 0,
    ) -> ClientRow:
        """Store a client.

        Raises:
            ApiError: the user has one, also a deleted one.
        """
        client = self.clients.insert(self.new_client(user.id, name=name, domains=domains))
        client.reads_available, client.reads_used = available, used
        return self.clients.save(client)

    def new_key(self) -> str:
        """Make an API key (a random UUID)."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def client_of(self, user: UserRow) -> ClientRow:
        """Find the client of a user.

        Raises:
            ApiError: none, or deleted.
        """
        client = self.clients.find_by("user_id", user.id)
        if client is None:
            raise ApiError(NOT_FOUND)
        return client

    def client_by_key(self, key: str, *, origin: str) -> ClientRow:
        """Find the client that may read with this key from this `Origin`.

        Raises:
            ApiForbidden: unknown key, no reads left, or an origin its domains do not contain.
        """
        client = self.clients.find_by("api_key", key)
        if client is None or client.reads_used >= client.reads_available:
            raise ApiForbidden
        if client.domains != ANY_DOMAIN and (not origin or origin not in client.domains):
            raise ApiForbidden
        return client

    def count_read(self, client: ClientRow) -> None:
        """Count one read of a client row loaded at the begin of the call.

        Not atomic, the whole row is saved as it was then: a credit, another read, an edit or a
        deletion since is undone; nothing is counted while the database is away. Source: the API's
        internal/middleware/client.go, `WithClient`, and services/client.go, `AddClientReadsUsed`.
        """
        if self.away >= 1:
            return
        if self.atomic_reads:
            fresh = self.clients.find(lambda row: row.id == client.id)
            if fresh is not None:
                self.clients.update(client.id, {"reads_used": fresh.reads_used + 1})
            return
        client.reads_used += 1
        self.clients.save(client)
