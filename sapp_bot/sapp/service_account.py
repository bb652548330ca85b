"""The operator's own account at the API: it pays for what all people share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from pydantic import SecretStr

from sapp_bot.domain.ports import Clock
from sapp_bot.domain.state import Session
from sapp_bot.errors import SessionExpired

from .errors import BadCredentials, ClientExists, NoClientYet, SappError
from .models import Client
from .services import Auth, Clients

log = structlog.get_logger(__name__)

T = TypeVar("T")

CLIENT_NAME = "Shared rates of the Telegram bot"
"""What the account's client is called, when there is none and it is made here."""

RENEWED_BEFORE = timedelta(hours=1)
"""A login that ends within this time is renewed first."""

REFUSED_PAUSE = timedelta(minutes=5)
"""A password that was refused is not sent again for so long."""


@dataclass(frozen=True, slots=True)
class ServiceLogin:
    """The credentials of the service account, as the operator set them."""

    email: str = field(default="", repr=False)
    password: SecretStr = field(default_factory=lambda: SecretStr(""))

    @property
    def is_set(self) -> bool:
        """Return whether both are there."""
        return bool(self.email and self.password.get_secret_value())


NO_SERVICE_LOGIN = ServiceLogin()


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays for a metered call: a login, and the client whose reads are used."""

    me: Session
    client: Client


class NoServiceAccount(SappError):
    """No service account is set, or the API does not take its password."""

    reply = (
        "That needs a service account, and this bot has none that works. Please tell whoever runs "
        "it: SAPP_SERVICE_EMAIL and SAPP_SERVICE_PASSWORD."
    )


class ServiceAccount:
    """Keeps the login of `SAPP_SERVICE_EMAIL` fresh, and finds or makes its client."""

    def __init__(
        self, auth: Auth, clients: Clients, clock: Clock, credentials: ServiceLogin
    ) -> None:
        self._auth = auth
        self._clients = clients
        self._clock = clock
        self._credentials = credentials
        self._login: Session | None = None
        self._client: Client | None = None
        self._refused_at: datetime | None = None
        self._lock = asyncio.Lock()

    @property
    def is_set(self) -> bool:
        """Whether the operator has named a service account."""
        return self._credentials.is_set

    async def payer(self) -> Payer:
        """Return who pays: a login that is good for an hour, and its client.

        Raises:
            NoServiceAccount: none is set, or its password was refused within five minutes.
            SappError: the API does not answer.

        """
        async with self._lock:
            me = await self._fresh_login()
            if self._client is None:
                self._client = await self._find_client(me)
            return Payer(me, self._client)

    async def client(self) -> Client:
        """Read the client anew, for what is left of its reads; costs nothing.

        Raises:
            NoServiceAccount, SappError: as `payer`.

        """
        self._client = await self.spend(lambda payer: self._clients.mine(payer.me))
        return self._client

    async def spend(self, call: Callable[[Payer], Awaitable[T]]) -> T:
        """Make a call as the service account; a login that has ended is renewed, once.

        Raises:
            NoServiceAccount, SappError: as `payer`, and whatever the call raises.

        """
        payer = await self.payer()
        try:
            return await call(payer)
        except (SessionExpired, NoClientYet):
            self._login = self._client = None
            return await call(await self.payer())

    async def _fresh_login(self) -> Session:
        now = self._clock.now()
        if self._login is not None and self._login.expires_at - RENEWED_BEFORE > now:
            return self._login
        if not self.is_set or (self._refused_at and now - self._refused_at < REFUSED_PAUSE):
            raise NoServiceAccount("POST /auth/login", "no service account")
        try:
            login = await self._auth.log_in(self._credentials.email, self._credentials.password)
        except BadCredentials as error:
            self._refused_at = now
            log.error("service_account.refused", hint="look at SAPP_SERVICE_PASSWORD")  # noqa: TRY400  # the trace says no more
            raise NoServiceAccount("POST /auth/login", "the password is refused") from error
        self._login = Session(
            telegram_id=0,
            user_id=login.user_id,
            email=login.email,
            role=login.role,
            token=login.token,
            expires_at=login.expires_at,
            generation=0,
        )
        self._client = None
        log.info("service_account.logged_in", until=login.expires_at.isoformat())
        return self._login

    async def _find_client(self, me: Session) -> Client:
        try:
            return await self._clients.mine(me)
        except NoClientYet:
            pass
        try:
            return await self._clients.create(me, name=CLIENT_NAME, domains="*")
        except ClientExists:
            return await self._clients.mine(me)
