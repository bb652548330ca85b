"""Tells a "no" of the API from an outage of its database, which looks the same.

While Postgres is away the API answers `403 {}` to every token and key, and "no active user found"
to the right password. A registration that Postgres must refuse shows which it is: an e-mail that
is one NUL character. It stores nothing, and asks nothing of anybody's account. `ApiClient.call`
makes it an `UpstreamFailed`, whose words people read.

Source: the API at commit 1044593, measured: internal/middleware/user.go and client.go answer 403
for whatever the database says, internal/services/auth.go drops its error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from sapp_bot.errors import SappBotError, SessionExpired

from .errors import BadCredentials, Forbidden, KeyRefused
from .wire import Answer, Request, error_text

log = structlog.get_logger(__name__)

DOUBTED: tuple[type[SappBotError], ...] = (SessionExpired, Forbidden, KeyRefused, BadCredentials)
"""What an outage of the database looks like."""

AWAY_S = 3.0
"""So long, in seconds, a database that was away is taken to be away still: an outage with 200
people costs a probe each 3 s, not 200 of them."""

PROBE = Request("POST", "/auth/register", json={"email": "\0"})

_REFUSED_NUL = "SQLSTATE 22021"
"""Postgres takes no NUL. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


def is_proof(answer: Answer) -> bool:
    """Return whether an answer to `PROBE` shows that the database was asked and is there."""
    return answer.status == 400 and _REFUSED_NUL in (error_text(answer) or "")  # noqa: PLR2004  # see above


class DatabaseProbe:
    """Asks whether the API's database is there; all who want to know at a time share one probe."""

    def __init__(self, ask: Callable[[], Awaitable[bool]], monotonic: Callable[[], float]) -> None:
        """Take how to send the probe: `ask` tells whether its answer was proof."""
        self._ask = ask
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._is_there = False
        self._away_until = float("-inf")

    async def is_there(self, heard_at: float, limit_s: float) -> bool:
        """Return whether the database is there, within `limit_s` seconds; False when nobody knows.

        Args:
            heard_at: when the "no" came, on the clock of `monotonic`. A probe that began before it
                proves nothing: the database may have gone in between.
            limit_s: how long the answer may take.

        """
        try:
            async with asyncio.timeout(limit_s), self._lock:
                return await self._share(heard_at)
        except TimeoutError:
            return False

    async def _share(self, heard_at: float) -> bool:
        if self._monotonic() < self._away_until:
            return False
        if self._is_there and self._asked_at >= heard_at:
            return True
        asked_at = self._monotonic()
        # A probe that is given up by who waited for it says nothing: the next in line asks.
        found = await self._ask()
        self._note(asked_at, is_there=found)
        return found

    def seen(self) -> None:
        """Note that a call was answered that cannot be without the database."""
        if self._away_until > float("-inf"):
            log.info("sapp.database_back")
        self._away_until = float("-inf")

    def _note(self, asked_at: float, *, is_there: bool) -> None:
        self._asked_at, self._is_there = asked_at, is_there
        if is_there:
            self.seen()
            return
        if self._away_until == float("-inf"):
            log.warning("sapp.database_away")
        self._away_until = self._monotonic() + AWAY_S
