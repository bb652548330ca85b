"""A login that is kept fresh: made when it is first needed, and again before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from pydantic import SecretStr

from sapp_bot.domain.ports import Clock
from sapp_bot.domain.state import Session
from sapp_bot.errors import SessionExpired
from sapp_bot.sapp.errors import BadCredentials, SappError
from sapp_bot.sapp.services import Auth

log = structlog.get_logger(__name__)

T = TypeVar("T")

RENEWED_BEFORE = timedelta(hours=1)
"""A login that ends within this time is renewed first."""

REFUSED_PAUSE = timedelta(minutes=5)
"""A password that was refused is not sent again for so long."""


class KeptLogin:
    """Keeps one account logged in.

    Args:
        auth: Logs in.
        clock: Tells when a login ends.
        email: Of the account, "" for none.
        password: Of the account.
        missing: Makes the error for an account that is not set, or whose password is refused.
        event: First word of the log's events, as `service_account`.

    """

    def __init__(
        self,
        auth: Auth,
        clock: Clock,
        *,
        email: str,
        password: SecretStr,
        missing: Callable[[str], SappError],
        event: str,
    ) -> None:
        self._auth = auth
        self._clock = clock
        self._email = email
        self._password = password
        self._missing = missing
        self._event = event
        self._login: Session | None = None
        self._refused_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def session(self) -> Session:
        """Return a login that is good for an hour.

        Raises:
            SappError: `missing`, or the API does not answer.

        """
        async with self._lock:
            now = self._clock.now()
            if self._login is not None and self._login.expires_at - RENEWED_BEFORE > now:
                return self._login
            is_resting = self._refused_at is not None and now - self._refused_at < REFUSED_PAUSE
            if not (self._email and self._password.get_secret_value()) or is_resting:
                raise self._missing("no account that works")
            return await self._log_in(now)

    def forget(self) -> None:
        """Log in anew when a login is next needed: the API has ended this one."""
        self._login = None

    async def spend(self, call: Callable[[Session], Awaitable[T]]) -> T:
        """Make a call with the login; one that has ended is renewed, once.

        Raises:
            SappError: as `session`, and whatever the call raises.

        """
        me = await self.session()
        try:
            return await call(me)
        except SessionExpired:
            self.forget()
            return await call(await self.session())

    async def _log_in(self, now: datetime) -> Session:
        try:
            login = await self._auth.log_in(self._email, self._password)
        except BadCredentials as error:
            self._refused_at = now
            log.error(f"{self._event}.refused", hint="look at its password")  # noqa: TRY400, G004  # the trace says no more
            raise self._missing("the password is refused") from error
        self._login = Session(
            telegram_id=0,
            user_id=login.user_id,
            email=login.email,
            role=login.role,
            token=login.token,
            expires_at=login.expires_at,
            generation=0,
        )
        log.info(f"{self._event}.logged_in", until=login.expires_at.isoformat())  # noqa: G004  # as above
        return self._login
