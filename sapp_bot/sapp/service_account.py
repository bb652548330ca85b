"""The operator's own account at the API: it pays for what all people share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NoReturn, TypeVar

import structlog
from pydantic import SecretStr

from sapp_bot.domain.ports import Clock
from sapp_bot.domain.state import Session
from sapp_bot.errors import SessionExpired
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.sapp.accounts.kept_login import KeptLogin
from sapp_bot.values import dataclass, field

from .errors import ClientExists, NoClientYet, SappError
from .models import Client
from .services import Auth, Clients

log = structlog.get_logger(__name__)

T = TypeVar("T")

READS_EVERY_S = 300.0
"""Seconds between two looks at what is left of the account's reads, where that is measured."""

CLIENT_NAME = "Shared rates of the Telegram bot"
"""What the account's client is called, when there is none and it is made here."""


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
        self,
        auth: Auth,
        clients: Clients,
        clock: Clock,
        credentials: ServiceLogin,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._clients = clients
        self._metrics = metrics
        self._credentials = credentials
        self._login = KeptLogin(
            auth,
            clock,
            email=credentials.email,
            password=credentials.password,
            missing=lambda why: NoServiceAccount("POST /auth/login", why),
            event="service_account",
        )
        self._me: Session | None = None
        self._client: Client | None = None
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
            me = await self._login.session()
            if self._client is None or me is not self._me:
                self._client = self._seen(await self._find_client(me))
                self._me = me
            return Payer(me, self._client)

    async def client(self) -> Client:
        """Read the client anew, for what is left of its reads; costs nothing.

        Raises:
            NoServiceAccount, SappError: as `payer`.

        """
        self._client = self._seen(await self.spend(lambda payer: self._clients.mine(payer.me)))
        return self._client

    def _seen(self, client: Client) -> Client:
        self._metrics.gauge("service_reads_left", client.reads_left)
        return client

    async def spend(self, call: Callable[[Payer], Awaitable[T]]) -> T:
        """Make a call as the service account; a login that has ended is renewed, once.

        Raises:
            NoServiceAccount, SappError: as `payer`, and whatever the call raises.

        """
        payer = await self.payer()
        try:
            return await call(payer)
        except (SessionExpired, NoClientYet):
            self._login.forget()
            return await call(await self.payer())

    async def _find_client(self, me: Session) -> Client:
        try:
            return await self._clients.mine(me)
        except NoClientYet:
            pass
        try:
            return await self._clients.create(me, name=CLIENT_NAME, domains="*")
        except ClientExists:
            return await self._clients.mine(me)


async def watch_reads(account: ServiceAccount, clock: Clock) -> NoReturn:
    """Read for ever what is left of the account's reads, for the metrics; costs no read."""
    while True:
        if account.is_set:
            with suppress(SappError):  # the next look may find it
                await account.client()
        await clock.sleep(READS_EVERY_S)
